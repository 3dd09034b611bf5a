/// The columns that a model reads, in order, and those that it must never be given.
struct StageFields: Sendable, Equatable, Codable {
    /// Features of the profile.
    let profile: [String]
    /// Of records before the decision; nil where none are read.
    let records: RecordFields?
    /// Of records of the service; a teacher's only.
    let service: RecordFields?
    /// The window of those.
    let window: ServiceWindow?
    /// Columns of the service that no student reads.
    let refused: [String]

    /// A student's.
    init(_ examples: PreServiceExamples, refused: [String] = []) {
        (profile, records, service, window) = (examples.profile.names, examples.records?.fields, nil, nil)
        self.refused = refused
    }

    /// A teacher's.
    init(_ examples: InServiceExamples) {
        let own = examples.preService
        (profile, records, service) = (own.profile.names, own.records?.fields, examples.records.fields)
        (window, refused) = (examples.records.window, [])
    }

    private var names: [String] { profile + (records?.names ?? []) + (service.map { $0.names.map { "\($0) (in service)" } } ?? []) }

    /// Refuses columns that are known only while the service runs.
    func refuseInService(_ names: [String]) throws(StageDistillationError) {
        let known = Set(refused)
        let found = names.filter { known.contains($0) }
        guard found.isEmpty else { throw .inServiceFields(found) }
    }

    /// Refuses a table of other columns than these.
    func refuseOthers(_ table: StageFields) throws(StageDistillationError) {
        try refuseInService(table.profile + (table.records?.names ?? []))
        let (own, found) = (Set(names), Set(table.names))
        guard own == found else {
            throw .otherFields(missing: names.filter { !found.contains($0) }, unexpected: table.names.filter { !own.contains($0) })
        }
        guard profile == table.profile, records == table.records, service == table.service else { throw .otherOrder }
        guard window == table.window else {
            throw .table("the records of the service are of another window than those of the training; cut them alike")
        }
    }
}

extension InServiceExamples {
    /// Columns of the service that are in no table of what was known before: no student may be given them. A name that both stages have (the
    /// same table before and after the decision) is told apart by the times of its records.
    var inServiceFields: [String] {
        let before = Set(preService.profile.names + (preService.records?.fields.names ?? []))
        return records.fields.names.filter { !before.contains($0) }
    }
}
