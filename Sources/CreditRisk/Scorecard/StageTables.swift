/// Raw tables → what teachers and students read: the tables before the decision in one list of records, those of the service in another.
struct StageTables: Sendable, Equatable, Codable {
    let profile: ProfileColumns
    /// Names of the tables of the service.
    let service: [String]
    let window: ServiceWindow
    /// The table whose first record from the decision on is the grant; nil where none says it.
    let granted: String?

    init(_ examples: FrameworkExamples, _ configuration: CreditConfiguration) throws {
        guard let stages = configuration.stages else {
            throw CreditConfiguration.bad("stages", "they are missing", "name the tables of the service")
        }
        profile = try ProfileColumns(examples, leastCustomers: configuration.business.leastCustomers)
        (service, granted) = (stages.service, stages.granted)
        window = try ServiceWindow(closes: Int64(stages.closes) * 86_400, outcomesFrom: Int64(stages.outcomesFrom) * 86_400)
    }

    func isWhole(_ configuration: CreditConfiguration) -> Bool {
        service == configuration.stages?.service && granted == configuration.stages?.granted && profile.isWhole(configuration.applicants)
    }

    /// Seconds of microseconds, towards the past.
    static func seconds(_ time: Int64) -> Int64 { time >= 0 ? time / 1_000_000 : (time - 999_999) / 1_000_000 }
    /// Towards the future.
    static func secondsUp(_ time: Int64) -> Int64 { -seconds(-time) }

    /// Some tables as one: each record has its own table's columns and misses the others'.
    private struct Joined {
        let tables: [Int]
        let fields: RecordFields
        private let firstCategory: [Int]
        private let firstNumber: [Int]
        private let hasTable: Bool

        init(_ source: FrameworkExamples, _ names: (String) -> Bool) {
            tables = source.tables.indices.filter { names(source.tables[$0].name) }
            let own = tables.map { source.tables[$0] }
            func count(_ name: String) -> Int { own.count { ($0.categorical + $0.numeric + $0.times).contains(name) } }
            // A name that one table has alone stays what it is.
            func name(_ table: FrameworkConfiguration.Table, _ field: String, _ kind: String = "") -> String {
                (count(field) > 1 ? "\(table.name).\(field)" : field) + kind
            }
            var (categories, numbers): ([String], [String]) = ([], [])
            var (firstCategory, firstNumber): ([Int], [Int]) = ([], [])
            for table in own {
                firstCategory.append(categories.count)
                firstNumber.append(numbers.count)
                categories += table.categorical.map { name(table, $0) }
                numbers += table.numeric.map { name(table, $0, table.categorical.contains($0) ? " (number)" : "") }
                numbers += table.times.map { name(table, $0, " (days)") }
            }
            hasTable = own.count > 1 || categories.isEmpty && numbers.isEmpty
            if hasTable { categories.append("the record's table") }
            (self.firstCategory, self.firstNumber) = (firstCategory, firstNumber)
            fields = RecordFields(categories: categories, numbers: numbers)
        }

        /// A record of the table at a place of ``tables``.
        func record(_ source: FrameworkExamples, _ place: Int, _ row: Int, at time: Int64, decision: Int64) -> ApplicantRecord {
            let table = source.tables[tables[place]], columns = source.records[tables[place]].columns
            var categories = [String?](repeating: nil, count: fields.categories.count)
            var numbers = [Float](repeating: .nan, count: fields.numbers.count)
            for field in table.categorical.indices {
                let text = columns.categories[field][row]
                if text >= 0 { categories[firstCategory[place] + field] = columns.texts[field][Int(text)] }
            }
            for field in table.numeric.indices { numbers[firstNumber[place] + field] = columns.numbers[field][row] }
            for field in table.times.indices {
                let moment = columns.moments[field][row]
                if moment != RecordColumns.noMoment, moment < decision {
                    numbers[firstNumber[place] + table.numeric.count + field] = Float(Double(decision - moment) / 86_400e6)
                }
            }
            if hasTable { categories[categories.count - 1] = table.name }
            return ApplicantRecord(at: time, categories: categories, numbers: numbers)
        }
    }

    private func before(_ source: FrameworkExamples) -> Joined { Joined(source) { !service.contains($0) && $0 != granted } }

    /// When the service was granted to an applicant, microseconds since 1970: the first record of a table from the decision on, and before the
    /// next decision on the same key, which has a grant of its own.
    private static func grant(_ source: FrameworkExamples, _ name: String?, _ applicant: Int) -> Int64? {
        guard let name, let table = source.tables.firstIndex(where: { $0.name == name }) else { return nil }
        return grantRow(source, table, applicant).map { source.records[table].columns.times[$0] }
    }

    private static func grantRow(_ source: FrameworkExamples, _ table: Int, _ applicant: Int) -> Int? {
        let row = HandMadeFeatures.rows(source, table, applicant).upperBound
        guard row < source.ranges[table][applicant].upperBound else { return nil }
        let time = source.records[table].columns.times[row]
        return source.nextDecisions[applicant].map { time < $0 } ?? true ? row : nil
    }

    /// Applicants of whom a table does not say when the service was granted.
    static func withoutGrant(_ source: FrameworkExamples, table name: String) -> Int {
        (0..<source.count).count { grant(source, name, $0) == nil }
    }

