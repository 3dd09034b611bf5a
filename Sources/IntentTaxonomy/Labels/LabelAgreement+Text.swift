internal import Evaluation

extension LabelAgreement {
    /// The agreement as a table to read, with what the gate says of each intent.
    public func text(_ verdicts: [LabelGate.Verdict]) -> String {
        var lines = [
            "\(sessions) sessions labelled by \(sources.joined(separator: ", ")); \(sharedSessions) by at least two; "
                + "\(Self.number(intentsPerSession, 2)) intents a session; other or none in \(Self.share(shareOfOther))"
        ]
        for pair in pairs {
            lines.append(
                "\(pair.second) beside \(pair.first) on \(pair.sessions) sessions: micro F1 "
                    + (pair.microF1.map(Self.coefficient) ?? "not known"))
        }
        lines.append("")
        let hasCohen = intents.contains { $0.cohen != nil }
        var rows = [
            ["intent", "positives"] + sources + ["agree", hasCohen ? "Cohen's kappa" : "Fleiss' kappa", "Krippendorff's alpha", "gate"]
        ]
        for (intent, verdict) in zip(intents, verdicts) {
            let kappa = hasCohen ? intent.cohen : intent.fleiss
            rows.append(
                [intent.intent, "\(intent.positives)"] + intent.positivesBySource.map(String.init) + [
                    intent.observed.map { Self.number($0, 2) } ?? "-", kappa.map(Self.coefficient) ?? "-",
                    intent.krippendorff.map(Self.coefficient) ?? "-", Self.word(verdict),
                ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - cell.count)
                let isText = column == 0 || column == row.count - 1
                line += (column == 0 ? "" : "  ") + (isText ? cell + space : space + cell)
            }
            while line.last == " " { line.removeLast() }
            lines.append(line)
        }
        let trained = verdicts.count { $0.isTrained }
        lines.append("")
        lines.append("\(trained) of \(verdicts.count) intents pass the gate" + (sharedSessions == 0 ? "; nobody's agreement is known" : ""))
        return lines.joined(separator: "\n")
    }

    private static func word(_ verdict: LabelGate.Verdict) -> String {
        let reasons = verdict.reasons.map { reason in
            switch reason {
            case .noPositive: "no positive"
            case .noNegative: "no negative"
            case .fewPositives: "few positives"
            case .lowAgreement: "low agreement"
            case .banned: "banned"
            }
        }.joined(separator: ", ")
        if verdict.reasons.isEmpty { return "trained" }
        return verdict.isOverridden ? "trained by name (\(reasons))" : "held: \(reasons)"
    }

    private static func coefficient(_ interval: MetricInterval) -> String {
        "\(number(interval.estimate, 2)) (\(number(interval.lower, 2)) to \(number(interval.upper, 2)))"
    }

    private static func share(_ interval: MetricInterval) -> String {
        guard !interval.estimate.isNaN else { return "no session" }
        return "\(number(100 * interval.estimate, 1)) % (\(number(100 * interval.lower, 1)) to \(number(100 * interval.upper, 1)))"
    }

    private static func number(_ value: Double, _ places: Int) -> String {
        let scale = places == 2 ? 100.0 : 10.0
        let scaled = (value * scale).rounded()
        guard scaled.magnitude < 1e15 else { return "-" }
        let digits = String(Int(scaled.magnitude) % Int(scale))
        let sign = scaled < 0 ? "-" : ""
        return sign + "\(Int(scaled.magnitude) / Int(scale))." + String(repeating: "0", count: places - digits.count) + digits
    }
}
