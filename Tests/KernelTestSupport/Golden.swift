private import FoundationEssentials

/// Outputs of another implementation, kept as JSON beside the tests. Weights and inputs are formulas of the index, so that a
/// file holds results only; its head says which script made it, with what, and how closely it must be met and why.
public struct Golden: Decodable, Sendable {
    /// Accepted distance.
    public struct Tolerance: Decodable, Sendable {
        /// |a - b| at most.
        public let absolute: Float
        /// |a - b| / max(|a|, |b|) at most.
        public let relative: Float
        /// Where the size comes from.
        public let why: String
    }

    /// The case's name.
    public let name: String
    /// The script that made it.
    public let generator: String
    /// What computed it, with its version.
    public let reference: String
    /// Accepted distance.
    public let tolerance: Tolerance
    /// Sizes and switches.
    public let settings: [String: [Int]]
    /// Results by name.
    public let values: [String: [Float]]

    /// Loads `Golden/NAME.json` from the folder of the calling test.
    public static func load(_ name: String, test: String = #filePath) throws -> Golden {
        let folder = test.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(filePath: "\(folder)/Golden/\(name).json")))
    }

    /// What differs between `found` and the values of that name; nil when they agree.
    public func difference(_ name: String, _ found: [Float]) -> String? {
        guard let expected = values[name] else { return "\(name): not in \(self.name)" }
        return found.difference(from: expected, absoluteTolerance: tolerance.absolute, relativeTolerance: tolerance.relative)
            .map { "\(name) \($0)" }
    }

    /// The formula of weights and inputs: `amplitude · cos(0.7 i + phase) ` of the index, in double precision.
    public static func formula(_ count: Int, phase: Double, amplitude: Double = 1) -> [Float] {
        (0..<count).map { Float(amplitude * DoubleReference.cosine(0.7 * Double($0) + phase)) }
    }

    /// What is kept of a gradient: `[Σ g cos(0.11 i), √Σ g², g[0], … g[5]]`.
    public static func digest(_ gradient: [Float]) -> [Float] {
        var projection = 0.0, squares = 0.0
        for (index, value) in gradient.enumerated() {
            projection += Double(value) * DoubleReference.cosine(0.11 * Double(index))
            squares += Double(value) * Double(value)
        }
        return [Float(projection), Float(squares.squareRoot())] + gradient.prefix(6)
    }
}
