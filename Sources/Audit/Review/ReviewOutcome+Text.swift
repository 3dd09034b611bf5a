internal import Evaluation

extension ReviewOutcome {
    /// The outcome as text to read.
    public var text: String {
        var lines = [
            "Review \(design.prefix(8)): \(judged) of \(drawn) sessions judged, drawn from \(population)"
                + (unsure > 0 ? "; of \(unsure) nobody could tell" : "")
        ]
        if let whollyRight { lines.append("Labels that are wholly right: \(Self.range(whollyRight))") }
        lines.append("")
        var rows = [
            ["intent", "given", "judged", "right", "precision", "missed", "recall"] + (floor == nil ? [] : ["floor \(Self.number(floor!))"])
        ]
        for row in intents where row.estimate.given > 0 || row.estimate.missed > 0 {
            let estimate = row.estimate
            rows.append(
                [
                    estimate.intent, "\(estimate.given)", "\(estimate.judged)", "\(estimate.right)",
                    estimate.precision.map(Self.range) ?? "-", "\(estimate.missed)", estimate.recall.map(Self.range) ?? "-",
                ] + (row.standing.map { [toSuspend.contains(estimate.intent) ? "suspend (\($0.rawValue))" : $0.rawValue] } ?? []))
        }
        lines += Self.table(rows)
        if rows.count == 1 { lines.append("(no intent was given or seen in what has been judged)") }
        if !agreement.isEmpty {
            lines.append("")
            let isPair = agreement.contains { $0.cohen != nil }
            rows = [["agreement", "items", "agree", isPair ? "Cohen's kappa" : "Fleiss' kappa", "Krippendorff's alpha"]]
            for row in agreement {
                rows.append(
                    [
                        row.intent.isEmpty ? "all intents" : row.intent, "\(row.items)", Self.number(row.observed),
                        (row.cohen ?? row.fleiss).map(Self.range) ?? "-", row.krippendorff.map(Self.range) ?? "-",
                    ])
            }
            lines += Self.table(rows)
        }
        if !findings.isEmpty {
            lines += ["", "Not used"]
            let shown = findings.filter { $0.kind != .missingRow }
            lines += shown.prefix(20).map { finding in
                "  \(finding.sheet)\(finding.line > 0 ? ":\(finding.line)" : ""): \(finding.kind.rawValue)"
                    + "\(finding.item.isEmpty ? "" : " \(finding.item)"): \(finding.remedy)"
            }
            if shown.count > 20 { lines.append("  and \(shown.count - 20) more (--json tells all)") }
            if let missing = troubles[SheetReading.Finding.Kind.missingRow.rawValue] {
                let names = findings.filter { $0.kind == .missingRow }.prefix(5).map(\.item)
                lines.append("  \(missing) rows are missing: \(names.joined(separator: ", "))\(missing > 5 ? ", …" : "")")
            }
        }
        lines += ["", "To do"] + (toDo.isEmpty ? ["  nothing"] : toDo.map { "  \($0)" })
        lines += ["", "Intervals hold the true value in 95 of 100 reviews, for the whole population, as the sample's weights allow."]
        return lines.joined(separator: "\n")
    }

    static func number(_ value: Double) -> String {
        let scaled = Int((abs(value) * 1000).rounded())
        let digits = String(scaled % 1000)
        return (value < 0 && scaled > 0 ? "-" : "") + "\(scaled / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    static func range(_ value: MetricInterval) -> String {
        "\(number(value.estimate)) (\(number(value.lower)) to \(number(value.upper)))"
    }

    /// Columns of one width, the first to the left and the others to the right.
    private static func table(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.reduce(0) { max($0, $1[column].count) } }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
    }
}
