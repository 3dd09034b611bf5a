internal import Evaluation

extension CreditModelCard {
    /// The card for people to read; every figure in it is also in ``bytes()``.
    public var markdown: String {
        var text = "# \(name)\n\n\(kind). It foretells: \(outcome).\n\n"
        text += "## Who taught and who judged\n\n| part | applicants | customers | overdue | first decision | last decision |\n"
        text += "|---|---|---|---|---|---|\n"
        for part in parts {
            text += "| \(part.name) | \(part.applicants) | \(part.customers) | \(Self.percent(part.overdueRate)) | "
            text += "\(Self.day(part.firstDecision)) | \(Self.day(part.lastDecision)) |\n"
        }
        if !metrics.isEmpty {
            text += "\n## How good it is\n\nBy the part \"judged\", with 95 % intervals, resampling customers.\n\n"
            text += "| model | AUC | KS | Gini | average precision | log loss | Brier |\n|---|---|---|---|---|---|---|\n"
            // The model of the card first, then those it is compared with.
            let names = metrics.keys.sorted { (comparisons[$0] == nil ? 0 : 1, $0) < (comparisons[$1] == nil ? 0 : 1, $1) }
            for name in names {
                guard let own = metrics[name] else { continue }
                let found = own.discrimination
                text += "| \(name) | \(Self.interval(found.auc)) | \(Self.interval(found.ks)) | \(Self.interval(found.gini)) | "
                text += "\(Self.interval(found.averagePrecision)) | \(Self.interval(own.logLoss)) | \(Self.interval(own.brier)) |\n"
            }
        }
        if !comparisons.isEmpty {
            text += "\nDifferences: paired 95 % intervals by customer; DeLong's p takes applicants for independent and is given only where "
            text += "each customer is there once.\n"
            text += "\n| less … | AUC | DeLong's p | KS | log loss |\n|---|---|---|---|---|\n"
            for name in comparisons.keys.sorted() {
                guard let own = comparisons[name] else { continue }
                text += "| \(name) | \(Self.interval(own.discrimination.auc)) | \(own.deLong.map { Self.decimal($0.pValue, 4) } ?? "–") | "
                text += "\(Self.interval(own.discrimination.ks)) | \(Self.interval(own.logLoss)) |\n"
            }
        }
        if !stability.isEmpty {
            text += "\n## How far its scores moved\n\n"
            for name in stability.keys.sorted() { text += "- \(name): PSI \(Self.decimal(stability[name]?.index ?? .nan, 4))\n" }
        }
        if let replay {
            text += "\n## At equal approval rates\n\n| approved | overdue, without sequences | overdue, this model | difference |\n"
            text += "|---|---|---|---|\n"
            for row in replay.rows {
                text += "| \(Self.percent(row.approvalRate)) | \(Self.interval(row.current)) | \(Self.interval(row.challenger)) | "
                text += "\(Self.interval(row.difference)) |\n"
            }
        }
        text += "\n## How it was made\n\n"
        for name in settings.keys.sorted() { text += "- \(name): \(settings[name] ?? "")\n" }
        text += "- seeds: \(seeds.map { "\($0)" }.joined(separator: ", "))\n- calibration: \(calibrationText)\n"
        if let points {
            text += "- points: \(Self.decimal(points.baseScore, 0)) at \(Self.decimal(points.baseOdds, 0)) to 1, "
            text += "\(Self.decimal(points.pointsToDouble, 0)) to double the odds\n"
        }
        if let reasons {
            text += "- reasons: of \(reasons.models) models by other seeds any two share \(Self.percent(reasons.overlap)) of the reasons, "
            text += "the first one in \(Self.percent(reasons.sameFirst)) of the cases (\(reasons.applicants) applicants)\n"
        }
        text += "- columns: \(columns.joined(separator: "; "))\n"
        if let leaks {
            text += "\n## Columns that may tell the outcome\n\n"
            text += leaks.findings.isEmpty ? "None was found.\n" : leaks.findings.map { "- \($0.text)\n" }.joined()
            if !leaks.unjudged.isEmpty { text += "- too few values to judge: \(leaks.unjudged.joined(separator: ", "))\n" }
        }
        text += "\n## What it must not be taken for\n\n" + limits.map { "- \($0)\n" }.joined()
        return text
    }

    private var calibrationText: String {
        switch calibration {
        case .none: "none"
        case .platt(let slope, let intercept): "Platt, slope \(Self.decimal(slope, 3)), intercept \(Self.decimal(intercept, 3))"
        case .isotonic(let scores, _): "isotonic, \(scores.count) steps"
        }
    }

    private static func interval(_ value: MetricInterval) -> String {
        "\(decimal(value.estimate, 4)) (\(decimal(value.lower, 4)) to \(decimal(value.upper, 4)))"
    }

    private static func percent(_ value: Double) -> String { "\(decimal(100 * value, 1)) %" }

    /// A number with so many places behind the point.
    private static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "–" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let whole = Int((abs(value) * scale).rounded()), sign = value < 0 && whole > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let digits = "\(whole % Int(scale))"
        return "\(sign)\(whole / Int(scale))." + String(repeating: "0", count: places - digits.count) + digits
    }

    /// A day, and where it is not midnight the time (UTC), of microseconds since 1970.
    static func moment(_ time: Int64) -> String {
        let second = (time % 86_400_000_000 + 86_400_000_000) % 86_400_000_000 / 1_000_000
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return day(time) + (second == 0 ? "" : "T\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))Z")
    }

    /// A day of microseconds since 1970 (Hinnant, 2013).
    private static func day(_ time: Int64?) -> String {
        guard let time else { return "–" }
        let days = (time >= 0 ? time : time - 86_399_999_999) / 86_400_000_000 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let ofEra = days - era * 146_097
        let ofYears = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * ofYears + ofYears / 4 - ofYears / 100)
        let month = (5 * ofYear + 2) / 153
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let calendarMonth = month < 10 ? month + 3 : month - 9
        return "\(ofYears + era * 400 + (calendarMonth <= 2 ? 1 : 0))-\(two(calendarMonth))-\(two(ofYear - (153 * month + 2) / 5 + 1))"
    }
}
