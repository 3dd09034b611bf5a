internal import Evaluation
internal import ReportPage

/// How good it is, for whom, and whether that holds.
extension AuditReport {
    var performance: [any Block] {
        guard let performance = dossier.performance, let first = performance.judgements.first else {
            return [Paragraph("There are no labels of people who did not teach the classifier: nobody knows how good it is (--labels).")]
        }
        var blocks: [any Block] = [
            Paragraph(
                "Judged on \(NumberText.count(performance.sessions)) \(performance.judgedOn). What counts as right is what the annotators "
                    + "say\(dossier.isSynthetic ? ", and these are simulated" : ""). Intervals are 95 %, resampling visitors."),
            BarChart(
                "Micro F1\(remark)", note: "All pairs of session and intent together.", label: "micro F1",
                bars: performance.judgements.enumerated().map { place, own in
                    .init(own.name, own.microF1.estimate, interval: Self.ends(own.microF1), isEmphasised: place == 0)
                }, unit: .number(digits: 2)),
            Table(
                caption: "The classifier beside its baselines\(remark)",
                columns: [
                    .init("By"), .init("Micro F1", .right), .init("Macro F1", .right), .init("Average precision", .right),
                    .init("Calibration error", .right), .init("Classifier ahead in micro F1 by", .right),
                ],
                rows: performance.judgements.map { own in
                    [
                        own.name, Self.range(own.microF1), Self.range(own.macroF1), Self.range(own.meanAveragePrecision),
                        Self.range(own.calibrationError, digits: 3), own.behindInMicroF1.map { Self.range($0) } ?? "–",
                    ]
                }, strongRows: [0]),
        ]
        if !weakest.isEmpty {
            blocks.append(
                DotPlot(
                    "Precision and recall, the worst told first\(remark)",
                    note: "Intents that at least \(Self.fewestJudged) judged sessions show. Whiskers: 95 %.", label: "share",
                    rowLabel: "intent", noteLabel: "sessions", series: ["precision", "recall"],
                    rows: weakest.prefix(15).map { row in
                        .init(
                            name(row.intent), note: "\(row.support)",
                            [row.precision, row.recall].map { .init($0.estimate.isFinite ? $0.estimate : 0, interval: Self.ends($0)) })
                    }))
        }
        let few = performance.intents.count - weakest.count
        if few > 0 {
            blocks.append(
                Paragraph(
                    "\(few) intents are shown by fewer than \(Self.fewestJudged) judged sessions: too few to say how well each is told."))
        }
        let bins = performance.reliability.compactMap { bin in
            Self.ends(bin.frequency).map {
                ReliabilityDiagram.Bin(
                    probability: bin.probability, frequency: bin.frequency.estimate, interval: $0, count: bin.count)
            }
        }
        if !bins.isEmpty {
            blocks.append(
                ReliabilityDiagram(
                    "Calibration: do probabilities keep their promise?\(remark)",
                    note:
                        "On the dashed line 70 % come true in 70 of 100. Expected calibration error "
                        + "\(Self.range(first.calibrationError, digits: 3)).",
                    xLabel: "probability told", yLabel: "share that is present", bins: bins))
        }
        if let coverage = performance.coverage, let promised = performance.promisedCoverage {
            blocks.append(
                Paragraph(
                    "Sets that are to hold every present intent in \(Self.percent(promised)) of sessions did so in "
                        + "\(Self.percent(coverage))."
                ))
        }
        return blocks
    }

