internal import EventStream
internal import Glibc

extension Figure {
    /// {sessions, causes, lengths, by_user: {user_id: {rows, repeated, …, events, sessions, causes}}, …}
    static let reconcile = Figure(
        pattern: "reconcile",
        summary:
            "sessions of DIR/formats/snowplow_web_csv against the half-hour rule, and what becomes of the edge cases its user ids announce"
    ) { context in
        let pattern = "\(context.data)/formats/snowplow_web_csv/*events*"
        guard let file = FileNames.matching(pattern).first else {
            throw FigureError(code: EX_NOINPUT, description: "\(pattern): there is no such file; name the root of the sets with --data")
        }
        return try context.withScratchFolder { folder in
            var users = try rows(of: file, in: folder)
            var rejects = RejectCollector()
            let input = try ExportInput(path: file)
            var guess = try ExportReaders.guess(input, format: nil)
            // As `tessera import --keep-pings`: what kept a session alive is to be seen.
            guess.mapping.pings = nil
            _ = try ExportImporter(ImportSettings()).run(
                sources: [ExportReaders.open(input, mapping: guess.mapping)], to: "\(folder)/corpus", rejects: &rejects)
            let corpus = try Corpus.open("\(folder)/corpus")
            let found = SessionReconciliation(corpus, ReconciliationSettings(corpus.schema))
            if let customers = corpus.customers {
                func name(_ event: Int) -> String { customers.codes[event] > 0 ? customers.ids[Int(customers.codes[event]) - 1] : "" }
                for session in 0..<corpus.sessionCount {
                    for event in corpus.events(ofSession: session) {
                        users[name(event), default: UserRows()].events += 1
                        users[name(event)]?.sessions.insert(session)
                    }
                }
                for (cause, examples) in found.examples {
                    for example in examples { users[name(example.event), default: UserRows()].causes.append(cause.rawValue) }
                }
                for stray in found.strays {
                    users[name(corpus.events(ofSession: stray).lowerBound), default: UserRows()].causes.append("pingsAlone")
                }
            }
            let counts = corpus.schema.counts
            func lengths(_ own: SessionReconciliation.Durations) -> FigureValue {
                ["median": .number(own.median), "longest": .number(own.longest), "over_a_day": .integer(own.overADay)]
            }
            return [
                "format": .text(guess.vendor?.rawValue ?? "guessed"), "events": .integer(counts.events),
                "duplicates": .integer(counts.duplicates), "without_session": .integer(counts.withoutSession),
                "skipped": .object(counts.skipped.mapValues { .integer($0) }), "rejects": .integer(counts.rejects.values.reduce(0, +)),
                "sessions": [
                    "export": .integer(found.counts.export), "rule": .integer(found.counts.rule), "same": .integer(found.counts.same),
                    "split": .integer(found.counts.split), "merged": .integer(found.counts.merged), "both": .integer(found.counts.both),
                    "pings_alone": .integer(found.counts.stray),
                ],
                "causes": .object(
                    Dictionary(
                        uniqueKeysWithValues: SessionReconciliation.Cause.allCases.map { ($0.rawValue, .integer(found.causes[$0] ?? 0)) })),
                "lengths": ["export": lengths(found.before), "without_pauses": lengths(found.repaired), "rule": lengths(found.ofRule)],
                "by_user": .object(users.mapValues(\.figure)),
            ]
        }
    }

    /// Every row as it stands, by its user's id: nothing dropped, folded or left out.
    private static func rows(of file: String, in folder: String) throws -> [String: UserRows] {
        var mapping = ExportMapping()
        mapping.visitor = "event_id"
        mapping.time = .init(column: "collector_tstamp", unit: .iso8601, zone: "UTC")
        mapping.fields = ["user_id", "event_id", "event", "domain_userid"].map { .init(name: $0, kind: .categorical) }
        var settings = ImportSettings()
        settings.dropsDuplicates = false
        var rejects = RejectCollector()
        _ = try ExportImporter(settings).run(
            sources: [ExportReaders.open(file, mapping: mapping)], to: "\(folder)/rows", rejects: &rejects)
        let corpus = try Corpus.open("\(folder)/rows")
        func text(_ field: String, _ event: Int) -> String {
            guard let code = corpus.codes(field)?[event], code > 0 else { return "" }
            return corpus.dictionary(field)?[Int(code) - 1] ?? ""
        }
        var users: [String: UserRows] = [:]
        for event in 0..<corpus.eventCount {
            let user = text("user_id", event), id = text("event_id", event)
            users[user, default: UserRows()].rows += 1
            if users[user]?.ids.insert(id).inserted == false { users[user]?.repeated += 1 }
            if text("domain_userid", event).isEmpty { users[user]?.withoutVisitor += 1 }
            if text("event", event) == "page_ping" { users[user]?.pings += 1 }
        }
        return users
    }
}

/// What the file and the corpus hold of one user id.
private struct UserRows {
    var rows = 0
    var ids: Set<String> = []
    /// Rows with the id of an earlier one.
    var repeated = 0
    var withoutVisitor = 0
    var pings = 0
    /// What is left of them after the import.
    var events = 0
    var sessions: Set<Int> = []
    /// Of the first cuts of each cause, those before one of its events; and of the first sessions of pings alone.
    var causes: [String] = []

    var figure: FigureValue {
        [
            "rows": .integer(rows), "repeated_event_ids": .integer(repeated), "without_visitor": .integer(withoutVisitor),
            "page_pings": .integer(pings), "events_kept": .integer(events), "sessions": .integer(sessions.count),
            "causes": .list(causes.map { .text($0) }),
        ]
    }
}
