internal import Evaluation
package import ReportPage

/// Takes: head-to-head studies of tiles and of conversions.   Gives: the sections of a page that say what labels and embeddings add, and how
/// sure that is.
public struct RecommendationReport: Sendable {
    /// Which tile is clicked.
    public let tiles: HeadToHead.Study?
    /// Which product is applied for.
    public let conversion: HeadToHead.Study?

    /// Nil where there is neither study. Traps where a study is of the other task.
    public init?(tiles: HeadToHead.Study?, conversion: HeadToHead.Study?) {
        precondition(
            tiles.map { $0.task == .tiles } ?? true && conversion.map { $0.task == .conversion } ?? true,
            "RecommendationReport: a study is of the other task")
        guard tiles != nil || conversion != nil else { return nil }
        (self.tiles, self.conversion) = (tiles, conversion)
    }

    /// The sections, in reading order.
    /// - Parameter intent: the name of an intent by its id.
    package func sections(synthetic: Bool, intent: (String) -> String) -> [Section] {
        var sections: [Section] = []
        if let tiles {
            sections.append(Section("Home pages: what labels and embeddings add", StudyBlocks(tiles, synthetic).blocks))
            if let pages = tiles.pictures?.homePages {
                sections.append(Section("Home pages before and after", StudyBlocks(tiles, synthetic).pageBlocks(pages, intent: intent)))
            }
        }
        if let conversion {
            sections.append(Section("Applications: what labels and embeddings add", StudyBlocks(conversion, synthetic).blocks))
        }
        return sections
    }
}

/// What a page shows of one study.
struct StudyBlocks {
    let study: HeadToHead.Study
    let synthetic: Bool

    init(_ study: HeadToHead.Study, _ synthetic: Bool) { (self.study, self.synthetic) = (study, synthetic) }

    /// A remark for captions, which may be shown without the page.
    var remark: String { synthetic ? " (synthetic)" : "" }

    private var table: HeadToHead.Table { study.table }

    var blocks: [any Block] {
        var blocks: [any Block] = [Paragraph(question), Paragraph(meaning)]
        if table.lines.count > 1 { blocks.append(changes) }
        blocks.append(comparison)
        if let price { blocks.append(price) }
        if let pictures = study.pictures {
            if !pictures.calibration.isEmpty { blocks.append(calibration(pictures)) }
            if !pictures.lift.isEmpty { blocks += lift(pictures) }
        }
        return blocks
    }

    private var decisions: String { study.task == .tiles ? "home pages with a click" : "moments of decision" }

    /// What is compared, on whom, and what may make it look better than it is.
    private var question: String {
        let asked =
            study.task == .tiles
            ? "Which tile of a home page is the one that is clicked? "
            : "Which product does a customer apply for within the horizon of a decision, if any? "
        let runs = study.seeds == 1 ? "once" : "\(NumberText.count(study.seeds)) times with different random numbers"
        let text =
            asked
            + "On each of \(NumberText.count(table.lines.count)) sets of inputs the same model is trained, \(runs). The first set has "
            + "business features and how often each page was seen; the others have labels, embeddings or both besides. Each learns from "
            + "\(NumberText.count(study.learnt)) earlier decisions and is judged by \(NumberText.count(table.decisions)) later \(decisions) "
            + "of \(NumberText.count(table.customers)) other\(synthetic ? " synthetic" : "") customers. "
        return text
            + "Encoder and classifier are those of this page: where they learnt from what lies later or from people judged here, the rows that "
            + "read them look better than they would on new people."
    }

    /// What the table says in its first metric, and in log loss, of the row that reads most.
    private var meaning: String {
        guard let last = table.lines.dropFirst().last else { return "There is one row only, and nothing to compare it with." }
        let told = study.task.metrics.filter { $0.metric == study.task.metrics[0].metric || $0.metric == .logLoss }.compactMap {
            own -> String? in
            guard let change = last.changes[own.metric.rawValue], let range = Self.signed(change) else { return nil }
            let verdict =
                change.lower > 0 || change.upper < 0
                ? (change.estimate > 0) != (own.metric == .logLoss)
                    ? "better by more than chance makes of these decisions"
                    : "worse by more than chance makes of these decisions"
                : "which may be chance: these decisions are too few to tell"
            return "\(own.name) changes by \(range), \(verdict)"
        }
        guard !told.isEmpty else { return "No change can be told from these decisions." }
        return "With all inputs (“\(last.name)”) \(told.joined(separator: "; ")). Intervals are 95 %, resampling customers; "
            + "one that includes zero shows neither a gain nor its absence."
    }

    private var changes: DotPlot {
        let metrics = study.task.metrics
        return DotPlot(
            "Change against the first row\(remark)",
            note: "Relative to “\(table.lines[0].name)”. Right of the line is better, for log loss as well: it is drawn as its fall. "
                + "Whiskers: 95 %, paired, resampling customers.",
            label: "relative change for the better", rowLabel: "Inputs",
            series: metrics.map { $0.metric == .logLoss ? "fall of log loss" : $0.name },
            rows: table.lines.dropFirst().map { line in
                DotPlot.Row(
                    line.name,
                    metrics.map { own in
                        guard let change = line.changes[own.metric.rawValue] else { return DotPlot.Value(.nan) }
                        let ends = IntentReport.ends(change).flatMap { $0.lowerBound.isFinite && $0.upperBound.isFinite ? $0 : nil }
                        // A mark without its interval would say more than is known.
                        guard let ends else { return DotPlot.Value(.nan) }
                        guard own.metric == .logLoss else { return DotPlot.Value(change.estimate, interval: ends) }
                        return DotPlot.Value(-change.estimate, interval: -ends.upperBound ... -ends.lowerBound)
                    })
            }, scale: .change)
    }

