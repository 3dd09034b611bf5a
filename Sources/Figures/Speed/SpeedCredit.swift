internal import CreditRisk
internal import DurableFiles
internal import SequenceKernel

extension Figure {
    /// {huihen, gru: {width_30, …}, framework: {applicants_per_second, steps_per_second, peer_applicants_per_second, ratio, …},
    /// scoring: {huihen_50x25: {p50_us, p99_us, allocations, …}, huihen, framework}}.
    static let speedCredit = Figure(
        pattern: "speed-credit",
        summary:
            "training the credit models beside PyTorch's best mode on the same applicants with 2 threads, in alternating rounds; scoring"
    ) { context in
        try context.withScratchFolder { folder in try CreditRace(context, folder).figure() }
    }
}

/// Tessera and PyTorch on the same applicants, one after the other in every round.
private struct CreditRace {
    private struct PeerModes: Decodable {
        struct Mode: Decodable {
            let mode: String
            let batch: Int?
            let applicants_per_s: Double
            let p50_us: Double?
            let p99_us: Double?
        }
        let modes: [Mode]
        let faults: [String: String]
        let parameters: Int?
        let torch: String
    }

    private struct PeerLosses: Decodable {
        struct Mode: Decodable {
            let mode: String
            let losses: [Float]
            let parameters: Int
        }
        let modes: [Mode]
        let faults: [String: String]
    }

    private let context: FigureContext
    private let file: String
    private let python: String
    private let rounds: Int
    private let seconds: Double

    init(_ context: FigureContext, _ folder: String) throws {
        (self.context, file) = (context, "\(folder)/work.safetensors")
        python = try PeerPrograms.interpreter(context)
        (rounds, seconds) = (context.rounds ?? (context.quick ? 1 : 3), context.quick ? 0.5 : 2)
    }

    func figure() throws -> FigureValue {
        FigureContext.say("speed-credit: making applicants")
        let pool = WorkerPool(threads: FigureContext.timedThreads)
        let applicants = context.quick ? 512 : 2_048
        let huihen = try IntentionHabitWork(applicants: applicants)
        let framework = try FrameworkWork(applicants: 2 * applicants)
        let recurrent = (context.quick ? [30] : [30, 64, 128]).map { RecurrentWork(applicants: 2 * applicants, width: $0) }
        var writer = SafetensorsWriter()
        huihen.add(to: &writer)
        framework.add(to: &writer)
        for work in recurrent { work.add(to: &writer) }
        let bytes = try FileWriter(creating: file)
        try writer.write(to: bytes)
        try bytes.finish(sync: false)

        var result: [String: FigureValue] = ["scoring": try scoring(huihen, framework, pool)]
        result["huihen"] = try training("huihen", target: 3, huihen, pool)
        result["framework"] = try training("framework", target: 8, framework, pool)
        var widths: [String: FigureValue] = [:]
        for work in recurrent { widths["width_\(work.width)"] = try training("gru-\(work.width)", target: 3, work, pool) }
        result["gru"] = .object(widths)
        result["threads"] = .integer(FigureContext.timedThreads)
        result["rounds"] = .integer(rounds)
        result["quick"] = .truth(context.quick)
        result["instruction_set"] = .text(vectorLoops.name)
        return .object(result)
    }

    private func peer<Value: Decodable>(
        _ name: String, _ action: String, compiling: Int = 0, as type: Value.Type
    ) throws -> Value {
        try ChildRun(
            [
                python, "\(context.repository)/tools/benchmarks/credit_peer.py", file, name, action,
                "threads=\(FigureContext.timedThreads)", "seconds=\(seconds)", "compile=\(compiling)",
            ], environment: ["PYTHONDONTWRITEBYTECODE": "1"], isQuiet: true
        ).checked().json(type)
    }