    /// Applicants as a student reads them: records before the decision, of no table of the service.
    func preService(_ source: FrameworkExamples) throws -> PreServiceExamples {
        let joined = before(source)
        var records: PreServiceRecords?
        if !joined.tables.isEmpty {
            var own = try PreServiceRecords(joined.fields)
            for applicant in 0..<source.count {
                var list: [ApplicantRecord] = []
                for (place, table) in joined.tables.enumerated() {
                    for row in HandMadeFeatures.rows(source, table, applicant) {
                        let time = source.records[table].columns.times[row]
                        list.append(
                            joined.record(source, place, row, at: Self.seconds(time), decision: source.decisions[applicant]))
                    }
                }
                try own.append(list, before: Self.secondsUp(source.decisions[applicant]))
            }
            records = own
        }
        let decisions = source.decisions.map(Self.secondsUp)
        var examples = try PreServiceExamples(
            customers: source.customers, decisions: decisions, outcomes: source.outcomes,
            // Known in the second of the decision, and after it.
            outcomeTimes: zip(source.outcomeTimes, decisions).map { time, decision in time.map { max(Self.secondsUp($0), decision + 1) } },
            profile: ProfileFeatures(names: profile.names, count: source.count, values: profile.floats(source)), records: records)
        // Leaks were looked for, and refused or told.
        examples.refusesOutcome = false
        return examples
    }

    /// Applicants as a teacher reads them: also records of the service until the window closes, which is counted from the grant where a table
    /// says when that was.
    func inService(_ source: FrameworkExamples) throws -> InServiceExamples {
        let joined = Joined(source) { service.contains($0) }
        var records = try InServiceRecords(joined.fields, window)
        for applicant in 0..<source.count {
            let decision = Self.secondsUp(source.decisions[applicant])
            let grant = Self.grant(source, granted, applicant).map(Self.secondsUp) ?? decision
            var list: [ApplicantRecord] = []
            for (place, table) in joined.tables.enumerated() {
                let all = source.ranges[table][applicant]
                for row in HandMadeFeatures.rows(source, table, applicant).upperBound..<all.upperBound {
                    let time = source.records[table].columns.times[row]
                    guard isInside(time, source, applicant, grant) else { continue }
                    list.append(joined.record(source, place, row, at: Self.secondsUp(time), decision: source.decisions[applicant]))
                }
            }
            try records.append(list, after: decision, granted: grant)
        }
        return try InServiceExamples(preService(source), records: records)
    }

    /// What is read of the records and what is not.
    struct Counts {
        /// Records before the decision that are read.
        var read = 0
        /// Earlier ones that later ones crowd out.
        var crowdedOut = 0
        /// At or after the decision.
        var later = 0
        /// Applicants without one before the decision.
        var without = 0
        /// Records of the service before the decision, or after the window.
        var outside = 0
        /// Records of the service in the window that later ones crowd out.
        var serviceCrowdedOut = 0
        /// Records of the table of grants that granted nothing to any of the applicants.
        var otherGrants = 0
    }

    /// - Parameter longest: latest records of an applicant that are read of each stage.
    func counts(_ source: FrameworkExamples, longest: Int) -> Counts {
        var counts = Counts()
        let joined = before(source), during = source.tables.indices.filter { service.contains(source.tables[$0].name) }
        for applicant in 0..<source.count {
            var own = 0
            for table in joined.tables {
                let rows = HandMadeFeatures.rows(source, table, applicant)
                own += rows.count
                counts.later += source.ranges[table][applicant].count - rows.count
            }
            counts.read += min(own, longest)
            counts.crowdedOut += max(0, own - longest)
            if own == 0 { counts.without += 1 }
            let grant = Self.secondsUp(Self.grant(source, granted, applicant) ?? source.decisions[applicant])
            var seen = 0
            for table in during {
                let all = source.ranges[table][applicant], times = source.records[table].columns.times
                let rows = HandMadeFeatures.rows(source, table, applicant).upperBound..<all.upperBound
                let inside = rows.count { isInside(times[$0], source, applicant, grant) }
                seen += inside
                counts.outside += all.count - inside
            }
            counts.serviceCrowdedOut += max(0, seen - longest)
        }
        counts.otherGrants = otherGrants(source)
        return counts
    }

    private func otherGrants(_ source: FrameworkExamples) -> Int {
        guard let granted, let table = source.tables.firstIndex(where: { $0.name == granted }) else { return 0 }
        // Applicants of one key share its rows.
        var (rows, granting): (Set<Range<Int>>, Set<Int>) = ([], [])
        for applicant in 0..<source.count {
            rows.insert(source.ranges[table][applicant])
            if let row = Self.grantRow(source, table, applicant) { granting.insert(row) }
        }
        return rows.reduce(0) { $0 + $1.count } - granting.count
    }

    /// Whether a record of the service lies in the window, and where grants are told before the next decision on the same key: what comes then
    /// may be of that decision's service.
    private func isInside(_ time: Int64, _ source: FrameworkExamples, _ applicant: Int, _ grant: Int64) -> Bool {
        guard Self.secondsUp(time) - grant < window.closes else { return false }
        return granted == nil || source.nextDecisions[applicant].map { time < $0 } ?? true
    }
}
