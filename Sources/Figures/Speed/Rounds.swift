/// What was measured in each round of a run in which programs took turns.
struct Rounds {
    var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    var median: Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    /// Items a second of some work, over and over for so long and at least three times.
    static func rate(of count: Int, seconds: Double, _ work: () throws -> Void) rethrows -> Rounds {
        var rates = Rounds()
        let began = FigureContext.now()
        while rates.values.count < 3 || FigureContext.now() - began < seconds {
            let start = FigureContext.now()
            try work()
            rates.add(Double(count) / (FigureContext.now() - start))
        }
        return rates
    }

    /// Least and greatest.
    var range: FigureValue { [.number(values.min() ?? .nan), .number(values.max() ?? .nan)] }

    /// One quotient a round, as far as both go.
    static func / (left: Rounds, right: Rounds) -> Rounds {
        Rounds(values: zip(left.values, right.values).map { $0 / $1 })
    }

    /// The greatest or least of some programs' values in each round, up to the last in which all of them ran: whoever failed in one runs no
    /// more, and what the others did later is not what the fastest would have done.
    static func best(_ programs: some Collection<Rounds>, greatest: Bool = true) -> Rounds {
        let count = programs.map(\.values.count).min() ?? 0
        return Rounds(
            values: (0..<count).map { round in
                let all = programs.map { $0.values[round] }
                return (greatest ? all.max() : all.min()) ?? .nan
            })
    }

    var figure: FigureValue { ["median": .number(median), "range": range, "rounds": .list(values.map { .number($0) })] }
}