    private var comparison: Table {
        let hasTruth = table.lines.contains { !$0.sharesOfPossible.isEmpty }
        let last = table.lines.count > 1 ? table.lines.last?.name : nil
        let rows = study.task.metrics.flatMap { own in
            table.lines.enumerated().compactMap { place, line -> [String]? in
                guard let value = line.metrics[own.metric.rawValue] else { return nil }
                let share = line.sharesOfPossible[own.metric.rawValue]
                return [
                    place == 0 ? own.name : "", line.name, Self.plain(value), line.changes[own.metric.rawValue].flatMap(Self.signed) ?? "–",
                ]
                    + (hasTruth ? [share.map { Self.percents($0) } ?? (place == 0 ? "0 by definition" : "–")] : [])
            }
        }
        return Table(
            caption: "Head to head\(remark), 95 % intervals"
                + (hasTruth ? "; the best possible is what the simulator's own truth reaches" : ""),
            columns: [.init("Metric"), .init("Inputs"), .init("Value", .right), .init("Change", .right)]
                + (hasTruth ? [.init("Share of the possible gain", .right)] : []),
            rows: rows, strongRows: Set(rows.indices.filter { rows[$0][1] == last }))
    }

    /// What one pays for reading labels in place of the embedding.
    private var price: (any Block)? {
        let told = study.task.metrics.compactMap { own in
            table.priceOfTransparency[own.metric.rawValue].flatMap(Self.signed).map { "\(own.name) \($0)" }
        }
        guard !told.isEmpty else { return nil }
        return Callout(
            "The price of transparency",
            "Labels can be read and contested, an embedding cannot. Distilled labels in place of the embedding change "
                + told.joined(separator: ", ") + " (95 % intervals; of log loss, less is better).")
    }

    private func calibration(_ pictures: HeadToHead.Pictures) -> ReliabilityDiagram {
        ReliabilityDiagram(
            (study.task == .tiles
                ? "Are probabilities of tiles what they promise?" : "Are probabilities of an application what they promise?")
                + remark,
            note: "“\(pictures.row)”, the row that reads most: "
                + (study.task == .tiles
                    ? "every tile shown, that it is the one clicked." : "every decision, that any product is applied for.")
                + " Ten bins; on the dashed line 30 % come true in 30 of 100. Whiskers: 95 % (Wilson), taking cases as independent.",
            xLabel: "probability told", yLabel: study.task == .tiles ? "share that was clicked" : "share that applied",
            bins: pictures.calibration.map { bin in
                .init(
                    probability: bin.probability, frequency: bin.frequency.estimate, interval: bin.frequency.lower...bin.frequency.upper,
                    count: bin.count)
            })
    }

    private func lift(_ pictures: HeadToHead.Pictures) -> [any Block] {
        let all = pictures.lift.reduce(0) { $0 + $1.examples }
        let rate = pictures.lift.reduce(0) { $0 + $1.positives } / Double(max(1, all))
        func interval(_ row: LiftTable.Row) -> MetricInterval {
            .wilson(successes: min(row.examples, Int(row.positives.rounded())), of: row.examples)
        }
        let names = pictures.lift.indices.map { "part \($0 + 1)" + ($0 == 0 ? " (likeliest)" : "") }
        return [
            BarChart(
                "Who applies, by how likely it was called\(remark)",
                note:
                    "Decisions in \(NumberText.count(pictures.lift.count)) parts of equal size, the likeliest first, by “\(pictures.row)”. "
                    + "Of all, \(NumberText.percent(rate)) apply. Whiskers: 95 % (Wilson).",
                label: "share that applied",
                bars: zip(names, pictures.lift).enumerated().map { place, own in
                    let ends = interval(own.1)
                    return BarChart.Bar(own.0, own.1.rate, interval: ends.lower...ends.upper, isEmphasised: place == 0)
                }),
            Table(
                caption: "Lift\(remark)",
                columns: [
                    .init("Part"), .init("Decisions", .right), .init("Applied", .right), .init("Share", .right),
                    .init("95 % interval", .right),
                    .init("Lift", .right), .init("Of all who applied, up to here", .right),
                ],
                rows: zip(names, pictures.lift).map { name, row in
                    let ends = interval(row)
                    return [
                        name, NumberText.count(row.examples),
                        NumberText.fixed(row.positives, digits: row.positives == row.positives.rounded() ? 0 : 1),
                        NumberText.percent(row.rate, digits: 0),
                        "\(NumberText.percent(ends.lower, digits: 0)) – \(NumberText.percent(ends.upper, digits: 0))",
                        NumberText.fixed(row.lift, digits: 2), NumberText.percent(row.captured, digits: 0),
                    ]
                }),
        ]
    }

    private static func plain(_ value: MetricInterval) -> String {
        func digits(_ value: Double) -> String { NumberText.fixed(value, digits: 3) }
        return value.estimate.isFinite ? "\(digits(value.estimate)) (\(digits(value.lower)) to \(digits(value.upper)))" : "–"
    }

    private static func percents(_ value: MetricInterval) -> String {
        func digits(_ value: Double) -> String { NumberText.percent(value, digits: 0) }
        return value.estimate.isFinite ? "\(digits(value.estimate)) (\(digits(value.lower)) to \(digits(value.upper)))" : "–"
    }

    /// A relative change with its interval; nil for what is no number.
    static func signed(_ value: MetricInterval) -> String? {
        func percent(_ value: Double) -> String { (value > 0 && value.isFinite ? "+" : "") + NumberText.percent(value) }
        guard value.estimate.isFinite else { return nil }
        return "\(percent(value.estimate)) (\(percent(value.lower)) to \(percent(value.upper)))"
    }
}
