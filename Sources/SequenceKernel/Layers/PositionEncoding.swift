/// Adds a learned row for each place in a sequence: `y[t] = x[t] + table[min(t, longest - 1)]`.
///
/// Places count from the first row, or from the last (the latest event is place 0), so that a session's end looks the same
/// whatever came before it. Places past the table share its last row.
///
/// - Shapes: `x`, `y` are `[N, D]`; `weight` is `[longest, D]`.
public struct PositionEncoding: SequenceEncoder {
    /// Which end of a sequence has place 0.
    public enum Origin: String, Sendable, Hashable, Codable {
        /// The first row.
        case start
        /// The last row.
        case end
    }

    /// Nothing is kept.
    public typealias Tape = Void

    /// Floats in a row (D).
    public let width: Int
    /// Rows of the table.
    public let longest: Int
    /// Which end counts as place 0.
    public let origin: Origin
    /// The table.
    public let weight: Parameter

    /// Declares `weight`, normal with deviation 0.02.
    public init(width: Int, longest: Int, origin: Origin = .start, in scope: inout ParameterScope) {
        self.width = width
        self.longest = longest
        self.origin = origin
        weight = scope.declare("weight", [longest, width], .normal(0.02), decays: false)
    }

    /// In place: `input` itself is changed and returned.
    public func forward(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Void) {
        precondition(input.width == width, "\(weight.name) \(weight.shape): input is [\(input.count), \(input.width)]")
        let table = pass.weights(weight)
        visit(offsets) { row, place in vectorLoops.add(width, input[row], table + place * width, input[row]) }
        return (input, ())
    }

    /// Returns `upstream` unchanged.
    public func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Void, _ pass: Pass) -> Rows {
        let gradient = pass.gradient(weight)
        visit(offsets) { row, place in vectorLoops.add(width, upstream[row], gradient + place * width, gradient + place * width) }
        return upstream
    }

    private func visit(_ offsets: SequenceOffsets, _ body: (_ row: Int, _ place: Int) -> Void) {
        for sequence in 0..<offsets.count {
            let rows = offsets[sequence]
            for row in rows { body(row, min(origin == .start ? row - rows.lowerBound : rows.upperBound - 1 - row, longest - 1)) }
        }
    }
}
