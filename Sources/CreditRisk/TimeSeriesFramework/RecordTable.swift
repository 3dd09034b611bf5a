internal import SequenceKernel

/// Columns of records as they were given: nothing is scaled or numbered by a model yet.
struct RecordColumns: Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z, `[N]`.
    private(set) var times: [Int64] = []
    /// By categorical field: places in ``texts``, -1 where missing, `[N]` each.
    private(set) var categories: [[Int32]]
    /// By categorical field: its distinct texts in the order of their appearance.
    private(set) var texts: [[String]]
    /// By numeric field: NaN where missing, `[N]` each.
    private(set) var numbers: [[Float]]
    /// By time field: microseconds since 1970, ``noMoment`` where missing, `[N]` each.
    private(set) var moments: [[Int64]]
    /// By vector: `[N, D]` each; a missing one is NaN all through.
    private(set) var vectors: [[Float]]
    /// Floats of each vector.
    let widths: [Int]
    private var places: [[String: Int32]]

    /// A missing moment.
    static let noMoment = Int64.min
    /// Some three thousand years to either side, in microseconds: what lies beyond is in another unit.
    static let possibleTimes: ClosedRange<Int64> = -100_000_000_000_000_000...100_000_000_000_000_000
    /// No number is larger: squares and sums of what is smaller stay finite, in single precision too.
    static let greatestNumber = 1e18

    /// Records.
    var count: Int { times.count }

    init(categorical: Int, numeric: Int, times: Int = 0, widths: [Int] = []) {
        categories = Array(repeating: [], count: categorical)
        texts = Array(repeating: [], count: categorical)
        places = Array(repeating: [:], count: categorical)
        numbers = Array(repeating: [], count: numeric)
        moments = Array(repeating: [], count: times)
        vectors = Array(repeating: [], count: widths.count)
        self.widths = widths
    }

    /// What keeps a record from being added, and what to do; nil where nothing does.
    func fault(
        time: Int64, categorical: [String?], numeric: [Double], times: [Int64?], vectors: [[Float]?]
    ) -> (reason: String, remedy: String)? {
        guard Self.possibleTimes.contains(time), times.allSatisfy({ $0.map(Self.possibleTimes.contains) ?? true }) else {
            return ("a time is thousands of years away", "name the unit in which times are written")
        }
        guard
            categorical.count == categories.count, numeric.count == numbers.count, times.count == moments.count,
            vectors.count == widths.count
        else { return ("it has other fields than its table", "give every field a value, or nil or NaN where it is missing") }
        guard numeric.allSatisfy({ $0.isNaN || $0.magnitude <= Self.greatestNumber }) else {
            return ("a number is infinite or larger than 1e18", "give a number, or leave it empty where it is missing")
        }
        for (vector, width) in zip(vectors, widths) {
            guard let vector else { continue }
            guard vector.count == width, vector.allSatisfy({ $0.magnitude <= Float(Self.greatestNumber) }) else {
                return ("a vector has another width or holds what is no number", "give all its floats, or nil where it is missing")
            }
        }
        return nil
    }

    /// Adds a record that has no fault.
    mutating func append(time: Int64, categorical: [String?], numeric: [Double], times: [Int64?], vectors: [[Float]?]) {
        self.times.append(time)
        for (field, text) in categorical.enumerated() {
            guard let text else {
                categories[field].append(-1)
                continue
            }
            if let place = places[field][text] {
                categories[field].append(place)
            } else {
                let place = Int32(texts[field].count)
                texts[field].append(text)
                places[field][text] = place
                categories[field].append(place)
            }
        }
        for (field, number) in numeric.enumerated() { numbers[field].append(Float(number)) }
        for (field, moment) in times.enumerated() { moments[field].append(moment ?? Self.noMoment) }
        for (field, vector) in vectors.enumerated() {
            self.vectors[field] += vector ?? [Float](repeating: .nan, count: widths[field])
        }
    }

    /// Takes a category away from a record.
    mutating func blank(category field: Int, of row: Int) { categories[field][row] = -1 }

    /// Takes a number away from a record.
    mutating func blank(number field: Int, of row: Int) { numbers[field][row] = .nan }

    /// The records in another order; one may be there several times, or not at all.
    func ordered(_ order: [Int]) -> RecordColumns {
        var result = self
        result.times = order.map { times[$0] }
        for field in categories.indices { result.categories[field] = order.map { categories[field][$0] } }
        for field in numbers.indices { result.numbers[field] = order.map { numbers[field][$0] } }
        for field in moments.indices { result.moments[field] = order.map { moments[field][$0] } }
        for field in vectors.indices {
            let width = widths[field]
            result.vectors[field] = order.flatMap { vectors[field][$0 * width..<($0 + 1) * width] }
        }
        return result
    }
}

/// Columns that nothing changes any more, shared by all who read them.
final class SharedColumns: Sendable {
    let columns: RecordColumns

    init(_ columns: RecordColumns) { self.columns = columns }
}

/// Records of one table, in any order.
public struct RecordTable: Sendable {
    /// What it holds.
    public let configuration: FrameworkConfiguration.Table
    private(set) var columns: RecordColumns
    private(set) var keys: [Int32] = []
    private(set) var keyNumbers: [String: Int32] = [:]

