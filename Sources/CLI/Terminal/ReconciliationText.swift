internal import EventStream

/// A reconciliation as people read it.
struct ReconciliationText {
    let text: String

    init(_ found: SessionReconciliation, _ counts: EventSchema.Counts, corpus: String) {
        let sessions = found.counts
        var lines = [
            "\(corpus): \(Reading.count(sessions.export)) sessions of the export, \(Reading.count(sessions.rule)) of the rule "
                + "(\(Self.rule(found.settings.rules))); \(Reading.count(found.events)) events, \(Reading.count(found.visitors)) visitors",
            "",
            "what the rule makes of the export's sessions",
        ]
        let rows = [
            ("the same events", sessions.same), ("cut into several", sessions.split), ("joined with others", sessions.merged),
            ("cut, and joined with others", sessions.both),
        ]
        for (name, count) in rows {
            lines.append(Self.row(name, Reading.count(count), Reading.percent(Double(count) / Double(max(1, sessions.export)))))
        }
        if sessions.stray > 0 {
            lines.append(
                Self.row(
                    "nothing but pings of a page left open", Reading.count(sessions.stray),
                    "among them session " + found.strays.map(String.init).joined(separator: ", ")))
        }
        for (isOfExport, title) in [
            (true, "the export begins a session and the rule does not"), (false, "the rule begins one and the export does not"),
        ] {
            lines += ["", title]
            for cause in SessionReconciliation.Cause.allCases where cause.isOfExport == isOfExport {
                let examples = (found.examples[cause] ?? []).map { "event \($0.event) after \(Reading.duration($0.pause))" }
                lines.append(Self.row(cause.title, Reading.count(found.causes[cause] ?? 0), examples.joined(separator: ", ")))
            }
        }
        lines += ["", "lengths: median, 95 % of sessions, longest, sessions over a day"]
        for (name, own) in [("export", found.before), ("export without longer pauses", found.repaired), ("rule", found.ofRule)] {
            let lengths = [own.median, own.percentile95, own.longest].map(Reading.duration).joined(separator: ", ")
            lines.append(Self.row(name, lengths, Reading.count(own.overADay)))
        }
        let besides = [
            (counts.withoutSession, "rows without a session id, put into sessions by pauses at the import and counted as the export's"),
            (counts.duplicates, "duplicates dropped at the import"), (found.withoutTime, "events without a time, in no comparison"),
        ].filter { $0.0 > 0 }
        if !besides.isEmpty { lines += [""] + besides.map { "\(Reading.count($0.0)) \($0.1)" } }
        text = lines.joined(separator: "\n")
    }

    private static func row(_ name: String, _ value: String, _ note: String) -> String {
        let left = "  " + name.padded(to: 46)
        return note.isEmpty ? left + value : left + value.padded(to: 10) + " " + note
    }

    static func rule(_ rules: SessionRules) -> String {
        var text = "a pause over \(Reading.duration(rules.gapSeconds))"
        if let length = rules.maximumLengthSeconds { text += ", at most \(Reading.duration(length))" }
        if let events = rules.maximumEvents { text += ", at most \(Reading.count(events)) events" }
        if !rules.splitOnChange.isEmpty { text += ", a change of \(rules.splitOnChange.joined(separator: " or "))" }
        return text
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
