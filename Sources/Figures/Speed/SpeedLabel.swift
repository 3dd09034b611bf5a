extension Figure {
    /// {head_sessions_per_second, head_median_us, sessions_per_second, median_us, …} of `small` with a classifier 64 → 128 → 35.
    static let speedLabel = Figure(
        pattern: "speed-label",
        summary: "labelling rates on the work that embedding is measured on: the classifier by itself, and from events to labels"
    ) { context in
        struct Rates: Decodable {
            let head_sessions_per_second: Double
            let head_median_microseconds: Double
            let head_p99_microseconds: Double
            let sessions_per_second: Double
            let median_microseconds: Double
            let p99_microseconds: Double
            let greatest_difference: Double
            let instruction_set: String
        }
        let peers = try PeerPrograms(context, needed: PeerPrograms.trainingWork)
        let rounds = context.rounds ?? (context.quick ? 1 : 3)
        var (head, headMedian, headP99, rate, median, p99) = (Rounds(), Rounds(), Rounds(), Rounds(), Rounds(), Rounds())
        var (difference, instructionSet) = (0.0, "")
        for round in 0..<rounds {
            FigureContext.say("speed-label: round \(round + 1) of \(rounds)")
            let own = try context.tessera(
                ["bench", "label", peers.data, "--size", "small", "--every", "2", "--threads", "\(FigureContext.timedThreads)", "--json"]
            ).checked().json(Rates.self)
            head.add(own.head_sessions_per_second)
            headMedian.add(own.head_median_microseconds)
            headP99.add(own.head_p99_microseconds)
            rate.add(own.sessions_per_second)
            median.add(own.median_microseconds)
            p99.add(own.p99_microseconds)
            difference = max(difference, own.greatest_difference)
            instructionSet = own.instruction_set
        }
        return [
            "head_sessions_per_second": .number(head.median), "head_median_us": .number(headMedian.median),
            "head_p99_us": .number(headP99.median), "sessions_per_second": .number(rate.median), "median_us": .number(median.median),
            "p99_us": .number(p99.median), "head_sessions_per_second_rounds": head.figure, "sessions_per_second_rounds": rate.figure,
            "size": .text("small"), "classifier": .text("64 → 128 → 35"), "threads": .integer(FigureContext.timedThreads),
            "rounds": .integer(rounds), "greatest_difference": .number(difference), "instruction_set": .text(instructionSet),
            "quick": .truth(context.quick),
        ]
    }
}
