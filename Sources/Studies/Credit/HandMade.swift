public import CreditRisk

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Features that a credit team makes by hand of raw records: counts, sums and means over the whole history and over windows. They are what
/// a sequence score is stacked on.
public enum HandMade {
    /// log(1 + x), of what is not below 0.
    static func log(_ value: Float) -> Float { log1p(max(value, 0)) + (value.isNaN ? .nan : 0) }

    /// Columns that grow applicant by applicant.
    struct Columns {
        private(set) var values: [String: [Float]] = [:]
        private(set) var order: [String] = []
        let count: Int

        init(count: Int) { self.count = count }

        /// Adds to a count or a sum, which begins at 0.
        mutating func add(_ name: String, _ applicant: Int, _ value: Float = 1) {
            if values[name] == nil {
                values[name] = [Float](repeating: 0, count: count)
                order.append(name)
            }
            values[name]![applicant] += value
        }

        /// Sets a value; missing where none is set.
        mutating func set(_ name: String, _ applicant: Int, _ value: Float) {
            if values[name] == nil {
                values[name] = [Float](repeating: .nan, count: count)
                order.append(name)
            }
            values[name]![applicant] = value
        }

        /// By name, so that the order of rows does not matter.
        var columns: [CreditTable.Column] { order.sorted().map { .numeric($0, values[$0]!) } }
    }

    /// Of what was done in the app: how often each operation, in all and in the last 30 days; sums of money by operation; days and
    /// sessions; how long ago the first was.
    /// - Returns: columns of `[B]`.
    public static func app(
        _ behaviours: [[AppBehaviour]], decisions: [Int64], _ vocabulary: BehaviourVocabulary, pause: Int64 = 3_600
    ) -> [CreditTable.Column] {
        var columns = Columns(count: behaviours.count)
        for entry in vocabulary.entries {
            for name in ["count", "count of 30 days"] { columns.addColumn("\(name): \(entry.name)") }
            if entry.category == .transformOperation { columns.addColumn("sum: \(entry.name)") }
        }
        let names = vocabulary.entries.map { (all: "count: \($0.name)", late: "count of 30 days: \($0.name)", sum: "sum: \($0.name)") }
        for (applicant, own) in behaviours.enumerated() {
            var (last, lastDay): (Int64?, Int64?) = (nil, nil)
            columns.add("behaviours", applicant, Float(own.count))
            for behaviour in own {
                let number = Int(vocabulary[behaviour.code])
                columns.add(names[number].all, applicant)
                if decisions[applicant] - behaviour.time < 30 * 86_400 { columns.add(names[number].late, applicant) }
                if vocabulary.category(Int32(number)) == .transformOperation {
                    columns.add(names[number].sum, applicant, Float(behaviour.amount ?? 0))
                }
                if last.map({ behaviour.time - $0 > pause }) ?? true { columns.add("sessions", applicant) }
                if lastDay != behaviour.time / 86_400 { columns.add("days", applicant) }
                (last, lastDay) = (behaviour.time, behaviour.time / 86_400)
            }
            if let first = own.first { columns.set("days since first", applicant, Float(decisions[applicant] - first.time) / 86_400) }
        }
        return columns.columns
    }
}

extension HandMade.Columns {
    /// A column of zeros, so that it is there whatever the rows are.
    mutating func addColumn(_ name: String) { if count > 0 { add(name, 0, 0) } }
}

extension ApplicantExport {
    /// Features made by hand of the bureau's rows and of the statements: numbers of queries and loans by lender and window, sums, means and
    /// extremes of amounts and balances, how many balances are 0 or missing; latest, mean and highest share of the limit.
    /// - Returns: columns of `[B]`.
    /// - Throws: ``StudyError`` where a table is not what it should be.
    public func bureauFeatures() throws -> [CreditTable.Column] {
        var columns = HandMade.Columns(count: count), sums = HandMade.Columns(count: count)
        let rows = try CreditRows("\(folder)/bureau.csv", in: fileSystem)
        let (id, time, kind, lender) = (
            try rows.column("applicant_id"), try rows.column("time_ms"), try rows.column("kind"), try rows.column("lender")
        )
        let (amount, balance) = (try rows.column("amount"), try rows.column("balance"))
        var highest = [Float](repeating: .nan, count: count)
        try records(rows, id, time) { _, row, place, time in
            let (kind, days) = (row.text(kind), Float(decisions[place] - time) / 86_400)
            columns.add("\(kind) \(row.text(lender))", place)
            columns.add("\(kind)", place)
            for window in [90, 365] where days < Float(window) { columns.add("\(kind) of \(window) days", place) }
            // Rows rise in time: the latest stays.
            columns.set("days since \(kind)", place, days)
            guard kind == "loan" else { return }
            columns.add("loans' amounts", place, Float(row.number(amount) ?? 0))
            guard let held = row.number(balance), !held.isNaN else {
                columns.add("balances missing", place)
                return
            }
            columns.add("balances", place, Float(held))
            sums.add("balances", place)
            if held == 0 { columns.add("balances of 0", place) }
            highest[place] = highest[place].isNaN ? Float(held) : max(highest[place], Float(held))
        }
        for place in 0..<count {
            if let own = sums.values["balances"], own[place] > 0, let sum = columns.values["balances"] {
                columns.set("mean balance", place, sum[place] / own[place])
            }
            columns.set("highest balance", place, highest[place])
        }
        try addStatements(to: &columns)
        return columns.columns
    }

    private func addStatements(to columns: inout HandMade.Columns) throws {
        let rows = try CreditRows("\(folder)/statements.csv", in: fileSystem)
        let (id, time, limit) = (try rows.column("applicant_id"), try rows.column("time_ms"), try rows.column("limit"))
        let (balance, paid) = (try rows.column("balance"), try rows.column("paid"))
        var shares = [[Float]](repeating: [], count: count)
        try records(rows, id, time) { line, row, place, _ in
            guard let limit = row.number(limit), let balance = row.number(balance), limit > 0 else {
                throw StudyError.badTable(file: rows.path, line: line, reason: "there is no limit or no balance")
            }
            shares[place].append(Float(balance / limit))
            columns.set("limit", place, Float(limit))
            if row.isEmpty(paid) { columns.add("payments missing", place) }
        }
        for (place, own) in shares.enumerated() {
            columns.add("statements", place, Float(own.count))
            guard let last = own.last, let most = own.max() else { continue }
            columns.set("latest share of the limit", place, last)
            columns.set("mean share of the limit", place, own.reduce(0, +) / Float(own.count))
            columns.set("highest share of the limit", place, most)
        }
    }
}
