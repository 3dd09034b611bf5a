/// What the bank knew of applicants when it decided: records strictly before each decision.
public struct PreServiceRecords: Sendable {
    var columns: StageColumns

    /// No applicants yet.
    /// - Throws: ``StageDistillationError/table(_:)`` for fields without a name of their own.
    public init(_ fields: RecordFields) throws(StageDistillationError) { columns = try StageColumns(fields) }

    /// Columns.
    public var fields: RecordFields { columns.fields }
    /// Applicants so far (B).
    public var count: Int { columns.count }
    /// Records of all of them (N).
    public var recordCount: Int { columns.distances.count }
    /// Applicants whose records did not come in order of time and were put in order.
    public var unordered: Int { columns.unordered }

    /// The next applicant's records, in any order; none is as good as some.
    /// - Throws: ``StageDistillationError/applicant(number:reason:remedy:)`` for a record at or after the decision, an infinite number or
    ///   other columns. Nothing is appended then.
    public mutating func append(_ records: [ApplicantRecord], before decision: Int64) throws(StageDistillationError) {
        try columns.append(
            records, decision: decision, allowed: -StageColumns.span...(-1),
            reason: "a record before the service is not before the decision",
            remedy: "leave out what happened from the decision on, or give it to the teacher")
    }
}

/// Which records of the service a teacher reads: from the decision until the window closes, before outcomes begin to count. Both are counted
/// from the grant of the service where it is told, else from the decision.
public struct ServiceWindow: Sendable, Hashable, Codable {
    /// Seconds after the grant until which records are read; 90 days by default.
    public let closes: Int64
    /// Seconds after the grant from which an outcome counts.
    public let outcomesFrom: Int64

    /// - Throws: ``StageDistillationError/badSetting(name:expected:)`` where the window does not close before outcomes begin to count: the
    ///   teacher would be told what it is to foretell.
    public init(closes: Int64 = 90 * 86_400, outcomesFrom: Int64 = 90 * 86_400) throws(StageDistillationError) {
        guard closes > 0, closes <= outcomesFrom, outcomesFrom < 100_000_000_000 else {
            throw .badSetting(name: "window", expected: "longer than nothing, and closed when outcomes begin to count or before")
        }
        (self.closes, self.outcomesFrom) = (closes, outcomesFrom)
    }

    private enum CodingKeys: String, CodingKey { case closes, outcomesFrom }

    /// As ``init(closes:outcomesFrom:)``.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(closes: values.decode(Int64.self, forKey: .closes), outcomesFrom: values.decode(Int64.self, forKey: .outcomesFrom))
    }
}

/// What happened to applicants while the service ran: records from each decision until the window closes. No student reads it.
public struct InServiceRecords: Sendable {
    /// Until when.
    public let window: ServiceWindow
    var columns: StageColumns
    /// When the service was granted, or decided where that is not told, seconds since 1970, `[B]`.
    private(set) var grants: [Int64] = []

    /// No applicants yet.
    /// - Throws: ``StageDistillationError/table(_:)`` for fields without a name of their own.
    public init(_ fields: RecordFields, _ window: ServiceWindow) throws(StageDistillationError) {
        self.window = window
        columns = try StageColumns(fields)
    }

    /// Columns.
    public var fields: RecordFields { columns.fields }
    /// Applicants so far (B).
    public var count: Int { columns.count }
    /// Records of all of them (N).
    public var recordCount: Int { columns.distances.count }
    /// Applicants whose records did not come in order of time and were put in order.
    public var unordered: Int { columns.unordered }

    /// The next applicant's records, in any order; none is as good as some.
    /// - Parameter grant: when the service was granted, from which the window is counted; nil where that is not told, for the decision.
    /// - Throws: ``StageDistillationError/applicant(number:reason:remedy:)`` for a record before the decision or after the window, an
    ///   infinite number, other columns or a grant before the decision. Nothing is appended then.
    public mutating func append(
        _ records: [ApplicantRecord], after decision: Int64, granted grant: Int64? = nil
    ) throws(StageDistillationError) {
        let grant = grant ?? decision
        let delay = grant.subtractingReportingOverflow(decision)
        guard !delay.overflow, (0...StageColumns.span).contains(delay.partialValue) else {
            throw .applicant(
                number: count, reason: "the service was granted before the decision, or thousands of years after it",
                remedy: "give the time of the grant in seconds since 1970, or leave it out")
        }
        try columns.append(
            records, decision: decision, allowed: 0...delay.partialValue + window.closes - 1,
            reason: "a record of the service lies outside its window", remedy: "give records from the decision until the window closes")
        grants.append(grant)
    }
}
