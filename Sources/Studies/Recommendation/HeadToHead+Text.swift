internal import Evaluation
internal import ReportPage

extension HeadToHead {
    /// What is judged.
    public enum Task: String, Sendable, Codable {
        /// Which tile is clicked.
        case tiles
        /// Which product is applied for.
        case conversion

        /// The metrics of this task, in the order in which they are told, and what they are called.
        public var metrics: [(metric: Metric, name: String)] {
            switch self {
            case .tiles: [(.macroRecall, "macro Recall@1"), (.micro, "Recall@1"), (.logLoss, "log loss")]
            case .conversion:
                [(.micro, "micro F1"), (.productF1, "micro F1 of products"), (.macroRecall, "macro recall"), (.logLoss, "log loss")]
            }
        }
    }
}

extension HeadToHead.Table {
    /// One line a row and metric: row, metric, value, its interval, change against the first row, its interval, share of the possible gain.
    public var csv: String {
        func cells(_ interval: MetricInterval?) -> String {
            guard let interval else { return ",," }
            return [interval.estimate, interval.lower, interval.upper].map { $0.isNaN ? "" : "\($0)" }.joined(separator: ",")
        }
        var text = "row,metric,value,lower,upper,change,change_lower,change_upper,share_of_possible,share_lower,share_upper\n"
        for line in lines {
            for metric in HeadToHead.Metric.allCases {
                guard let value = line.metrics[metric.rawValue] else { continue }
                text += "\(line.name),\(metric.rawValue),\(cells(value)),\(cells(line.changes[metric.rawValue])),"
                text += cells(line.sharesOfPossible[metric.rawValue]) + "\n"
            }
        }
        return text
    }

    /// The table for a terminal.
    public func text(_ task: HeadToHead.Task) -> String {
        func fixed(_ value: Double, _ digits: Int) -> String { value.isFinite ? NumberText.fixed(value, digits: digits) : "–" }
        func percent(_ value: Double) -> String {
            value.isFinite ? (value >= 0 ? "+" : "−") + fixed(value.magnitude * 100, 1) + " %" : "–"
        }
        let width = lines.map(\.name.count).max() ?? 0
        var text =
            "\(decisions) decisions of \(customers) customers; changes against the first row with paired 95 % intervals by customer\n"
        for (metric, name) in task.metrics {
            text += "\n\(name)\n"
            for line in lines {
                guard let value = line.metrics[metric.rawValue] else { continue }
                text += "  " + line.name + String(repeating: " ", count: width - line.name.count + 2)
                text += "\(fixed(value.estimate, 4)) [\(fixed(value.lower, 4)), \(fixed(value.upper, 4))]"
                if let change = line.changes[metric.rawValue] {
                    text += "   \(percent(change.estimate)) [\(percent(change.lower)), \(percent(change.upper))]"
                }
                if let share = line.sharesOfPossible[metric.rawValue] {
                    text += "   \(fixed(share.estimate * 100, 0)) % of the possible gain"
                }
                text += "\n"
            }
        }
        for (what, values) in [
            ("the price of transparency: distilled labels in place of the embedding", priceOfTransparency),
            ("the embedding against supplied labels", embeddingOverSupplied),
        ] where !values.isEmpty {
            text += "\n\(what)\n"
            for (metric, name) in task.metrics {
                guard let value = values[metric.rawValue] else { continue }
                text += "  \(name): \(percent(value.estimate)) [\(percent(value.lower)), \(percent(value.upper))]\n"
            }
        }
        if let kept = distilledOverSupplied[task == .tiles ? "macroRecall" : "micro"] {
            text +=
                "\ndistilled labels keep \(fixed(kept.estimate * 100, 1)) % [\(fixed(kept.lower * 100, 1)), \(fixed(kept.upper * 100, 1))]"
            text += " of what supplied labels reach in \(task.metrics[0].name)\n"
        }
        return text
    }
}