    /// Records so far.
    public var count: Int { columns.count }

    /// No records yet.
    public init(_ table: FrameworkConfiguration.Table) {
        configuration = table
        columns = RecordColumns(
            categorical: table.categorical.count, numeric: table.numeric.count, times: table.times.count,
            widths: table.vectors.map(\.columns.count))
    }

    /// Adds a record.
    /// - Parameters:
    ///   - key: whose it is.
    ///   - time: microseconds since 1970-01-01T00:00:00Z at which it was known.
    ///   - categorical, numeric, times, vectors: one value a field in the order of the configuration; nil or NaN where missing.
    /// - Throws: ``FrameworkError/table(name:row:reason:remedy:)``; the record is then not added.
    public mutating func append(
        key: String, time: Int64, categorical: [String?] = [], numeric: [Double] = [], times: [Int64?] = [], vectors: [[Float]?] = []
    ) throws(FrameworkError) {
        let fault =
            key.isEmpty
            ? ("the key is empty", "say whose record it is")
            : columns.fault(time: time, categorical: categorical, numeric: numeric, times: times, vectors: vectors)
        if let fault { throw .table(name: configuration.name, row: count + 1, reason: fault.0, remedy: fault.1) }
        columns.append(time: time, categorical: categorical, numeric: numeric, times: times, vectors: vectors)
        let next = Int32(keyNumbers.count)
        let number = keyNumbers[key] ?? next
        if number == next { keyNumbers[key] = next }
        keys.append(number)
    }

    /// The records by key and time, records of the same time in the order in which they were given.
    struct Sorted {
        let columns: RecordColumns
        /// Rows of each key.
        let ranges: [String: Range<Int>]
        /// Records that were given after a later one of the same key.
        let backwards: Int
    }

    func sorted() -> Sorted {
        var latest = [Int64](repeating: .min, count: keyNumbers.count)
        var sizes = [Int](repeating: 0, count: keyNumbers.count)
        var backwards = 0
        for (row, key) in keys.enumerated() {
            if columns.times[row] < latest[Int(key)] { backwards += 1 }
            latest[Int(key)] = max(latest[Int(key)], columns.times[row])
            sizes[Int(key)] += 1
        }
        let order = keys.indices.sorted { first, second in
            (keys[first], columns.times[first], first) < (keys[second], columns.times[second], second)
        }
        var starts = [0]
        for size in sizes { starts.append(starts[starts.count - 1] + size) }
        return Sorted(
            columns: columns.ordered(order), ranges: keyNumbers.mapValues { starts[Int($0)]..<starts[Int($0) + 1] }, backwards: backwards)
    }
}

/// Applicants with their decisions: one row each.
public struct ApplicantTable: Sendable {
    /// What it holds.
    public let configuration: FrameworkConfiguration.Applicants
    /// By which records belong to them.
    public private(set) var keys: [String] = []
    private(set) var customers: [UInt64] = []
    private(set) var outcomes: [Float] = []
    private(set) var outcomeTimes: [Int64?] = []
    private(set) var profile: RecordColumns

    /// Applicants so far.
    public var count: Int { keys.count }

    /// No applicants yet.
    public init(_ applicants: FrameworkConfiguration.Applicants) {
        configuration = applicants
        profile = RecordColumns(categorical: applicants.categorical.count, numeric: applicants.numeric.count)
    }

    /// Adds an applicant.
    /// - Parameters:
    ///   - key: by which records of the tables belong to this row.
    ///   - customer: tells customers apart; the key where nil.
    ///   - decision: microseconds since 1970-01-01T00:00:00Z.
    ///   - outcome: 1 overdue, 0 not, NaN not known.
    ///   - outcomeTime: when that was known, where this is to be checked.
    ///   - categorical, numeric: fixed features in the order of the configuration; nil or NaN where missing.
    /// - Throws: ``FrameworkError/applicant(number:reason:remedy:)``; the applicant is then not added.
    public mutating func append(
        key: String, customer: String? = nil, decision: Int64, outcome: Float = .nan, outcomeTime: Int64? = nil,
        categorical: [String?] = [], numeric: [Double] = []
    ) throws(FrameworkError) {
        func refuse(_ reason: String, _ remedy: String) -> FrameworkError { .applicant(number: count, reason: reason, remedy: remedy) }
        guard !key.isEmpty, customer != "" else { throw refuse("the key is empty", "say who it is") }
        guard outcome.isNaN || outcome == 0 || outcome == 1 else {
            throw refuse("the outcome is neither 0 nor 1", "1 is overdue, 0 is not, NaN is not known")
        }
        if let outcomeTime, !outcome.isNaN, outcomeTime <= decision {
            throw refuse("its outcome was known before its decision", "leave it out: there was nothing left to decide")
        }
        if let fault = profile.fault(time: decision, categorical: categorical, numeric: numeric, times: [], vectors: []) {
            throw refuse(fault.reason, fault.remedy)
        }
        profile.append(time: decision, categorical: categorical, numeric: numeric, times: [], vectors: [])
        keys.append(key)
        // A name for the program's own use: no model keeps it.
        var random = RandomSource(seed: 0xC057_03E2, name: customer ?? key)
        customers.append(random.next())
        outcomes.append(outcome)
        outcomeTimes.append(outcomeTime)
    }
}
