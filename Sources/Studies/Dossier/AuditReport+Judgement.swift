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
                    .init("Calibration error", .right),
                ],
                rows: performance.judgements.map { own in
                    [
                        own.name, Self.range(own.microF1), Self.range(own.macroF1), Self.range(own.meanAveragePrecision),
                        Self.range(own.calibrationError, digits: 3),
                    ]
                }, strongRows: [0]),
        ]
        let rivals = performance.judgements.filter { $0.behindInMicroF1 != nil }
        if !rivals.isEmpty {
            blocks.append(
                Table(
                    caption: "By how much the classifier is ahead in micro F1, of the same sessions\(remark)",
                    columns: [.init("Of"), .init("Ahead by", .right)],
                    rows: rivals.map { [$0.name, $0.behindInMicroF1.map { Self.range($0) } ?? "–"] }))
        }
        if !weakest.isEmpty {
            blocks.append(
                DotPlot(
                    "Precision and recall, the worst told first\(remark)",
                    note:
                        "Intents that at least \(Self.fewestJudged) judged sessions show\(weakest.count > Self.mostShown ? ", the \(Self.mostShown) worst of \(weakest.count)" : ""). Whiskers: 95 %.",
                    label: "share",
                    rowLabel: "intent", noteLabel: "sessions", series: ["precision", "recall"],
                    rows: weakest.prefix(Self.mostShown).map { row in
                        .init(
                            name(row.intent), note: "\(row.support)",
                            [row.precision, row.recall].map { .init($0.estimate.isFinite ? $0.estimate : 0, interval: Self.ends($0)) })
                    }))
        }
        if weakest.count > Self.mostShown {
            blocks.append(
                Table(
                    caption: "The others\(remark)",
                    columns: [.init("Intent"), .init("Precision", .right), .init("Recall", .right), .init("Sessions", .right)],
                    rows: weakest.dropFirst(Self.mostShown).map {
                        [name($0.intent), Self.share($0.precision), Self.share($0.recall), "\($0.support)"]
                    }))
        }
        let judgedWell = Set(weakest.map(\.intent))
        let few = performance.intents.filter { !judgedWell.contains($0.intent) }
        if !few.isEmpty {
            blocks.append(
                Paragraph(
                    "Told, and shown by fewer than \(Self.fewestJudged) judged sessions, which is too few to say how well: "
                        + few.map { name($0.intent) }.joined(separator: ", ") + "."))
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
                        + "\(Self.range(first.calibrationError, digits: 3)), most of it of probabilities near 0.",
                    xLabel: "probability told", yLabel: "share that is present", bins: bins))
            let told = bins.filter { $0.probability >= 0.1 }
            let missed = told.count { !$0.interval.contains($0.probability) }
            if !told.isEmpty {
                blocks.append(
                    Paragraph(
                        "Of the \(told.count) groups of probabilities above 10 % the interval of \(missed) lies off the line; of all that keep "
                            + "their promise one in twenty does."))
            }
        }
        if let coverage = performance.coverage, let promised = performance.promisedCoverage {
            blocks.append(
                Paragraph(
                    "Beside its labels each session has a set of intents that are not ruled out. It was made to hold every intent that is "
                        + "present in \(Self.percent(promised)) of sessions, and did so in \(Self.percent(coverage))."
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
                "Judged are labelled sessions of people who did not teach, at any time. "
                    + (groups.difference.map { "\($0). " } ?? "No two groups differ in F1 beyond their intervals. ")
                    + (groups.silence.map { "\($0). " } ?? "")
                    + (groups.hiddenGroups > 0
                        ? "\(groups.hiddenGroups) groups are hidden, \(NumberText.count(groups.hiddenSessions)) sessions in all, because they, or what "
                            + "the others would tell of them, are fewer than \(GroupStudy.fewestVisitors) visitors."
                        : "No group had to be hidden.")))
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
                    + "beside what chance reaches when visitors are dealt to the two periods at random, \(stability.deals) times. Only what is "
                    + "above 0.25 and above chance is an alarm. Of twenty rows one is above chance by chance. How many sessions there are a day is "
                    + "not looked at here."),
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
                    + "after one other event was taken out, and by a classifier that was trained with another seed on the same encoder. What a "
                    + "model reacts to need not be what moved the person.")
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
