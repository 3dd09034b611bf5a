public import EventStream
public import ReportPage

/// Takes: what a contract's check found.   Gives: a page.
public struct ContractReport: Sendable {
    private let check: ContractCheck
    private let counts: EventSchema.Counts
    private let place: String

    /// - Parameter place: how the page calls what was checked.
    public init(_ check: ContractCheck, _ counts: EventSchema.Counts, place: String) {
        (self.check, self.counts, self.place) = (check, counts, place)
    }

    /// The page.
    public var page: Page {
        let errors = check.findings.count { $0.severity == .error }
        return Page(
            title: check.isKept ? "The contract is kept" : "The contract is broken", subtitle: place,
            sections: [
                Section(
                    "In short",
                    [
                        KeyFigures([
                            .init("Errors", NumberText.count(errors)), .init("Warnings", NumberText.count(check.findings.count - errors)),
                            .init("Events", NumberText.count(counts.events)), .init("Sessions", NumberText.count(counts.sessions)),
                            .init("Rows refused", NumberText.count(counts.rejects.values.reduce(0, +))),
                        ])
                    ]), Section("Findings", [findings]),
            ], footer: "Written by Tessera. Examples are lines, numbers in the corpus, or shapes of values: x for a letter, 9 for a digit.")
    }

    private var findings: any Block {
        guard !check.findings.isEmpty else { return Paragraph("There are none.") }
        return Table(
            columns: [
                .init(""), .init("Where"), .init("What"), .init("Count", .right), .init("Of", .right), .init("As"), .init("What to do"),
            ],
            rows: check.findings.map { finding in
                [
                    finding.severity.rawValue, finding.place, finding.what, NumberText.count(finding.count),
                    NumberText.count(finding.total),
                    // Paths may break behind their slashes: the remedy stands beside them.
                    finding.example.replacing("/", with: "/\u{200B}"), finding.remedy,
                ]
            }, strongRows: Set(check.findings.indices.filter { check.findings[$0].severity == .error }))
    }
}
