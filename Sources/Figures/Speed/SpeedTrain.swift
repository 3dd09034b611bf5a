extension Figure {
    /// {tiny, small, base: {events_per_second, peer_events_per_second, peer_mode, ratio, share_of_peak, …}}.
    static let speedTrain = Figure(
        pattern: "speed-train",
        summary:
            "training rates beside PyTorch's best mode on the same work with 2 threads, in alternating rounds; needs the peers' programs"
    ) { context in
        let peers = try PeerPrograms(context, needed: PeerPrograms.trainingWork)
        var result: [String: FigureValue] = [:]
        let rounds = context.rounds ?? (context.quick ? 1 : 3)
        var failed: [String: FigureValue] = [:]
        for size in context.quick ? ["tiny"] : ["tiny", "small", "base"] {
            let race = try TrainingRace(size, context, peers).run(rounds: rounds)
            result[size] = race.value
            if !race.failed.isEmpty { failed[size] = .object(race.failed) }
        }
        result["complete"] = .truth(failed.isEmpty)
        result["peer_modes_that_failed"] = .object(failed)
        result["rounds"] = .integer(rounds)
        result["threads"] = .integer(FigureContext.timedThreads)
        result["quick"] = .truth(context.quick)
        return .object(result)
    }
}

extension PeerPrograms {
    /// The sessions, and the reference's weights, losses and embeddings.
    static let trainingWork: [(file: String, program: [String])] = [
        ("workload.safetensors", ["workload.py"]), ("reference-base.json", ["train.py", "reference"]),
    ]
}

/// Tessera and PyTorch's modes, one after the other in every round.
private struct TrainingRace {
    private struct Ours: Decodable {
        let events_per_second: Double
        let events_per_second_with_batches: Double
        let gigaflops: Double
        let peak_gigaflops: Double
        let share_of_peak: Double
        let greatest_relative_difference: Double
        let compared_steps: Int
        let instruction_set: String
    }

    private let size: String
    private let context: FigureContext
    private let peers: PeerPrograms
    /// As many batches as the peer's program takes for a pass.
    private static let batches = ["tiny": 48, "small": 32, "base": 12]

    init(_ size: String, _ context: FigureContext, _ peers: PeerPrograms) {
        (self.size, self.context, self.peers) = (size, context, peers)
    }

    /// - Returns: the figures, and why those that failed did; whoever failed once runs no more.
    func run(rounds: Int) throws -> (value: FigureValue, failed: [String: FigureValue]) {
        var ours = Rounds()
        var withBatches = Rounds()
        var gigaflops = Rounds()
        var shares = Rounds()
        var peaks: [Double] = []
        var modes: [String: Rounds] = [:]
        var failed: [String: FigureValue] = [:]
        var difference = 0.0
        var (compared, instructionSet, version) = (0, "", "")
        for round in 0..<rounds {
            FigureContext.say("speed-train: \(size), round \(round + 1) of \(rounds)")
            let mine = try context.tessera(
                [
                    "bench", "train", peers.data, "--size", size, "--steps", "\(Self.batches[size] ?? 20)", "--threads",
                    "\(FigureContext.timedThreads)", "--json",
                ]
            ).checked().json(Ours.self)
            guard mine.compared_steps >= 20 else {
                throw FigureError(code: 70, description: "\(size): \(mine.compared_steps) losses compared with the reference, not 20")
            }
            ours.add(mine.events_per_second)
            withBatches.add(mine.events_per_second_with_batches)
            gigaflops.add(mine.gigaflops)
            difference = max(difference, mine.greatest_relative_difference)
            (compared, instructionSet) = (mine.compared_steps, mine.instruction_set)
            // The greatest of all looks of the round, the peers' own among them, so that no slow moment flatters the share.
            var peak = mine.peak_gigaflops
            for mode in ["eager", "compile"] where failed[mode] == nil {
                switch try measure(mode, "fp32") {
                case .success(let peer):
                    modes[mode, default: Rounds()].add(peer.events_per_s)
                    peak = max(peak, peer.machine_gflops.max() ?? 0)
                    version = peer.torch
                case .failure(let fault): failed[mode] = .text("round \(round + 1): \(fault.error)")
                }
            }
            peaks.append(peak)
            shares.add(mine.gigaflops / peak)
        }
        guard !modes.isEmpty else { throw FigureError(code: 70, description: "PyTorch trained \(size) in no mode") }
        let best = Rounds.best(modes.values)
        let ratio = ours / best
        var value: [String: FigureValue] = [
            "events_per_second": .number(ours.median), "peer_events_per_second": .number(best.median),
            "peer_mode": .text(modes.max { $0.value.median < $1.value.median }?.key ?? ""), "ratio": .number(ratio.median),
            "share_of_peak": .number(shares.median), "events_per_second_rounds": ours.figure,
            "events_per_second_with_batches": .number(withBatches.median), "ratio_range": ratio.range,
            "share_of_peak_range": shares.range, "useful_gigaflops": .number(gigaflops.median),
            "peak_gigaflops": Rounds(values: peaks).figure, "peer_version": .text("PyTorch \(version)"),
            "peer_modes": .object(modes.mapValues(\.figure)), "instruction_set": .text(instructionSet),
            "reference_losses": ["steps": .integer(compared), "greatest_relative_difference": .number(difference)],
        ]
        value["complete"] = .truth(failed.isEmpty)
        value["peer_modes_that_failed"] = .object(failed)
        value["peer_bf16_autocast"] = try halfPrecision()
        return (.object(value), failed)
    }

    private func measure(_ mode: String, _ type: String) throws -> Result<PeerTraining, PeerFault> {
        try peers.measure(
            "train.py", "config=\(size)", "plan=bucketed", "mode=\(mode)", "dtype=\(type)", "threads=\(FigureContext.timedThreads)",
            "heads=None", as: PeerTraining.self
        )
    }

    /// Other numbers than ours, so printed beside and not compared. One round.
    private func halfPrecision() throws -> FigureValue {
        var result: [String: FigureValue] = [:]
        for mode in context.quick ? ["eager"] : ["eager", "compile"] {
            switch try measure(mode, "bf16") {
            case .success(let peer): result[mode] = .number(peer.events_per_s)
            case .failure(let fault): result[mode] = .text(fault.error)
            }
        }
        return .object(result)
    }
}
