/// What a credit team counts by hand: columns of applicants, and counts, means and latest values of their records before the decision.
///
/// Which categories have a count of their own is learnt without a look at any outcome: those of enough customers, as columns and reasons are shown
/// to people who may not know whom a rare value belongs to.
public struct HandMadeFeatures: Sendable, Equatable, Codable {
    /// The column of the sequence score in the table of a business model.
    static let score = "sequence score"
    /// Days that the short count looks back.
    private static let days: Int64 = 30
    /// Values of a field that have counts of their own at most: those of the most applicants.
    private static let mostValues = 20

    /// Of one table.
    struct Table: Sendable, Equatable, Codable {
        var name: String
        /// By categorical field: values that are counted.
        var values: [[String]]
        /// By categorical field: whether all others are counted together.
        var countsOther: [Bool]
    }

    let tables: [Table]

    /// Learns from applicants.
    /// - Parameters:
    ///   - before: names of tables that may be read before the decision.
    ///   - leastCustomers: customers that a value needs to be counted by itself; rarer ones, and those never seen, are counted together.
    init(_ examples: FrameworkExamples, tables before: [String], leastCustomers: Int) {
        tables = before.map { name in
            let table = examples.tables.firstIndex { $0.name == name }!
            let columns = examples.records[table].columns
            var seen = columns.texts.map { _ in [Int32: Seen]() }
            for applicant in 0..<examples.count {
                for row in Self.rows(examples, table, applicant) {
                    for field in seen.indices {
                        let place = columns.categories[field][row]
                        if place >= 0 {
                            seen[field][place, default: Seen()].note(applicant, of: examples.customers[applicant], atMost: leastCustomers)
                        }
                    }
                }
            }
            let values = seen.indices.map { field in
                let common = seen[field].filter { $0.value.customers.count >= leastCustomers }
                    .map { (text: columns.texts[field][Int($0.key)], applicants: $0.value.applicants) }
                    .sorted { ($1.applicants, $0.text) < ($0.applicants, $1.text) }
                return common.prefix(Self.mostValues).map(\.text).sorted()
            }
            return Table(name: name, values: values, countsOther: zip(seen, values).map { $0.count > $1.count })
        }
    }

    /// By how many a value is had.
    private struct Seen {
        var applicants = 0
        var latest = -1
        /// No more of them than are needed.
        var customers: Set<UInt64> = []

        mutating func note(_ applicant: Int, of customer: UInt64, atMost most: Int) {
            guard applicant != latest else { return }
            (applicants, latest) = (applicants + 1, applicant)
            if customers.count < most { customers.insert(customer) }
        }
    }

    /// Rows of an applicant before the decision.
    static func rows(_ examples: FrameworkExamples, _ table: Int, _ applicant: Int) -> Range<Int> {
        let own = examples.ranges[table][applicant], times = examples.records[table].columns.times
        let decision = examples.decisions[applicant]
        var (low, high) = (own.lowerBound, own.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < decision { low = middle + 1 } else { high = middle }
        }
        return own.lowerBound..<low
    }

    /// The table of a business model.
    /// - Parameter scores: log odds of the sequences, `[B]`; nil for a table without.
    func table(_ examples: FrameworkExamples, scores: [Float]? = nil) throws -> CreditTable {
        var columns = ProfileColumns.columns(examples)
        for own in tables { columns += counts(examples, own) }
        if let scores { columns.append(.numeric(Self.score, scores)) }
        return try CreditTable(customers: examples.customers, outcomes: examples.outcomes, columns: columns)
    }

