public import DurableFiles
public import Evaluation
internal import FoundationEssentials

/// What a run says of the model it made, written by the run and by nobody else (Mitchell et al., 2019): what it was taught, how it was judged,
/// what it must not be used for. It holds counts and rates, no applicant.
///
/// The same run writes the same bytes: there is no time of day in it.
public struct CreditModelCard: Sendable, Equatable, Codable {
    /// A part of the applicants.
    public struct Part: Sendable, Equatable, Codable {
        /// What it was for, such as `training`.
        public var name: String
        /// Applicants.
        public var applicants: Int
        /// Customers among them.
        public var customers: Int
        /// Share that fell overdue.
        public var overdueRate: Double
        /// Time of the first and last decision, on the clock of the data; nil where there is none.
        public var firstDecision: Int64?
        /// See ``firstDecision``.
        public var lastDecision: Int64?

        /// Counts a table's applicants.
        /// - Throws: ``RiskReportError/applicants(_:)`` where an outcome is not known, or times are not one for each applicant.
        public init(_ name: String, _ table: CreditTable, decisionTimes: [Int64]? = nil) throws(RiskReportError) {
            try RiskArrays.check(scores: table.outcomes.map { _ in 0 }, "rows", outcomes: table.outcomes, customers: table.customers)
            guard decisionTimes.map({ $0.count == table.count }) ?? true else {
                throw .applicants("\(decisionTimes?.count ?? 0) decision times for \(table.count) applicants; give one each")
            }
            (self.name, applicants, customers) = (name, table.count, Set(table.customers).count)
            overdueRate = table.outcomes.reduce(0.0) { $0 + Double($1) } / Double(table.count)
            (firstDecision, lastDecision) = (decisionTimes?.min(), decisionTimes?.max())
        }
    }

    /// Format of the file.
    public static let version = 1
    private var format = CreditModelCard.version
    /// What the model is called.
    public var name: String
    /// What kind it is, such as `boostedTrees`.
    public var kind: String
    /// What it foretells, and when: such as "60 days late within 12 months of the decision".
    public var outcome: String
    /// What all random choices came from.
    public var seeds: [UInt64] = []
    /// Settings by name, as text.
    public var settings: [String: String] = [:]
    /// Columns it reads, in their order.
    public var columns: [String] = []
    /// Applicants it was taught and judged by.
    public var parts: [Part] = []
    /// Judgements by part.
    public var metrics: [String: RiskMetrics] = [:]
    /// Comparisons with other models, by their name: this model less the other.
    public var comparisons: [String: RiskComparison] = [:]
    /// How its scores became probabilities.
    public var calibration: ScoreCalibration = .none
    /// How its probabilities become points.
    public var points: PointsScale?
    /// How far scores and columns moved from training to another part, by name.
    public var stability: [String: PopulationStability] = [:]
    /// How far models of other seeds agree on the reasons.
    public var reasons: ReasonCodes.Stability?
    /// Columns that were found to leak.
    public var leaks: LeakCheck?
    /// What it would have approved beside the score in use.
    public var replay: PolicyReplay?
    /// What it must not be taken for, a sentence each.
    public var limits: [String] = []

    /// A card to be filled in.
    public init(name: String, kind: String, outcome: String) { (self.name, self.kind, self.outcome) = (name, kind, outcome) }

    /// JSON with sorted keys; what is not a number is written as text (`NaN`).
    public func bytes() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        // Our own values hold nothing else that JSON cannot say.
        return Array(try! encoder.encode(self)) + [0x0A]
    }

    /// Reads what ``bytes()`` gave. - Throws: ``RiskReportError/card(reason:)``.
    public init(bytes: [UInt8]) throws(RiskReportError) {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        do { self = try decoder.decode(CreditModelCard.self, from: Data(bytes)) } catch {
            throw .card(reason: "it is not a card of a credit model, whole and with all its parts")
        }
        guard format == Self.version else {
            throw .card(reason: "it has format \(format), and this program reads \(Self.version)")
        }
    }

    /// Writes the file whole or not at all. - Throws: ``RiskReportError/file(_:)``.
    public func write(to path: String, in fileSystem: FileSystem = .live) throws(RiskReportError) {
        do throws(FileError) { try AtomicFile.write(bytes(), to: path, in: fileSystem) } catch { throw .file(error) }
    }
}
