internal import Evaluation
internal import IntentTaxonomy
internal import ReportPage

extension IntentReport {
    func judgementBlocks(_ study: ClassifierStudy) -> [any Block] {
        var blocks: [any Block] = [
            Paragraph(
                "Judged on \(NumberText.count(study.sessions)) labelled sessions\(card.split.isEmpty ? "" : "; taught on \(card.split)"). "
                    + "What counts as right is what the annotators say\(synthetic ? ", and these are simulated" : ""): "
                    + "a classifier cannot look better than its judges agree.")
        ]
        blocks += comparison(study)
        blocks.append(
            KeyFigures([
                .init("No intent told", NumberText.percent(study.abstained), note: "of sessions: nothing reaches its threshold"),
                .init(
                    "Sets that hold all", NumberText.percent(study.coverage),
                    note: "of sessions; promised were \(NumberText.percent(study.promisedCoverage))"),
                .init("Size of a set", NumberText.fixed(study.setSize, digits: 1), note: "intents on average"),
            ]))
        blocks.append(intentPlot(study))
        if !study.reliability.isEmpty {
            blocks.append(
                ReliabilityDiagram(
                    "Are probabilities what they promise?\(remark)",
                    note:
                        "All pairs of session and intent, in ten bins. On the dashed line 70 % come true in 70 of 100. "
                        + "Whiskers: 95 % (Wilson).",
                    xLabel: "probability told", yLabel: "share that is present",
                    bins: study.reliability.filter { Self.ends($0.frequency) != nil }.map {
                        .init(
                            probability: $0.probability, frequency: $0.frequency.estimate, interval: Self.ends($0.frequency)!,
                            count: $0.count)
                    }))
        }
        if let map = confusionMap(study) { blocks.append(map) }
        return blocks
    }

    private func comparison(_ study: ClassifierStudy) -> [any Block] {
        let hasBaselines = study.judgements.count > 1
        return [
            Paragraph(meaning(study)),
            BarChart(
                "Mean average precision\(remark)",
                note:
                    "How far up the sessions that show an intent come when all are sorted by its probability, mean over intents. "
                    + "Whiskers: 95 %, resampling visitors.",
                label: "mean average precision",
                bars: study.judgements.enumerated().map { place, own in
                    BarChart.Bar(
                        own.name, own.meanAveragePrecision.estimate, interval: Self.ends(own.meanAveragePrecision), isEmphasised: place == 0
                    )
                }, unit: .number(digits: 2)),
            Table(
                caption: "The classifier\(hasBaselines ? " beside baselines" : "")\(remark), 95 % intervals",
                columns: [
                    .init("By"), .init("Average precision", .right), .init("Micro F1", .right), .init("Macro F1", .right),
                    .init("Calibration error", .right), .init("Classifier ahead by", .right),
                ],
                rows: study.judgements.map { own in
                    [
                        own.name, Self.range(own.meanAveragePrecision), Self.range(own.microF1), Self.range(own.macroF1),
                        NumberText.fixed(own.calibrationError.estimate, digits: 3), own.behindInAveragePrecision.map(Self.range) ?? "",
                    ]
                }, strongRows: [0]),
        ]
    }

    /// What the table says, in plain words.
    private func meaning(_ study: ClassifierStudy) -> String {
        let first = study.judgements[0]
        var text =
            "Of the intents it tells, \(share(of: study, told: true)) are there by the labels, and of those that are there it tells "
            + "\(share(of: study, told: false)). "
        let others = study.judgements.dropFirst().filter { $0.meanAveragePrecision.estimate.isFinite }
        guard let best = others.max(by: { $0.meanAveragePrecision.estimate < $1.meanAveragePrecision.estimate }),
            let ahead = best.behindInAveragePrecision, ahead.estimate.isFinite
        else { return text + "No baseline stands beside it: the numbers alone do not say whether the effort was worth it." }
        text +=
            "Its average precision is \(Self.range(first.meanAveragePrecision)); the best baseline, \(best.name), reaches "
            + "\(Self.range(best.meanAveragePrecision)). "
        if ahead.lower > 0 {
            text += "The lead of \(Self.range(ahead)) is more than chance makes of these sessions."
        } else if ahead.upper < 0 {
            text += "The baseline is ahead: \(Self.range(ahead)). Use it instead."
        } else {
            text += "The difference of \(Self.range(ahead)) may be chance: these sessions do not tell the two apart."
        }
        if study.sharedVisitors > 0 {
            text +=
                " Neither the classifier nor the baselines learnt from \(NumberText.count(study.sharedVisitors)) other labelled sessions "
                + "of the visitors judged here."
        }
        return text
    }

    /// Share of told intents that are there, or of present ones that are told, all pairs together.
    private func share(of study: ClassifierStudy, told: Bool) -> String {
        let hits = study.intents.reduce(0.0) { sum, row in
            row.support > 0 && row.recall.estimate.isFinite ? sum + row.recall.estimate * Double(row.support) : sum
        }
        let all = study.intents.reduce(0) { $0 + (told ? $1.assigned : $1.support) }
        return all == 0 ? "none" : NumberText.percent(hits / Double(all), digits: 0)
    }

    private func intentPlot(_ study: ClassifierStudy) -> DotPlot {
        func quality(_ value: Double) -> Double { value.isNaN ? -1 : value }
        let rows = study.intents.sorted { a, b in (quality(b.f1), a.intent) < (quality(a.f1), b.intent) }
        return DotPlot(
            "Intent by intent\(remark)",
            note:
                "Precision: told and there, of those told. Recall: told and there, of those there. Best F1 first. Whiskers: 95 % (Wilson).",
            label: "share of sessions", rowLabel: "Intent", noteLabel: "sessions", series: ["Precision", "Recall"],
            rows: rows.map { row in
                DotPlot.Row(
                    name(row.intent), note: NumberText.count(row.support),
                    [row.precision, row.recall].map { DotPlot.Value($0.estimate, interval: Self.ends($0)) })
            })
    }

    /// Most intents on either side of the map: more cannot be read.
    private static let mostConfused = 10

    private func confusionMap(_ study: ClassifierStudy) -> HeatMap? {
        struct Pair { let missed: Int, told: Int, count: Int }
        let pairs = study.confusion.enumerated().flatMap { missed, row in
            row.enumerated().compactMap { $1 > 0 ? Pair(missed: missed, told: $0, count: $1) : nil }
        }.sorted { ($1.count, $0.missed, $0.told) < ($0.count, $1.missed, $1.told) }
        guard !pairs.isEmpty else { return nil }
        var (rows, columns) = (Set<Int>(), Set<Int>())
        for pair in pairs {
            let room =
                (rows.contains(pair.missed) || rows.count < Self.mostConfused)
                && (columns.contains(pair.told) || columns.count < Self.mostConfused)
            guard room else { continue }
            rows.insert(pair.missed)
            columns.insert(pair.told)
        }
        let (missed, told) = (rows.sorted(), columns.sorted())
        let shown = missed.reduce(0) { sum, row in sum + told.reduce(0) { $0 + study.confusion[row][$1] } }
        let all = pairs.reduce(0) { $0 + $1.count }
        return HeatMap(
            "What is taken for what\(remark)",
            note: "Sessions in which one intent was missed and another told in its place. The most frequent pairs: "
                + "\(NumberText.count(shown)) of \(NumberText.count(all)) confusions.",
            rowLabel: "missed", columnLabel: "told instead", rows: missed.map { name(study.intents[$0].intent) },
            columns: told.map { name(study.intents[$0].intent) }, counts: missed.map { row in told.map { study.confusion[row][$0] } })
    }
}
