public import CreditRisk
internal import Evaluation
public import ReportPage

/// Takes: a scorecard's card, how it was judged, and, on request, one applicant explained.   Gives: a page.
public struct CreditReport: Sendable {
    private let card: CreditModelCard
    private let modelID: String
    private let study: CreditStudy
    private let explained: CreditExplanation?

    /// - Parameter explained: shown with fields and records from the tables; nil for a page without any applicant's.
    public init(card: CreditModelCard, modelID: String, study: CreditStudy, explained: CreditExplanation? = nil) {
        (self.card, self.modelID, self.study, self.explained) = (card, modelID, study, explained)
    }

    /// The page. `synthetic` puts a remark on top that no person is behind the data.
    public func page(synthetic: Bool) -> Page {
        var opening: [any Block] = []
        if synthetic {
            opening.append(
                Callout(
                    "Synthetic data",
                    "Everything on this page comes from simulated applicants. No person and no bank is behind any line, and the "
                        + "numbers say that the machinery works, not how well it will do on real applicants."))
        }
        opening.append(figures)
        opening.append(Paragraph("\(card.kind). It foretells: \(card.outcome)."))
        opening.append(parts)
        let remark = synthetic ? " (synthetic)" : ""
        let shown =
            explained.map { explanation($0, remark) }
            ?? [
                Paragraph(
                    "No applicant is shown here; tessera credit explain shows one, and --show-applicant the riskiest of those judged.")
            ]
        return Page(
            title: "Scorecard \(card.name)",
            subtitle: "\(NumberText.count(study.applicants))\(synthetic ? " synthetic" : "") applicants judge, model \(modelID.prefix(12))",
            sections: [
                Section("Who taught and who judges", opening), Section("Comparison", [table(remark), differences(remark)]),
                Section("Do probabilities keep their promise?", [calibration(remark)]),
                Section("Deciles", [deciles(remark), decileTable(remark)]),
                Section("What it would have approved", [replayPlot(remark), replayTable(remark)]),
                Section(explained == nil ? "Reasons" : "One applicant explained", shown + reasons),
                Section("What it must not be taken for", limits),
            ], footer: "Written by Tessera\(synthetic ? " from synthetic data" : ""). Model \(modelID.prefix(12)).")
    }

    private var own: RiskMetrics { study.rows[0].metrics }

    private var figures: KeyFigures {
        KeyFigures([
            .init("AUC", Self.plain(own.discrimination.auc), note: "95 %, by customer"),
            .init("KS", Self.plain(own.discrimination.ks), note: "95 %, by customer"),
            .init("Applicants judged", NumberText.count(own.applicants), note: "\(NumberText.count(own.overdue)) fell overdue"),
            .init("Calibration error", NumberText.percent(own.expectedCalibrationError), note: "over ten parts of equal size"),
        ])
    }

    private var parts: Table {
        Table(
            caption: "Parts, split by customer",
            columns: [.init("Part"), .init("Applicants", .right), .init("Customers", .right), .init("Overdue", .right)],
            rows: card.parts.map {
                [$0.name, NumberText.count($0.applicants), NumberText.count($0.customers), NumberText.percent($0.overdueRate)]
            })
    }

    private func table(_ remark: String) -> Table {
        Table(
            caption: "Models on the same applicants\(remark), 95 % intervals",
            columns: [.init("Model")] + ["AUC", "KS", "Average precision", "Log loss"].map { .init($0, .right) },
            rows: study.rows.map { row in
                let found = row.metrics.discrimination
                return [row.name]
                    + [found.auc, found.ks, found.averagePrecision, row.metrics.logLoss].map(Self.plain)
            }, strongRows: [0])
    }

    private func differences(_ remark: String) -> Table {
        let hasTest = study.rows.contains { $0.comparison?.deLong != nil }
        return Table(
            caption:
                "The scorecard less each of the others\(remark): paired 95 % intervals by customer. One that includes zero shows neither a "
                + "gain nor its absence"
                + (hasTest
                    ? ". DeLong's p takes applicants for independent, as each of these customers is there once"
                    : ". Without DeLong's test, as it takes applicants for independent and customers have several here"),
            columns: [.init("Less")]
                + (["AUC"] + (hasTest ? ["DeLong's p"] : []) + ["KS", "Log loss (less is better)"]).map { .init($0, .right) },
            rows: study.rows.compactMap { row in
                row.comparison.map { own in
                    [row.name, Self.signed(own.discrimination.auc)]
                        + (hasTest ? [own.deLong.map { NumberText.fixed($0.pValue, digits: 4) } ?? "–"] : [])
                        + [Self.signed(own.discrimination.ks), Self.signed(own.logLoss)]
                }
            })
    }

    private func calibration(_ remark: String) -> ReliabilityDiagram {
        ReliabilityDiagram(
            "Told and found\(remark)",
            note:
                "Ten parts with as many applicants each; on the dashed line 10 % fall overdue in 10 of 100. Whiskers: 95 % (Wilson), "
                + "taking applicants as independent.",
            xLabel: "probability told", yLabel: "share that fell overdue",
            bins: own.calibration.map {
                .init(
                    probability: $0.expected, frequency: $0.observed.estimate, interval: $0.observed.lower...$0.observed.upper,
                    count: $0.applicants)
            })
    }

