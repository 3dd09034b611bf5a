internal import Evaluation
internal import Recommendation
internal import ReportPage

/// A metric's row of a table for a terminal.
private enum StudyText {
    static func fixed(_ value: Double, _ digits: Int = 4) -> String { value.isFinite ? NumberText.fixed(value, digits: digits) : "–" }

    static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

    static func interval(_ value: MetricInterval) -> String {
        "\(fixed(value.estimate)) [\(fixed(value.lower)), \(fixed(value.upper))]"
    }

    static func gain(_ value: MetricInterval) -> String {
        func signed(_ value: Double) -> String { (value < 0 ? "−" : "+") + fixed(value.magnitude) }
        return "\(signed(value.estimate)) [\(signed(value.lower)), \(signed(value.upper))]"
    }
}

extension RankerStudy {
    /// The table for a terminal.
    public var text: String {
        func name(_ metric: Metric) -> String {
            switch metric {
            case .recallAt1: "Recall@1"
            case .macroRecallAt1: "macro Recall@1"
            case .recallAtK: "Recall@\(places)"
            case .mrr: "mean reciprocal rank"
            case .ndcg: "NDCG@\(places)"
            case .logLoss: "log loss"
            }
        }
        let width = rows.map(\.name.count).max() ?? 0
        var text = "\(impressions) impressions, of which \(withoutClick) have no click and are in no figure; \(customers) customers; "
        text += "\(leftOut) impressions left out, so that neither people nor times are shared\n"
        text += "95 % intervals by customer; behind, the ranker less the row, paired\n"
        if rows.count == 1 {
            text += "no baselines: there are too few earlier impressions with a click to learn them from; give the whole log\n"
        } else {
            text += "baselines learnt from \(baselineImpressions) earlier impressions with a click\n"
        }
        for metric in Metric.allCases {
            text += "\n\(name(metric))\n"
            for row in rows {
                guard let value = row.metrics[metric.rawValue] else { continue }
                text += "  \(StudyText.padded(row.name, width))  \(StudyText.interval(value))"
                text += row.gains[metric.rawValue].map { "   \(StudyText.gain($0))" } ?? ""
                text += "\n"
            }
        }
        text += "\ncalibration error\n"
        for row in rows { text += "  \(StudyText.padded(row.name, width))  \(StudyText.fixed(row.calibrationError))\n" }
        if let firstPlace { text += "\n\(firstPlace.text)\n" }
        return String(text.dropLast())
    }
}

extension FirstPlaceStudy {
    /// The estimates for a terminal.
    public var text: String {
        guard let value else { return "click rate of the first place under the ranker: no estimate: \(missing ?? "")" }
        let choice =
            candidates == .shown
            ? "of the tiles shown, which are all there were" : "of the tiles that had been shown before, as far as rules allow"
        var text = "click rate of the first place if the ranker's best \(choice), stood there, from the log of another policy\n"
        text += "  \(value.impressions) impressions, \(value.clicks) clicks on the first place; left out: "
        text += "\(withoutProbability) without a known probability, \(withoutTile) without a tile\n"
        for (name, interval) in [
            ("as logged           ", value.logged), ("inverse propensity  ", value.inversePropensity),
            ("self-normalised     ", value.selfNormalised), ("doubly robust       ", value.doublyRobust),
        ] { text += "  \(name)  \(StudyText.interval(interval))\n" }
        text += "  effective sample size \(StudyText.fixed(value.effectiveSampleSize, 0)); "
        text += "mean weight \(StudyText.fixed(value.meanWeight, 3)), largest \(StudyText.fixed(value.largestWeight, 1))"
        if abs(value.meanWeight - 1) > 0.2 {
            text += "\n  the mean weight is far from 1: part of what the ranker finds best could not be shown to these people (--rules), "
            text += "or the probabilities are not those of this log; do not go by these figures"
        }
        return text
    }
}

extension ConversionStudy {
    /// The table for a terminal.
    public var text: String {
        let found = outcomes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
        var text =
            "\(decisions) decisions of \(customers) customers (\(found.joined(separator: ", "))); \(leftOut) left out, so that neither "
        text += "people nor times are shared; \(censored) whose horizon is not over\n"
        if unknownProduct > 0 {
            text += "\(unknownProduct) customers took a product that the predictor does not know: a miss, whatever was offered\n"
        }
        text += "95 % intervals by customer; behind, the predictor less the class shares, paired\n"
        for (name, metric) in [
            ("micro F1 of products", \ConversionMetrics.microF1), ("macro F1 of products", \.macroF1), ("log loss", \.logLoss),
            ("AUC of any product", \.auc), ("average precision of any product", \.averagePrecision),
        ] {
            text += "\n\(name)\n  predictor     \(StudyText.interval(predictor[keyPath: metric]))\n"
            text += "  class shares  \(StudyText.interval(classShares[keyPath: metric]))   \(StudyText.gain(gains[keyPath: metric]))\n"
        }
        text += "\ncalibration error of any product: \(StudyText.fixed(calibrationError))\n"
        text += "\nby falling score: decisions, share that took a product, lift, share of all found so far\n"
        for row in lift {
            text +=
                "  \(row.examples)  \(StudyText.fixed(row.rate, 3))  \(StudyText.fixed(row.lift, 2))  \(StudyText.fixed(row.captured, 3))\n"
        }
        return String(text.dropLast())
    }
}
