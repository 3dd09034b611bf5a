/// The places of all facts that a plan's fields, pairs and times give, before those that never vary are left out. The one place that
/// knows their order; ``FactBlock``s write by it, and a plan from a file must agree with it name by name.
enum FactLayout {
    /// Facts of a whole session; only the first without times.
    enum Session {
        static let events = 0, duration = 1, secondsPerEvent = 2, longestGap = 3, shortGaps = 4, start = 5
        static func width(hasTime: Bool) -> Int { hasTime ? 9 : 1 }
    }

    /// A field with few values: `distinct`, then four stretches of K columns.
    enum Few {
        static let distinct = 0, values = 1
        static func width(_ values: Int) -> Int { 1 + 4 * values }
    }

    /// A field with many values: ten columns, then K counts.
    enum Many {
        static let distinct = 0, topShare = 1, secondShare = 2, topCount = 3, secondCount = 4, perDistinct = 5, runs = 6, returns = 7
        static let returnShare = 8, closes = 9, values = 10
        static func width(_ values: Int) -> Int { 10 + values }
    }

    /// A list: two columns, then K presences.
    enum List {
        static let distinct = 0, atEnd = 1, values = 2
        static func width(_ values: Int) -> Int { 2 + values }
    }

    /// Words: one column, then K presences.
    enum Words {
        static let known = 0, values = 1
        static func width(_ values: Int) -> Int { 1 + values }
    }

    /// A number.
    enum Number {
        static let mean = 0, smallest = 1, largest = 2, last = 3, known = 4, low = 5, high = 6, width = 7
    }

    /// A pair: five columns for each of K values.
    enum Pair {
        static let distinct = 0, largest = 1, repeats = 2, lastCount = 3, lastIsFirst = 4, width = 5
        static func width(_ values: Int) -> Int { width * values }
    }

    static func width(_ field: FactPlan.Field) -> Int {
        switch field.form {
        case .few: Few.width(field.values.count)
        case .many: Many.width(field.values.count)
        case .list: List.width(field.values.count)
        case .words: Words.width(field.values.count)
        case .number: Number.width
        }
    }

    static func width(_ plan: FactPlan) -> Int {
        Session.width(hasTime: plan.hasTime) + plan.fields.reduce(0) { $0 + width($1) }
            + plan.pairs.reduce(0) { $0 + Pair.width($1.values.count) }
    }

    /// What each place holds, in words: `[width]`.
    static func names(_ plan: FactPlan) -> [String] {
        var names = ["events"]
        if plan.hasTime {
            names += ["duration", "seconds per event", "longest gap", "share of gaps up to \(plan.shortGapSeconds) s"]
            names += ["hour at the start, sine", "hour at the start, cosine", "weekday at the start, sine", "weekday at the start, cosine"]
        }
        for field in plan.fields { names += self.names(field) }
        for pair in plan.pairs {
            for value in pair.values {
                let within = "within \(pair.by) = \(value)"
                names += [
                    "distinct \(pair.of) \(within)", "count of the most frequent \(pair.of) \(within)", "repeats of \(pair.of) \(within)",
                    "count of the last \(pair.of) \(within)", "last \(pair.of) \(within) is the first of the session",
                ]
            }
        }
        return names
    }

    private static func names(_ field: FactPlan.Field) -> [String] {
        let name = field.name
        switch field.form {
        case .few:
            return ["distinct \(name)"]
                + ["count of", "share of", "first", "last"].flatMap { what in field.values.map { "\(what) \(name) = \($0)" } }
        case .many:
            return [
                "distinct \(name)", "share of the most frequent \(name)", "share of the second \(name)",
                "count of the most frequent \(name)",
                "count of the second \(name)", "events per distinct \(name)", "runs of \(name)", "returns of \(name)",
                "share of returns of \(name)", "first \(name) is the last",
            ] + field.values.map { "count of \(name) = \($0)" }
        case .list:
            return ["distinct \(name)", "values of \(name) at the end"] + field.values.map { "\(name) contains \($0)" }
        case .words: return ["known \(name)"] + field.values.map { "\(name) says \($0)" }
        case .number:
            let borders = field.tertiles.count == 2 ? field.tertiles.map { "\($0)" } : ["the first tertile", "the second tertile"]
            return ["mean", "smallest", "largest", "last", "share known", "share up to \(borders[0])", "share from \(borders[1])"].map {
                "\(name), \($0)"
            }
        }
    }
}