    var groups: [any Block] {
        let serving = dossier.serving
        var blocks: [any Block] = [
            KeyFigures([
                .init("Sessions", NumberText.count(serving.sessions)),
                .init("Without an intent", Self.percent(serving.abstained.estimate), note: "nothing reaches its threshold"),
            ]),
            Paragraph(
                "Without an intent are \(Self.share(serving.abstained)) of all sessions"
                    + (serving.abstainedFirst.flatMap { first in
                        serving.abstainedSecond.map {
                            "; \(Self.share(first)) of the earlier period and \(Self.share($0)) of the later one"
                        }
                    } ?? "") + ". The program is silent rather than guessing; a rising share says that visitors do what it does not know."),
        ]
        let frequent = serving.assigned.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(12)
        if serving.sessions > 0, !frequent.isEmpty {
            blocks.append(
                BarChart(
                    "Intents told most often\(remark)", label: "share of sessions",
                    bars: frequent.map { .init(name($0.key), Double($0.value) / Double(serving.sessions)) }))
        }
        guard let groups = dossier.groups else {
            return blocks + [
                Paragraph("No field was named to compare groups by (--by), so nobody can see here whether some are told worse.")
            ]
        }
        blocks.append(
            Table(
                caption: "By \(groups.field)\(remark), 95 % intervals by visitor",
                columns: [
                    .init(groups.field), .init("Sessions", .right), .init("Visitors", .right), .init("Without an intent", .right),
                    .init("Judged", .right), .init("Micro F1", .right), .init("Precision", .right), .init("Recall", .right),
                ],
                rows: groups.rows.map { row in
                    [
                        row.name, NumberText.count(row.sessions), NumberText.count(row.visitors), Self.share(row.abstained),
                        NumberText.count(row.judged), row.microF1.map { Self.range($0) } ?? "too few",
                        row.precision.map { Self.range($0) } ?? "too few", row.recall.map { Self.range($0) } ?? "too few",
                    ]
                }))
        blocks.append(
            Paragraph(
                (groups.difference.map { "\($0). " } ?? "No two groups differ in F1 beyond their intervals. ")
                    + (groups.hiddenGroups > 0
                        ? "\(groups.hiddenGroups) groups of fewer than \(GroupStudy.fewestVisitors) visitors are hidden, "
                            + "\(NumberText.count(groups.hiddenSessions)) sessions in all." : "No group had to be hidden.")))
        return blocks
    }

    var stability: [any Block] {
        guard let stability = dossier.stability, let boundary = dossier.boundary else {
            return [Paragraph("Sessions were not parted into two periods (--split TIME), so nothing was compared.")]
        }
        return [
            Paragraph(
                "Sessions before \(boundary) (\(NumberText.count(stability.first.sessions)) of "
                    + "\(NumberText.count(stability.first.visitors)) "
                    + "visitors) beside those from it on (\(NumberText.count(stability.second.sessions)) of "
                    + "\(NumberText.count(stability.second.visitors))). The population stability index (Siddiqi, 2006) usually "
                    + "reads: below 0.1 "
                    + "little has changed, above 0.25 much has. It grows by chance alone where samples are small (Yurdakul, 2018), "
                    + "so it stands "
                    + "beside what \(stability.deals) random deals of the periods among visitors reach: only what is above both alarms. Of "
                    + "twenty rows one is above chance by chance."),
            Table(
                caption: "Population stability index\(remark)",
                columns: [
                    .init("What"), .init(""), .init("Parts", .right), .init("Index", .right), .init("Chance, 95 %", .right), .init("Reads"),
                ],
                rows: stability.rows.map { row in
                    [
                        row.kind.rawValue, row.name, "\(row.parts)", NumberText.fixed(row.index, digits: 3),
                        NumberText.fixed(row.chance, digits: 3), Self.words(row.reading),
                    ]
                }, strongRows: Set(stability.rows.indices.filter { [.moved, .changed].contains(stability.rows[$0].reading) })),
        ]
    }

    private static func words(_ reading: StabilityStudy.Reading) -> String {
        switch reading {
        case .chance: "as chance does"
        case .small: "moved a little, below 0.1"
        case .moved: "moved"
        case .changed: "changed much"
        }
    }

    var reasons: [any Block] {
        var blocks: [any Block] = [
            Paragraph(
                "The reason of a label is the event without which its intent becomes less probable most; every session with and "
                    + "without each of "
                    + "its events goes through the whole model. Good reasons do not hang on small things: here labelled sessions "
                    + "are read again "
                    + "after one other event was taken out, and by classifiers that were trained with other seeds.")
        ]
        let all = (dossier.reasons?.edits.map { [$0] } ?? []) + (dossier.reasons?.seeds ?? [])
        guard !all.isEmpty else { return blocks + [Paragraph("There are too few labelled sessions to say.")] }
        blocks.append(
            Table(
                caption: "What stays\(remark), 95 % intervals by visitor",
                columns: [
                    .init("Change"), .init("Sessions", .right), .init("All labels", .right), .init("First label", .right),
                    .init("Its strongest reason", .right), .init("Three reasons, shared", .right),
                ],
                rows: all.map { own in
                    [
                        own.change, NumberText.count(own.sessions), Self.share(own.sameLabels), Self.share(own.firstKept),
                        Self.share(own.sameReason), Self.share(own.overlap),
                    ]
                }))
        if dossier.reasons?.seeds.isEmpty ?? true {
            blocks.append(
                Paragraph("No classifier of another seed was given (--other-seed), so how far reasons depend on it is not known."))
        }
        return blocks
    }
}