    /// The best of the peer's modes and batch sizes in each round is compared with ours at the batch size that is the preset's default.
    private func training(_ name: String, target: Double, _ work: some CreditWork, _ pool: WorkerPool) throws -> FigureValue {
        let differences = try lossDifferences(name, work, pool)
        var (ours, theirs, allocations) = (Rounds(), Rounds(), 0)
        var best: PeerModes.Mode?
        var (modes, faults): ([String: Rounds], [String: FigureValue]) = ([:], differences.faults.mapValues { .text($0) })
        var version = ""
        for round in 0..<rounds {
            FigureContext.say("speed-credit: \(name), round \(round + 1) of \(rounds)")
            let before = try work.trainingRate(pool, seconds: seconds)
            // Compiling takes minutes: after the first round only where it was the fastest.
            let compiles = !context.quick && (round == 0 || best?.mode == "compile")
            let peers = try peer(name, "train", compiling: compiles ? 180 : 0, as: PeerModes.self)
            let after = try work.trainingRate(pool, seconds: seconds)
            ours.add((before.applicants + after.applicants) / 2)
            allocations = max(allocations, before.allocations, after.allocations)
            for (mode, fault) in peers.faults { faults[mode] = .text(fault) }
            // A mode whose losses were not Tessera's, or not to be had, does other work or none.
            let checked = peers.modes.filter { differences.found[$0.mode] != nil }
            for mode in checked { modes["\(mode.mode)_\(mode.batch ?? 0)", default: Rounds()].add(mode.applicants_per_s) }
            guard let first = checked.max(by: { $0.applicants_per_s < $1.applicants_per_s }) else {
                throw FigureError(code: 70, description: "PyTorch trained \(name) in no mode")
            }
            theirs.add(first.applicants_per_s)
            if first.applicants_per_s > best?.applicants_per_s ?? 0 { best = first }
            version = peers.torch
        }
        let ratio = ours / theirs
        return [
            "applicants_per_second": .number(ours.median), "steps_per_second": .number(ours.median / Double(work.batch)),
            "batch": .integer(work.batch), "applicants_per_second_rounds": ours.figure, "allocations_per_step": .integer(allocations),
            "peer_applicants_per_second": .number(theirs.median), "peer_applicants_per_second_rounds": theirs.figure,
            "peer_best_mode": .text(best?.mode ?? ""), "peer_best_batch": .integer(best?.batch ?? 0),
            "peer_modes": .object(modes.mapValues(\.figure)), "peer_modes_that_failed": .object(faults),
            "peer_version": .text("PyTorch \(version)"), "ratio": .number(ratio.median), "ratio_range": ratio.range,
            "target": .number(target), "parameters": .integer(work.parameterCount), "work": work.shape,
            "losses_compared": [
                "steps": .integer(CreditTraining.comparedSteps),
                "greatest_relative_difference": .number(differences.found.values.max() ?? .nan),
                "by_mode": .object(differences.found.mapValues { .number($0) }),
            ],
        ]
    }

    /// Ten steps of both without dropout from the same weights on the same batches, in each of the peer's modes: the greatest relative
    /// difference of a loss, and why modes have none.
    private func lossDifferences(
        _ name: String, _ work: some CreditWork, _ pool: WorkerPool
    ) throws -> (found: [String: Double], faults: [String: String]) {
        let peers = try peer(name, "check", compiling: context.quick ? 0 : 180, as: PeerLosses.self), own = try work.losses(pool)
        var (found, faults) = ([String: Double](), peers.faults)
        for mode in peers.modes {
            guard mode.losses.count == own.count, mode.parameters == work.parameterCount else {
                faults[mode.mode] = "\(mode.parameters) parameters and not \(work.parameterCount), or other steps"
                continue
            }
            let difference = zip(mode.losses, own).map { Double(abs($0 - $1) / max(1e-6, abs($1))) }.max() ?? .nan
            guard difference < 1e-3 else {
                faults[mode.mode] = "losses \(mode.losses) and not \(own): not the same work"
                continue
            }
            found[mode.mode] = difference
        }
        guard !found.isEmpty else {
            throw FigureError(code: 70, description: "\(name): PyTorch does the same work in no mode: \(faults)")
        }
        return (found, faults)
    }

    private func scoring(_ huihen: IntentionHabitWork, _ framework: FrameworkWork, _ pool: WorkerPool) throws -> FigureValue {
        FigureContext.say("speed-credit: scoring")
        let calls = try IntentionHabitWork.fullApplicants(calls: context.quick ? 200 : 4_000)
        var values: [String: FigureValue] = [
            "huihen_50x25": [
                "p50_us": .number(calls.microseconds.median), "p99_us": .number(calls.microseconds.p99),
                "allocations": .integer(calls.allocations), "calls": .integer(calls.count), "target_us": .integer(1_000),
                "threads": .integer(1),
            ]
        ]
        let peers: [(String, Double)] = [
            ("huihen", try huihen.scoringRate(pool, seconds: seconds)), ("framework", try framework.scoringRate(pool, seconds: seconds)),
        ]
        for (name, rate) in peers {
            let peer = try peer(name, "score", as: PeerModes.self)
            let best = peer.modes.map(\.applicants_per_s).max() ?? .nan
            values[name] = [
                "applicants_per_second": .number(rate), "peer_applicants_per_second": .number(best), "ratio": .number(rate / best),
                "peer_single_p50_us": .number(peer.modes.compactMap(\.p50_us).min() ?? .nan),
                "peer_single_p99_us": .number(peer.modes.compactMap(\.p99_us).min() ?? .nan),
            ]
        }
        return .object(values)
    }
}
