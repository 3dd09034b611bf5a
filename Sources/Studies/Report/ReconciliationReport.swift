public import EventStream
public import ReportPage

/// Takes: a reconciliation.   Gives: a page with its tables and pictures.
public struct ReconciliationReport: Sendable {
    private let found: SessionReconciliation
    private let counts: EventSchema.Counts
    private let corpus: String

    /// - Parameters:
    ///   - counts: of the import.
    ///   - corpus: how the page calls it.
    public init(_ found: SessionReconciliation, _ counts: EventSchema.Counts, corpus: String) {
        (self.found, self.counts, self.corpus) = (found, counts, corpus)
    }

    /// The page.
    public var page: Page {
        let own = found.counts, minutes = found.settings.rules.gapSeconds / 60
        return Page(
            title: "Sessions of the export and of a rule",
            subtitle: "\(NumberText.count(found.events)) events of \(NumberText.count(found.visitors)) visitors",
            sections: [
                Section(
                    "Do they agree?",
                    [
                        KeyFigures([
                            .init("Of the export", NumberText.count(own.export), note: "sessions"),
                            .init(
                                "Of the rule", NumberText.count(own.rule),
                                note: "sessions, by pauses over \(NumberText.fixed(minutes, digits: 0)) minutes"),
                            .init("The same", NumberText.percent(share(own.same)), note: "of the export's, event for event"),
                        ]),
                        BarChart(
                            "What the rule makes of the export's sessions", label: "share of the export's sessions",
                            bars: [
                                .init("the same events", share(own.same), isEmphasised: true), .init("cut into several", share(own.split)),
                                .init("joined with others", share(own.merged)), .init("cut, and joined", share(own.both)),
                            ]),
                    ]),
                Section("Why they differ", [causes(true), causes(false)]),
                Section("Lengths", [lengths]),
                Section("What is in no comparison", [Paragraph(besides)]),
            ], footer: "Written by Tessera.")
    }

    private func share(_ count: Int) -> Double { Double(count) / Double(max(1, found.counts.export)) }

    private func causes(_ isOfExport: Bool) -> Table {
        Table(
            caption: isOfExport ? "The export begins a session and the rule does not" : "The rule begins a session and the export does not",
            columns: [.init("Cause"), .init("Cuts", .right), .init("First events, by number in the corpus")],
            rows: SessionReconciliation.Cause.allCases.filter { $0.isOfExport == isOfExport }.map { cause in
                [
                    cause.title, NumberText.count(found.causes[cause] ?? 0),
                    (found.examples[cause] ?? []).map { "\($0.event)" }.joined(separator: ", "),
                ]
            })
    }

    private var lengths: Table {
        func minutes(_ seconds: Double) -> String { NumberText.fixed(seconds / 60, digits: 1) }
        return Table(
            caption: "From first event to last, in minutes",
            columns: [
                .init("Sessions"), .init("Count", .right), .init("Median", .right), .init("95 %", .right), .init("Longest", .right),
                .init("Over a day", .right),
            ],
            rows: [
                ("of the export", found.before), ("of the export, without longer pauses", found.repaired), ("of the rule", found.ofRule),
            ]
            .map { name, own in
                [
                    name, NumberText.count(own.sessions), minutes(own.median), minutes(own.percentile95), minutes(own.longest),
                    NumberText.count(own.overADay),
                ]
            })
    }

    private var besides: String {
        let rejects = counts.rejects.values.reduce(0, +)
        return
            "\(NumberText.count(counts.withoutSession)) rows had no session id: pauses put them into sessions at the import, and they count as the "
            + "export's. \(NumberText.count(counts.duplicates)) duplicates were dropped, \(NumberText.count(rejects)) rows refused, and "
            + "\(NumberText.count(found.withoutTime)) events have no time. "
            + "\(NumberText.count(found.counts.stray)) sessions of the export hold nothing but pings of a page left open."
    }
}
