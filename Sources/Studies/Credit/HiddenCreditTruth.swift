internal import DurableFiles

/// How likely each applicant of a simulated bank falls overdue, by the simulator's own model: the best that can be known from what is
/// given.
public struct HiddenCreditTruth: Sendable {
    /// What is given.
    public enum Given: String, Sendable, CaseIterable {
        /// All files.
        case everything = "given_everything"
        /// All that is known before the service.
        case preService = "given_pre_service"
        /// Profile and app.
        case app = "given_app"
        /// The profile alone.
        case profile = "given_profile"
    }

    private let probabilities: [Given: [Float]]
    /// What was planted, by name: standardised, 0 where an applicant shows nothing of it, `[B]` each.
    public let signals: [String: [Float]]

    /// Reads `truth/credit.csv` for the applicants of an export, in their order.
    /// - Throws: ``StudyError`` where the file cannot be read or lacks an applicant.
    public init(_ path: String, _ export: ApplicantExport) throws {
        let rows = try CreditRows(path, in: .live)
        let id = try rows.column("applicant_id")
        let columns = try Given.allCases.map { ($0, try rows.column($0.rawValue)) }
        let given = Set(Given.allCases.map(\.rawValue)).union(["applicant_id"])
        let planted = rows.names.indices.filter { !given.contains(rows.names[$0]) }
        var values = [[Float]](repeating: [Float](repeating: 0, count: export.count), count: planted.count)
        var found = Dictionary(uniqueKeysWithValues: Given.allCases.map { ($0, [Float](repeating: .nan, count: export.count)) })
        var seen = 0
        try rows.forEach { line, row in
            guard let place = export.places[row.text(id)] else { return }
            seen += 1
            for (given, column) in columns {
                guard let value = row.number(column), (0...1).contains(value) else {
                    throw StudyError.badTruth(file: path, line: line, reason: "expected a probability")
                }
                found[given]![place] = Float(value)
            }
            for (signal, column) in planted.enumerated() {
                guard let value = row.number(column), value.isFinite else {
                    throw StudyError.badTruth(file: path, line: line, reason: "expected a signal of each kind")
                }
                values[signal][place] = Float(value)
            }
        }
        guard seen == export.count else {
            throw StudyError.badTruth(file: path, line: 1, reason: "\(seen) of \(export.count) applicants are in it")
        }
        probabilities = found
        signals = Dictionary(uniqueKeysWithValues: zip(planted.map { rows.names[$0] }, values))
    }

    /// Probabilities of some applicants.
    public func probabilities(_ given: Given, of applicants: [Int]) -> [Float] { applicants.map { probabilities[given]![$0] } }
}
