internal import CreditRisk
internal import Evaluation

/// A study or an explanation as people read it.
struct CreditText {
    let text: String

    init(_ study: CreditStudy, leftOut: Int) {
        var lines = ["\(Reading.count(study.applicants)) applicants judge, \(Reading.count(leftOut)) of the file do not", ""]
        lines.append(Self.row("model", ["AUC", "KS", "Gini", "av. precision", "log loss", "Brier"]))
        for row in study.rows {
            let own = row.metrics, found = own.discrimination
            lines.append(
                Self.row(
                    row.name,
                    [found.auc, found.ks, found.gini, found.averagePrecision, own.logLoss, own.brier].map {
                        Reading.decimal($0.estimate, 4)
                    }))
        }
        lines += ["", "scorecard less …, with 95 % intervals by customer"]
        for row in study.rows {
            guard let own = row.comparison else { continue }
            // DeLong's test knows no customers.
            let test = own.deLong.map { " (DeLong p \(Reading.decimal($0.pValue, 4)), each customer once)" } ?? ""
            lines.append(
                "  \(row.name): AUC \(Self.interval(own.discrimination.auc))\(test); "
                    + "KS \(Self.interval(own.discrimination.ks)); log loss \(Self.interval(own.logLoss))")
        }
        lines += ["", "calibration (expected, observed)"]
        for point in study.rows[0].metrics.calibration {
            lines.append(
                "  \(Reading.decimal(point.expected, 4)) \(Reading.decimal(point.observed.estimate, 4)) of "
                    + Reading.count(point.applicants)
            )
        }
        lines += ["", "deciles, the riskiest first (overdue, share of all overdue so far, KS)"]
        for (place, decile) in study.rows[0].metrics.deciles.enumerated() {
            lines.append(
                "  \(place + 1): \(Reading.decimal(decile.row.rate, 4)) \(Reading.decimal(decile.row.captured, 3)) "
                    + Reading.decimal(decile.ks, 4))
        }
        lines.append("")
        for name in study.stability.keys.sorted() {
            lines.append("PSI, \(name): \(Reading.decimal(study.stability[name]?.index ?? .nan, 4))")
        }
        lines += ["", "overdue among the approved: without sequences, scorecard, difference"]
        for row in study.replay.rows {
            lines.append(
                "  \(Reading.percent(row.approvalRate)): \(Reading.decimal(row.current.estimate, 4)), "
                    + "\(Reading.decimal(row.challenger.estimate, 4)), \(Self.interval(row.difference))")
        }
        text = lines.joined(separator: "\n")
    }

    init(_ found: CreditExplanation, stability: ReasonCodes.Stability?) {
        var lines = [
            "\(found.customer): probability \(Reading.decimal(found.probability, 4)), \(found.points) points", "",
            "reasons (log odds, points, share of \(found.models) models that give them)",
        ]
        for own in found.reasons {
            lines.append(
                "  \(own.reason.code): +\(Reading.decimal(own.reason.contribution, 3)), \(Reading.decimal(-own.points, 1)) points, "
                    + Reading.percent(own.agreement))
        }
        if let stability {
            lines.append(
                "  over \(Reading.count(stability.applicants)) applicants, two of \(stability.models) models share "
                    + "\(Reading.percent(stability.overlap)) of the reasons and \(Reading.percent(stability.sameFirst)) of the first ones")
        }
        lines += ["", "without a table, the log odds fall by"]
        lines += found.tables.map { "  \($0.name): \(Reading.decimal($0.effect, 3))" }
        lines += ["", "without a field"]
        lines += found.fields.map { "  \($0.name): \(Reading.decimal($0.effect, 3))" }
        lines += ["", "without one of the latest \(Reading.count(found.looked)) of \(Reading.count(found.records)) records"]
        for event in found.events {
            let fields = event.fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            lines.append("  \(event.table), \(Reading.decimal(event.days, 1)) days before (\(fields)): \(Reading.decimal(event.effect, 3))")
        }
        text = lines.joined(separator: "\n")
    }

    private static func row(_ name: String, _ values: [String]) -> String {
        values.reduce(name.padded(to: 20)) { $0 + $1.padded(to: 14) }
    }

    private static func interval(_ value: MetricInterval) -> String {
        "\(value.estimate > 0 ? "+" : "")\(Reading.decimal(value.estimate, 4)) (\(Reading.decimal(value.lower, 4)) to "
            + "\(Reading.decimal(value.upper, 4)))"
    }
}

extension String {
    /// Spaces behind it up to a width.
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