    private func counts(_ examples: FrameworkExamples, _ own: Table) -> [CreditTable.Column] {
        guard let table = examples.tables.firstIndex(where: { $0.name == own.name }) else { return [] }
        let settings = examples.tables[table], columns = examples.records[table].columns
        let count = examples.count
        var (all, recent, last) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count), Self.missing(count))
        var means = settings.numeric.map { _ in Self.missing(count) }, latest = means
        // The last one of a field is of all others, where they are counted.
        var values = own.values.indices.map { field in
            (0..<own.values[field].count + (own.countsOther[field] ? 1 : 0)).map { _ in [Float](repeating: 0, count: count) }
        }
        let places = own.values.enumerated().map { field, known in
            let numbers = Dictionary(known.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            return columns.texts[field].map { numbers[$0] ?? (own.countsOther[field] ? known.count : -1) }
        }
        for applicant in 0..<count {
            let rows = Self.rows(examples, table, applicant), decision = examples.decisions[applicant]
            all[applicant] = Float(rows.count)
            guard let newest = rows.last else { continue }
            last[applicant] = Float(Double(decision - columns.times[newest]) / 86_400e6)
            var sums = means.map { _ in (0.0, 0.0) }
            for row in rows {
                if decision - columns.times[row] <= Self.days * 86_400_000_000 { recent[applicant] += 1 }
                for field in values.indices where !values[field].isEmpty {
                    let place = columns.categories[field][row]
                    if place >= 0, places[field][Int(place)] >= 0 { values[field][places[field][Int(place)]][applicant] += 1 }
                }
                for field in means.indices {
                    let value = columns.numbers[field][row]
                    guard !value.isNaN else { continue }
                    sums[field] = (sums[field].0 + Double(value), sums[field].1 + 1)
                    latest[field][applicant] = value
                }
            }
            for field in means.indices where sums[field].1 > 0 { means[field][applicant] = Float(sums[field].0 / sums[field].1) }
        }
        var result: [CreditTable.Column] = [
            .numeric("\(own.name): records", all), .numeric("\(own.name): records of \(Self.days) days", recent),
            .numeric("\(own.name): days since the latest", last),
        ]
        for (field, name) in settings.numeric.enumerated() {
            result.append(.numeric("\(own.name): mean \(name)", means[field]))
            result.append(.numeric("\(own.name): latest \(name)", latest[field]))
        }
        for (field, name) in settings.categorical.enumerated() {
            for (place, value) in own.values[field].enumerated() {
                result.append(.numeric("\(own.name): records with \(name) \(value)", values[field][place]))
            }
            if own.countsOther[field], let other = values[field].last {
                // No value is written like this: a comma stands behind the field's name.
                result.append(.numeric("\(own.name): records with \(name), other", other))
            }
        }
        return result
    }

    private static func missing(_ count: Int) -> [Float] { [Float](repeating: .nan, count: count) }

    /// Whether a file holds what ``init(_:tables:leastCustomers:)`` could have given.
    func isWhole(_ configuration: CreditConfiguration) -> Bool {
        let before = configuration.tablesBefore
        return tables.map(\.name) == before.map(\.name)
            && zip(tables, before).allSatisfy { own, table in
                own.values.count == table.categorical.count && own.values.allSatisfy { Set($0).count == $0.count }
                    && own.countsOther.count == own.values.count
            }
    }
}

/// Fixed features of applicants as columns and as floats.
struct ProfileColumns: Sendable, Equatable, Codable {
    /// How columns become floats.
    let encoding: CreditEncoding

    /// Learnt from applicants.
    /// - Parameter leastCustomers: see ``CreditConfiguration/Business/leastCustomers``.
    init(_ examples: FrameworkExamples, leastCustomers: Int) throws {
        encoding = CreditEncoding(
            try CreditTable(customers: examples.customers, columns: Self.columns(examples)), minimumCount: leastCustomers,
            leastCustomers: leastCustomers)
    }

    /// The columns, numbers last. One that is a category and a number at once is there twice.
    static func columns(_ examples: FrameworkExamples) -> [CreditTable.Column] {
        let profile = examples.profile.columns, own = examples.applicants
        var result: [CreditTable.Column] = []
        for (field, name) in own.categorical.enumerated() {
            let texts = profile.texts[field]
            result.append(
                .categorical(
                    name,
                    examples.profileRows.map { row in
                        let place = profile.categories[field][row]
                        return place < 0 ? nil : texts[Int(place)]
                    }))
        }
        for (field, name) in own.numeric.enumerated() {
            let values = examples.profileRows.map { profile.numbers[field][$0] }
            result.append(.numeric(own.categorical.contains(name) ? "\(name) (number)" : name, values))
        }
        return result
    }

    /// `[B, D]`.
    func floats(_ examples: FrameworkExamples) throws -> [Float] {
        try encoding.floats(CreditTable(customers: examples.customers, columns: Self.columns(examples)))
    }

    /// Names of the floats, `[D]`.
    var names: [String] {
        encoding.columns.flatMap { column in
            column.categories.map { own in own.map { "\(column.name) \($0)" } + ["\(column.name), other", "\(column.name), missing"] }
                ?? [column.name]
        }
    }

    /// Whether a file holds what could have been learnt for a configuration.
    func isWhole(_ own: FrameworkConfiguration.Applicants) -> Bool {
        encoding.columns.count == own.categorical.count + own.numeric.count
            && zip(encoding.columns, own.categorical).allSatisfy {
                $0.name == $1 && $0.categories.map { Set($0).count == $0.count } ?? false
            }
            && encoding.columns.allSatisfy { $0.edges == nil }
            && encoding.columns.dropFirst(own.categorical.count).allSatisfy { $0.categories == nil }
    }
}
