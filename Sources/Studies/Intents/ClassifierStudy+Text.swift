internal import Evaluation
internal import IntentTaxonomy

extension ClassifierStudy {
    /// The study to read: all together first, then intent by intent.
    public var text: String {
        func share(_ value: Double) -> String { value.isNaN ? "–" : Self.decimal(value) }
        func interval(_ value: MetricInterval) -> String {
            value.estimate.isNaN ? "–" : "\(Self.decimal(value.estimate)) [\(Self.decimal(value.lower)), \(Self.decimal(value.upper))]"
        }
        var lines = [
            "\(sessions) labelled sessions, taxonomy \(taxonomy.id) \(taxonomy.version)\(approved ? "" : " (not approved)"); 95 % intervals by resampling visitors",
            "",
        ]
        lines += Self.columns(
            [["", "micro F1", "macro F1", "average precision", "calibration error", "classifier ahead in average precision"]]
                + judgements.map {
                    [
                        $0.name, interval($0.microF1), interval($0.macroF1), interval($0.meanAveragePrecision),
                        interval($0.calibrationError),
                        $0.behindInAveragePrecision.map(interval) ?? "",
                    ]
                })
        lines.append("")
        lines += Self.columns(
            [["intent", "sessions", "assigned", "precision", "recall", "F1", "average precision", "threshold"]]
                + intents.map {
                    [
                        $0.intent, "\($0.support)", "\($0.assigned)", interval($0.precision), interval($0.recall), share($0.f1),
                        share($0.averagePrecision), share($0.threshold),
                    ]
                })
        lines += [
            "",
            "sets of \(Self.decimal(setSize)) intents hold all that are present in \(share(coverage)) of sessions (promised \(share(promisedCoverage))); "
                + "no intent is assigned in \(share(abstained))",
        ]
        if !heldBack.isEmpty {
            let names = heldBack.keys.sorted().map { "\($0) (\(heldBack[$0]!))" }.joined(separator: ", ")
            lines.append("not scored, and in none of these figures (sessions that show them): \(names)")
        }
        if taughtVisitors > 0 {
            lines.append("\(taughtVisitors) labelled sessions of the period are not judged by: their visitors taught the classifier")
        }
        if sharedVisitors > 0 {
            lines.append(
                "\(sharedVisitors) labelled sessions of the same visitors lie outside of the period; nobody learns from them")
        }
        return lines.joined(separator: "\n")
    }

    /// Three digits after the point.
    private static func decimal(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let scaled = Int((abs(value) * 1000).rounded())
        let digits = String(scaled % 1000)
        return (value < 0 && scaled > 0 ? "-" : "") + "\(scaled / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private static func columns(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell + (column == row.count - 1 ? "" : String(repeating: " ", count: widths[column] - cell.count + 2))
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}
