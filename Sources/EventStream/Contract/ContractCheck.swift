/// Takes: a corpus as it was imported, and a contract.   Gives: everything that breaks it.
///
/// What the contract names breaks it as an error; what is only odd — a field that is always the same, sessions of days — is a warning.
/// Nobody's data is in a finding: examples are lines, numbers in the corpus, or the shape of a value.
public struct ContractCheck: Sendable, Equatable {
    /// Errors first, in the order of the contract.
    public private(set) var findings: [ContractFinding] = []

    /// Of the errors there are none.
    public var isKept: Bool { !findings.contains { $0.severity == .error } }

    private let contract: DataContract

    /// Checks.
    /// - Parameters:
    ///   - rejects: of the import, where it was just made: their lines become examples.
    ///   - now: microseconds since 1970, for times in the future.
    public init(_ corpus: Corpus, _ contract: DataContract, rejects: [Reject] = [], now: Int64) {
        self.contract = contract
        checkRows(corpus.schema.counts, rejects)
        if corpus.schema.hasTime { checkTimes(corpus, now) }
        checkSessions(corpus)
        for field in contract.fields where corpus.schema.field(field.name) == nil {
            add(
                .error, .absent, field.name, "the field is not there", corpus.eventCount, corpus.eventCount,
                remedy: "name its column in the mapping, or take it out of the contract")
        }
        for field in corpus.schema.readableFields { checkField(corpus, field) }
        joinEmptyFields(of: corpus.schema.readableFields.count)
        findings = findings.filter { $0.severity == .error } + findings.filter { $0.severity == .warning }
    }

    /// What there is to say of an export of which no row became an event, and which therefore breaks every contract.
    public init(withoutEvents rejects: RejectCollector, _ contract: DataContract) {
        self.contract = contract
        let left = rejects.skipped.values.reduce(0, +), total = rejects.total + left
        for (reason, count) in rejects.countsByReason.sorted(by: { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }) {
            addRefused(reason.rawValue, count, total, rejects.first)
        }
        for (reason, count) in rejects.skipped.sorted(by: { $0.key < $1.key }) {
            add(
                .error, .refused, "rows", "left out: \(reason)", count, total,
                remedy: "see whether the right files were exported, or change `skip` in the mapping")
        }
        guard findings.isEmpty else { return }
        add(.error, .refused, "rows", "there are none", 0, 0, remedy: "the files hold at most a header: export again")
    }

    private mutating func add(
        _ severity: ContractFinding.Severity, _ rule: ContractFinding.Rule, _ place: String, _ what: String, _ count: Int, _ total: Int,
        example: String = "", remedy: String
    ) {
        findings.append(
            ContractFinding(
                severity: severity, rule: rule, place: place, what: what, count: count, total: total, example: example, remedy: remedy))
    }

    private static func exceeds(_ count: Int, _ total: Int, _ share: Double) -> Bool { count > 0 && Double(count) > share * Double(total) }

