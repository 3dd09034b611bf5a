/// From raw records to numbers: the one preprocessing object, fitted on the applicants learnt from and on nobody else, kept with the model,
/// the same to the byte for a million applicants offline and for one online (systems.md 4.2, row D2).
///
/// Records at or after an applicant's decision are counted and never read.
public struct FrameworkEncoder: Sendable, Equatable, Codable {
    /// What was kept and what was not when applicants were encoded.
    public struct Counts: Sendable, Equatable, Codable {
        /// Records at or after the decision: never read.
        public internal(set) var afterDecision = 0
        /// Records before it that later ones crowd out.
        public internal(set) var crowdedOut = 0
        /// Records kept.
        public internal(set) var kept = 0
        /// Items that they make.
        public internal(set) var items = 0
        /// Applicants without any record.
        public internal(set) var withoutRecords = 0

        /// Nothing yet.
        public init() {}
    }

    let applicants: FrameworkConfiguration.Applicants
    let tables: [FrameworkConfiguration.Table]
    let histories: [FrameworkConfiguration.History]
    /// By history: numbers of its tables.
    let members: [[Int]]
    let profile: FieldSet
    /// By table.
    let fields: [FieldSet]

    /// Fitted on examples learnt from: their categories, means and deviations, of the records that histories keep.
    /// - Throws: ``FrameworkError/otherTables(_:)`` where they are not those of the configuration.
    public init(_ examples: FrameworkExamples, _ configuration: FrameworkConfiguration) throws(FrameworkError) {
        try configuration.validate()
        guard examples.applicants == configuration.applicants, examples.tables == configuration.tables else {
            throw .otherTables("they are not those of the configuration; read them with the same")
        }
        let settings = configuration.network, histories = configuration.sequences
        (applicants, tables, self.histories) = (configuration.applicants, configuration.tables, histories)
        members = Self.members(histories, configuration.tables)
        var profile = FieldStatistics(configuration.applicants, missingCodes: settings.missingCodes)
        var statistics = configuration.tables.map { FieldStatistics($0, missingCodes: settings.missingCodes) }
        var walk = HistoryWalk()
        for applicant in 0..<examples.count {
            let decision = examples.decisions[applicant]
            profile.add(
                FieldSet.Record(shared: examples.profile, row: examples.profileRows[applicant], gap: -1, decision: decision))
            for (place, history) in histories.enumerated() {
                walk.walk(examples, applicant, history, members[place])
                for record in walk.records {
                    let table = members[place][record.table]
                    statistics[table].add(
                        FieldSet.Record(shared: examples.records[table], row: record.row, gap: record.gap, decision: decision))
                }
            }
        }
        self.profile = profile.fitted(examples.profile.columns, settings)
        fields = statistics.enumerated().map { $1.fitted(examples.records[$0].columns, settings) }
    }

    private static func members(
        _ histories: [FrameworkConfiguration.History], _ tables: [FrameworkConfiguration.Table]
    ) -> [[Int]] {
        histories.map { history in history.tables.map { name in tables.firstIndex { $0.name == name }! } }
    }

    /// Names of a table's fields as the network reads them; a field's place here is its place in an item.
    public func fieldNames(of table: String) -> [String] {
        tables.firstIndex { $0.name == table }.map { fields[$0].fields.map(\.name) } ?? []
    }

    /// Places of a table's numbers and intervals among its fields, in the order of the floats beside an item's numbers.
    package func scalarFields(ofTable table: Int) -> [Int32] {
        fields[table].fields.indices.filter {
            switch fields[table].fields[$0].source {
            case .number, .interval: true
            case .category, .bucket, .vector: false
            }
        }.map(Int32.init)
    }

    /// Refuses examples of other tables.
    func check(_ examples: FrameworkExamples) throws(FrameworkError) {
        guard examples.applicants == applicants, examples.tables == tables else {
            throw .otherTables("they are not those that the model was trained on; read them with the model's configuration")
        }
    }

    /// Encodes all applicants.
    /// - Throws: ``FrameworkError/otherTables(_:)``.
    package func encoded(_ examples: FrameworkExamples) throws(FrameworkError) -> (EncodedHistories, Counts) {
        try check(examples)
        var state = FrameworkEncoding(self)
        for applicant in 0..<examples.count { state.append(applicant, of: examples) }
        return (state.encoded, state.counts)
    }

    /// Whether a file holds what a training could have given.
    func isWhole(_ configuration: FrameworkConfiguration) -> Bool {
        guard applicants == configuration.applicants, tables == configuration.tables, histories == configuration.sequences,
            members == Self.members(histories, tables), fields.count == tables.count,
            profile.isWhole((applicants.categorical.count, applicants.numeric.count, 0, []))
        else { return false }
        return zip(fields, tables).allSatisfy { own, table in
            own.isWhole((table.categorical.count, table.numeric.count, table.times.count, table.vectors.map(\.columns.count)))
        }
    }
}

/// Applicants being encoded one after another; memory is reused.
struct FrameworkEncoding: Sendable {
    let encoder: FrameworkEncoder
    private(set) var encoded: EncodedHistories
    private(set) var counts = FrameworkEncoder.Counts()
    private var walk = HistoryWalk()
    /// Of the profile, then by table.
    private var known: [FieldSet.Known]

    init(_ encoder: FrameworkEncoder) {
        self.encoder = encoder
        known = Array(repeating: FieldSet.Known(), count: encoder.tables.count + 1)
        encoded = EncodedHistories(tables: encoder.tables.count, histories: encoder.histories.count)
    }

    /// Forgets the applicants and keeps the memory.
    mutating func removeAll() { encoded.removeAll() }

    /// Adds an applicant of examples that ``FrameworkEncoder/check(_:)`` let pass.
    mutating func append(_ applicant: Int, of examples: FrameworkExamples) {
        let decision = examples.decisions[applicant]
        encoder.profile.append(
            FieldSet.Record(shared: examples.profile, row: examples.profileRows[applicant], gap: -1, decision: decision),
            &known[0], to: &encoded.profile)
        walk.forgetCounts()
        for place in encoder.histories.indices {
            walk.walk(examples, applicant, encoder.histories[place], encoder.members[place])
            for record in walk.records {
                let table = encoder.members[place][record.table]
                encoder.fields[table].append(
                    FieldSet.Record(shared: examples.records[table], row: record.row, gap: record.gap, decision: decision),
                    &known[table + 1], to: &encoded.tables[table])
                encoded.histories[place].types.append(Int32(record.table))
            }
            for records in walk.items {
                encoded.histories[place].items.append(
                    encoded.histories[place].items[encoded.histories[place].items.count - 1] + Int(records))
            }
            encoded.histories[place].applicants.append(encoded.histories[place].items.count - 1)
        }
        for table in encoded.tables.indices { encoded.offsets[table].append(encoded.tables[table].count) }
        encoded.count += 1
        counts.afterDecision += walk.counts.afterDecision
        counts.crowdedOut += walk.counts.crowdedOut
        counts.kept += walk.counts.kept
        counts.items += walk.counts.items
        if walk.counts.kept == 0 { counts.withoutRecords += 1 }
    }
}