    private func deciles(_ remark: String) -> BarChart {
        BarChart(
            "Who falls overdue, by score\(remark)", note: "Tenths of the applicants, the riskiest first. Whiskers: 95 % (Wilson).",
            label: "share that fell overdue",
            bars: own.deciles.enumerated().map { place, decile in
                let ends = MetricInterval.wilson(
                    successes: min(decile.row.examples, Int(decile.row.positives.rounded())), of: decile.row.examples)
                return BarChart.Bar(
                    "\(place + 1)" + (place == 0 ? " (riskiest)" : ""), decile.row.rate, interval: ends.lower...ends.upper,
                    isEmphasised: place == 0)
            })
    }

    private func decileTable(_ remark: String) -> Table {
        Table(
            caption: "Deciles\(remark)",
            columns: [.init("Tenth")] + ["Applicants", "Overdue", "Share", "Of all overdue, up to here", "KS"].map { .init($0, .right) },
            rows: own.deciles.enumerated().map { place, decile in
                [
                    "\(place + 1)", NumberText.count(decile.row.examples), NumberText.fixed(decile.row.positives, digits: 0),
                    NumberText.percent(decile.row.rate), NumberText.percent(decile.row.captured), NumberText.fixed(decile.ks, digits: 3),
                ]
            })
    }

    private func replayPlot(_ remark: String) -> any Block {
        Paragraph(
            "Applicants whose outcome is known are approved by rising risk until each rate is met, once by the same business model without "
                + "sequences and once by the scorecard\(remark). Of people who were declined at the time nothing is known. "
                + study.stability.keys.sorted().map {
                    "Stability (PSI), \($0): \(NumberText.fixed(study.stability[$0]?.index ?? .nan, digits: 4))"
                }.joined(separator: "; ") + ".")
    }

    private func replayTable(_ remark: String) -> Table {
        Table(
            caption: "Overdue among the approved\(remark), 95 % intervals",
            columns: [.init("Approved", .right)] + ["Without sequences", "Scorecard", "Difference"].map { .init($0, .right) },
            rows: study.replay.rows.map {
                [
                    NumberText.percent($0.approvalRate, digits: 0), Self.plain($0.current), Self.plain($0.challenger),
                    Self.signed($0.difference),
                ]
            })
    }

    private func explanation(_ explained: CreditExplanation, _ remark: String) -> [any Block] {
        var blocks: [any Block] = [
            Paragraph(
                "Of those judged, the applicant with the highest score\(remark): probability \(NumberText.percent(explained.probability)), "
                    + "\(NumberText.count(explained.points)) points."),
            Table(
                caption: "Reasons, by the terms of the business model",
                columns: [.init("Code"), .init("Text"), .init("Points", .right), .init("Models of other seeds that give it", .right)],
                rows: explained.reasons.map {
                    [
                        $0.reason.code, $0.reason.text, NumberText.fixed(-$0.points, digits: 1),
                        NumberText.percent($0.agreement, digits: 0),
                    ]
                }),
            Table(
                caption: "What the log odds fall by when the applicant is scored without it (below 0: it speaks for the applicant)",
                columns: [.init("Left out"), .init("Fall", .right)],
                rows: (explained.tables + explained.fields).map { [$0.name, NumberText.fixed($0.effect, digits: 3)] }),
        ]
        if !explained.events.isEmpty {
            blocks.append(
                Table(
                    caption:
                        "Single records, of the latest \(NumberText.count(explained.looked)) of \(NumberText.count(explained.records))",
                    columns: [.init("Table"), .init("Days before", .right), .init("Record"), .init("Fall", .right)],
                    rows: explained.events.map { event in
                        [
                            event.table, NumberText.fixed(event.days, digits: 1),
                            event.fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
                            NumberText.fixed(event.effect, digits: 3),
                        ]
                    }))
        }
        return blocks
    }

    /// How stable they are.
    private var reasons: [any Block] {
        guard let stability = card.reasons else { return [] }
        return [
            Paragraph(
                "How stable reasons are: over \(NumberText.count(stability.applicants)) applicants, two of \(stability.models) "
                    + "business models that differ by their seed share \(NumberText.percent(stability.overlap, digits: 0)) of the "
                    + "reasons, and the first one in \(NumberText.percent(stability.sameFirst, digits: 0)) of the cases.")
        ]
    }

    private var limits: [any Block] { card.limits.map { Paragraph($0) } }

    private static func plain(_ value: MetricInterval) -> String {
        func digits(_ value: Double) -> String { NumberText.fixed(value, digits: 3) }
        return value.estimate.isFinite ? "\(digits(value.estimate)) (\(digits(value.lower)) to \(digits(value.upper)))" : "–"
    }

    private static func signed(_ value: MetricInterval) -> String {
        func digits(_ value: Double) -> String { (value > 0 ? "+" : "") + NumberText.fixed(value, digits: 4) }
        return value.estimate.isFinite ? "\(digits(value.estimate)) (\(digits(value.lower)) to \(digits(value.upper)))" : "–"
    }
}