    private mutating func checkRows(_ counts: EventSchema.Counts, _ rejects: [Reject]) {
        let refused = counts.rejects.values.reduce(0, +), total = counts.events + refused + counts.duplicates
        if Self.exceeds(refused, total, contract.rows.refused) {
            for (reason, count) in counts.rejects.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                addRefused(reason, count, total, rejects)
            }
        }
        if Self.exceeds(counts.duplicates, total, contract.rows.duplicates) {
            add(
                .error, .duplicates, "rows", "repeat others", counts.duplicates, total,
                remedy: "see whether the export was joined from parts that overlap")
        }
        if Self.exceeds(counts.withoutSession, counts.events, contract.rows.withoutSession) {
            add(
                .error, .withoutSession, "rows", "have no session id: pauses put them into sessions", counts.withoutSession, counts.events,
                remedy: "see whether consent was denied or an SDK is old; raise rows.without_session if that is known")
        }
    }

    private mutating func addRefused(_ reason: String, _ count: Int, _ total: Int, _ rejects: [Reject]) {
        let first = rejects.first { $0.reason.rawValue == reason }
        add(
            .error, .refused, "rows", "refused: \(reason)", count, total,
            example: first.map { "\($0.file), line \($0.line)\($0.column.map { ", column \($0)" } ?? "")" } ?? "",
            remedy: first?.hint ?? "import with --rejects FILE to see each of them")
    }

    private mutating func checkTimes(_ corpus: Corpus, _ now: Int64) {
        let first = DataContract.moment(contract.times.from) ?? .min
        let last = contract.times.to.flatMap(DataContract.moment) ?? now + 86_400_000_000
        var (early, late): ((count: Int, event: Int), (count: Int, event: Int)) = ((0, -1), (0, -1))
        for event in 0..<corpus.eventCount {
            let time = corpus.timesMicroseconds[event]
            if time < first { early = (early.count + 1, early.event < 0 ? event : early.event) }
            if time >= last { late = (late.count + 1, late.event < 0 ? event : late.event) }
        }
        let unit = "see whether the unit or the zone of the time in the mapping is the export's"
        if early.count > 0 {
            add(
                .error, .times, "times", "lie before \(contract.times.from)", early.count, corpus.eventCount,
                example: "event \(early.event)",
                remedy: unit)
        }
        if late.count > 0 {
            add(
                .error, .times, "times", "lie at \(contract.times.to ?? "a day from now") or later", late.count, corpus.eventCount,
                example: "event \(late.event)", remedy: unit)
        }
    }

    private mutating func checkSessions(_ corpus: Corpus) {
        var (long, large): ((count: Int, session: Int), (count: Int, session: Int)) = ((0, -1), (0, -1))
        for session in 0..<corpus.sessionCount {
            let events = corpus.events(ofSession: session)
            if events.count > contract.sessions.mostEvents { large = (large.count + 1, large.session < 0 ? session : large.session) }
            guard corpus.schema.hasTime, let begin = events.first, let end = events.last else { continue }
            let length = Double(corpus.timesMicroseconds[end] &- corpus.timesMicroseconds[begin]) / 1e6
            if length > contract.sessions.longestSeconds { long = (long.count + 1, long.session < 0 ? session : long.session) }
        }
        if long.count > 0 {
            add(
                .warning, .longSessions, "sessions", "last longer than \(Int(contract.sessions.longestSeconds)) seconds", long.count,
                corpus.sessionCount, example: "session \(long.session)",
                remedy: "`tessera sessions reconcile` tells late pings from pauses; import with --max-length to cut them")
        }
        if large.count > 0 {
            add(
                .warning, .largeSessions, "sessions", "have more than \(contract.sessions.mostEvents) events", large.count,
                corpus.sessionCount,
                example: "session \(large.session)", remedy: "see whether they are bots; import with --max-events to cut them")
        }
    }

    private mutating func checkField(_ corpus: Corpus, _ field: EventSchema.Field) {
        let own = contract.fields.first { $0.name == field.name }
        if let kind = own?.kind, kind != field.kind {
            add(
                .error, .kind, field.name, "is \(field.kind.rawValue), and \(kind.rawValue) is wanted", corpus.eventCount,
                corpus.eventCount,
                remedy: "correct its kind in the mapping, or in the contract")
        }
        if let numbers = corpus.numbers(field.name) {
            check(numbers, field, own, corpus.eventCount)
        } else if let codes = corpus.codes(field.name), let names = corpus.dictionary(field.name) {
            check(codes, names, field, own, corpus.eventCount)
        }
    }

    /// A vendor's mapping names many fields that an export may lack: from four on they are one finding.
    private mutating func joinEmptyFields(of total: Int) {
        let empty = findings.filter { $0.rule == .constant && $0.what == Self.emptyField }.map(\.place)
        guard empty.count > 3, let place = findings.firstIndex(where: { $0.what == Self.emptyField }) else { return }
        findings.removeAll { $0.what == Self.emptyField }
        findings.insert(
            ContractFinding(
                severity: .warning, rule: .constant, place: "fields", what: "never have a value", count: empty.count, total: total,
                example: empty.prefix(12).joined(separator: ", ") + (empty.count > 12 ? ", …" : ""), remedy: Self.emptyRemedy), at: place)
    }

    private static let emptyField = "never has a value"
    private static let emptyRemedy = "leave out of the mapping what the site does not send, or see whether columns were renamed"

    private mutating func checkMissing(_ missing: Int, _ total: Int, _ field: EventSchema.Field, _ own: DataContract.Field?) {
        if let share = own?.missing, Self.exceeds(missing, total, share) {
            add(
                .error, .missing, field.name, "has no value", missing, total,
                remedy: "see whether its column was renamed, or raise `missing` in the contract")
        } else if missing == total, total > 0 {
            add(
                .warning, .constant, field.name, Self.emptyField, missing, total,
                remedy: "leave it out of the mapping, or see whether its column was renamed")
        }
    }

    private mutating func check(_ numbers: Column<Double>, _ field: EventSchema.Field, _ own: DataContract.Field?, _ total: Int) {
        var (missing, low, high, lowEvent, highEvent) = (0, 0, 0, -1, -1)
        var (least, most) = (Double.infinity, -Double.infinity)
        for event in 0..<total {
            let value = numbers[event]
            if value.isNaN {
                missing += 1
                continue
            }
            (least, most) = (min(least, value), max(most, value))
            if let bound = own?.minimum, value < bound { (low, lowEvent) = (low + 1, lowEvent < 0 ? event : lowEvent) }
            if let bound = own?.maximum, value > bound { (high, highEvent) = (high + 1, highEvent < 0 ? event : highEvent) }
        }
        checkMissing(missing, total, field, own)
        for (count, event, what) in [(low, lowEvent, "below \(own?.minimum ?? 0)"), (high, highEvent, "above \(own?.maximum ?? 0)")]
        where count > 0 {
            add(
                .error, .bounds, field.name, "lies \(what)", count, total, example: "event \(event)",
                remedy: "see whether its unit is the one meant, or widen the bounds")
        }
        if least == most, total - missing > 1 {
            add(
                .warning, .constant, field.name, "has the same value throughout", total - missing, total,
                remedy: "leave it out of the mapping: it tells nothing")
        }
    }

    private mutating func check(
        _ codes: Column<Int32>, _ names: StringDictionary, _ field: EventSchema.Field, _ own: DataContract.Field?, _ total: Int
    ) {
        var counts = [Int](repeating: 0, count: names.count + 1)
        for event in 0..<total { counts[Int(codes[event])] += 1 }
        checkMissing(counts[0], total, field, own)
        let used = (0..<names.count).filter { counts[$0 + 1] > 0 }
        if let most = own?.distinct, used.count > most {
            add(
                .error, .distinct, field.name, "has \(used.count) different values, and at most \(most) are wanted", used.count, most,
                remedy: "see whether ids came into it, or raise `distinct`")
        }
        if let values = own?.values {
            let allowed = Set(values), strange = used.filter { !allowed.contains(names[$0]) }
            if let first = strange.first {
                add(
                    .error, .values, field.name, "has \(strange.count) values that are not in the contract",
                    strange.reduce(0) { $0 + counts[$1 + 1] }, total, example: "shape \(PersonalData.shape(names.utf8(first)))",
                    remedy: "correct them where they are made, or name them in the contract")
            }
        }
        if used.count == 1, counts[0] == 0, total > 1 {
            add(
                .warning, .constant, field.name, "has the same value throughout", total, total,
                remedy: "leave it out of the mapping: it tells nothing")
        }
        if contract.personal, own?.personal != true { checkPersonal(used, counts, names, field, total) }
    }

    private mutating func checkPersonal(
        _ used: [Int], _ counts: [Int], _ names: StringDictionary, _ field: EventSchema.Field, _ total: Int
    ) {
        var found: [PersonalData: (values: Int, events: Int, first: Int)] = [:]
        for value in used {
            guard let sort = PersonalData.found(in: names.utf8(value)) else { continue }
            found[sort, default: (0, 0, value)].values += 1
            found[sort]?.events += counts[value + 1]
        }
        // Of numbers that are no cards one in ten passes the check digit.
        let others = found.removeValue(forKey: .cardLength)?.values ?? 0
        if let cards = found[.card], Double(cards.values) < 0.3 * Double(cards.values + others) { found[.card] = nil }
        for sort in PersonalData.allCases {
            guard let own = found[sort] else { continue }
            add(
                .error, .personal, field.name, "has \(own.values) values that look like \(sort.rawValue)", own.events, total,
                example: "shape \(PersonalData.shape(names.utf8(own.first)))",
                remedy: "take them out before the export, leave the field out of the mapping, or say `personal: true` of it in the contract"
            )
        }
    }
}
