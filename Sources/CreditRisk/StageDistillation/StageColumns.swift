/// Columns of a table of records: which are categories and which are numbers.
public struct RecordFields: Sendable, Hashable, Codable {
    /// Columns of words.
    public var categories: [String]
    /// Columns of numbers.
    public var numbers: [String]

    /// See the properties.
    public init(categories: [String] = [], numbers: [String] = []) { (self.categories, self.numbers) = (categories, numbers) }

    /// All columns, categories first.
    package var names: [String] { categories + numbers }
}

/// A row of a table: something that happened to an applicant.
public struct ApplicantRecord: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var time: Int64
    /// One word for each category of the fields, nil where it is missing.
    public var categories: [String?]
    /// One number for each number of the fields, NaN where it is missing.
    public var numbers: [Float]

    /// See the properties.
    public init(at time: Int64, categories: [String?] = [], numbers: [Float] = []) {
        (self.time, self.categories, self.numbers) = (time, categories, numbers)
    }
}

/// Records of applicants, packed column by column and rising in time; what both stages share. Only the two types that say which stage they
/// belong to hold one.
///
/// - Shapes: `[B + 1]` starts; `[N]` times and `[N]` of each column.
struct StageColumns: Sendable {
    /// Some six thousand years: what lies further from a decision is in another unit.
    static let span: Int64 = 200_000_000_000

    let fields: RecordFields
    private(set) var decisions: [Int64] = []
    private(set) var starts = [0]
    /// Distance from the decision in seconds, 0 or more.
    private(set) var distances: [Int64] = []
    /// Numbers of the words of each category in ``words``, -1 where missing: `[C]` of `[N]`.
    private(set) var categories: [[Int32]]
    /// `[N, M]`, NaN where missing.
    private(set) var numbers: [Float] = []
    /// Words of each category in the order in which they came.
    private(set) var words: [[String]]
    private var numberOfWord: [[String: Int32]]
    /// Applicants whose records did not come in order of time; they were put in order.
    private(set) var unordered = 0

    init(_ fields: RecordFields) throws(StageDistillationError) {
        let names = fields.names
        guard !names.isEmpty else { throw .table("records have no fields; name at least one category or number") }
        guard Set(names).count == names.count, !names.contains("") else {
            throw .table("a field of the records has no name or the name of another; name each once")
        }
        self.fields = fields
        categories = fields.categories.map { _ in [] }
        words = fields.categories.map { _ in [] }
        numberOfWord = fields.categories.map { _ in [:] }
    }

    var count: Int { decisions.count }

    /// - Parameter allowed: distances from the decision, `time - decision`, that belong to the stage.
    mutating func append(
        _ records: [ApplicantRecord], decision: Int64, allowed: ClosedRange<Int64>, reason: String, remedy: String
    ) throws(StageDistillationError) {
        for record in records {
            guard record.categories.count == fields.categories.count, record.numbers.count == fields.numbers.count else {
                throw .applicant(
                    number: count, reason: "a record has \(record.categories.count) categories and \(record.numbers.count) numbers",
                    remedy: "the fields are \(fields.categories.count) and \(fields.numbers.count); give nil or NaN where one is missing")
            }
            if let place = record.numbers.firstIndex(where: { $0.isInfinite }) {
                throw .applicant(
                    number: count, reason: "\(fields.numbers[place]) of a record is infinite",
                    remedy: "give a number, or NaN where it is missing")
            }
            let distance = record.time.subtractingReportingOverflow(decision)
            guard !distance.overflow, allowed.contains(distance.partialValue) else {
                throw .applicant(number: count, reason: reason, remedy: remedy)
            }
        }
        var order = Array(records.indices)
        if zip(records, records.dropFirst()).contains(where: { $0.time > $1.time }) {
            unordered += 1
            order.sort { (records[$0].time, $0) < (records[$1].time, $1) }
        }
        for place in order { append(records[place], decision) }
        starts.append(distances.count)
        decisions.append(decision)
    }

    private mutating func append(_ record: ApplicantRecord, _ decision: Int64) {
        distances.append(abs(record.time - decision))
        numbers += record.numbers
        for (field, word) in record.categories.enumerated() {
            guard let word else {
                categories[field].append(-1)
                continue
            }
            if let known = numberOfWord[field][word] {
                categories[field].append(known)
                continue
            }
            let number = Int32(words[field].count)
            numberOfWord[field][word] = number
            words[field].append(word)
            categories[field].append(number)
        }
    }
}
