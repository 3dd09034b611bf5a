extension Figure {
    /// {tiny, small, base: {sessions_per_second, peer, ratio, median_us, peer_median_us, latency_ratio, …}}.
    static let speedEmbed = Figure(
        pattern: "speed-embed",
        summary: "embedding rates and the latency of one session beside ONNX Runtime, OpenVINO and PyTorch, in alternating rounds"
    ) { context in
        let peers = try PeerPrograms(context, needed: PeerPrograms.trainingWork)
        var result: [String: FigureValue] = [:]
        let rounds = context.rounds ?? (context.quick ? 1 : 3)
        var failed: [String: FigureValue] = [:]
        for size in context.quick ? ["tiny"] : ["tiny", "small", "base"] {
            let race = try EmbeddingRace(size, context, peers).run(rounds: rounds)
            result[size] = race.value
            if !race.failed.isEmpty { failed[size] = .object(race.failed) }
        }
        result["complete"] = .truth(failed.isEmpty)
        result["engines_that_failed"] = .object(failed)
        result["rounds"] = .integer(rounds)
        result["threads"] = .integer(FigureContext.timedThreads)
        result["quick"] = .truth(context.quick)
        return .object(result)
    }
}

/// Tessera and every single-precision engine, one after the other in every round.
private struct EmbeddingRace {
    private struct Ours: Decodable {
        let sessions_per_second: Double
        let gigaflops: Double
        let peak_gigaflops: Double
        let median_milliseconds: Double
        let p99_milliseconds: Double
        let greatest_difference: Double
        let greatest_batch_difference: Double
        let instruction_set: String
    }

    private let size: String
    private let context: FigureContext
    private let peers: PeerPrograms
    private static let engines = ["torch", "torch-compile", "onnxruntime", "openvino"]
    /// The peers' program runs every n-th batch.
    private static let shares = ["tiny": 1, "small": 2, "base": 8]

    init(_ size: String, _ context: FigureContext, _ peers: PeerPrograms) {
        (self.size, self.context, self.peers) = (size, context, peers)
    }

    /// - Returns: the figures, and why those that failed did; whoever failed once runs no more.
    func run(rounds: Int) throws -> (value: FigureValue, failed: [String: FigureValue]) {
        var ours = Rounds()
        var median = Rounds()
        var p99 = Rounds()
        var shares = Rounds()
        var rates: [String: Rounds] = [:]
        var medians: [String: Rounds] = [:]
        var versions: [String: FigureValue] = [:]
        var failed: [String: FigureValue] = [:]
        var difference = 0.0
        var instructionSet = ""
        for round in 0..<rounds {
            FigureContext.say("speed-embed: \(size), round \(round + 1) of \(rounds)")
            let mine = try context.tessera(
                [
                    "bench", "infer", peers.data, "--size", size, "--every", "\(Self.shares[size] ?? 1)", "--threads",
                    "\(FigureContext.timedThreads)", "--json",
                ]
            ).checked().json(Ours.self)
            ours.add(mine.sessions_per_second)
            median.add(1000 * mine.median_milliseconds)
            p99.add(1000 * mine.p99_milliseconds)
            difference = max(difference, mine.greatest_difference, mine.greatest_batch_difference)
            instructionSet = mine.instruction_set
            var peak = mine.peak_gigaflops
            for engine in Self.engines where failed[engine] == nil {
                switch try peers.measure(
                    "infer.py", "config=\(size)", "engine=\(engine)", "threads=\(FigureContext.timedThreads)", as: PeerEmbedding.self)
                {
                case .success(let peer):
                    guard peer.cosine_to_torch > 0.9999 else {
                        throw FigureError(code: 70, description: "\(engine): embeds \(size) otherwise than PyTorch")
                    }
                    rates[engine, default: Rounds()].add(peer.sessions_per_s)
                    medians[engine, default: Rounds()].add(peer.p50_us)
                    versions[engine] = .text(peer.version)
                    peak = max(peak, peer.machine_gflops.max() ?? 0)
                case .failure(let fault): failed[engine] = .text("round \(round + 1): \(fault.error)")
                }
            }
            shares.add(mine.gigaflops / peak)
        }
        guard !rates.isEmpty else { throw FigureError(code: 70, description: "no engine embedded \(size)") }
        let peer = Rounds.best(rates.values)
        let peerMedian = Rounds.best(medians.values, greatest: false)
        let (ratio, latency) = (ours / peer, median / peerMedian)
        var value: [String: FigureValue] = [
            "sessions_per_second": .number(ours.median), "peer": .number(peer.median), "ratio": .number(ratio.median),
            "median_us": .number(median.median), "peer_median_us": .number(peerMedian.median), "latency_ratio": .number(latency.median),
            "peer_engine": .text(rates.max { $0.value.median < $1.value.median }?.key ?? ""),
            "peer_median_engine": .text(medians.min { $0.value.median < $1.value.median }?.key ?? ""),
            "sessions_per_second_rounds": ours.figure, "median_us_rounds": median.figure, "p99_us": .number(p99.median),
            "ratio_range": ratio.range, "latency_ratio_range": latency.range, "share_of_peak": .number(shares.median),
            "engines_sessions_per_second": .object(rates.mapValues(\.figure)), "engines_median_us": .object(medians.mapValues(\.figure)),
            "engine_versions": .object(versions), "greatest_difference": .number(difference), "instruction_set": .text(instructionSet),
        ]
        value["complete"] = .truth(failed.isEmpty)
        value["engines_that_failed"] = .object(failed)
        return (.object(value), failed)
    }
}
