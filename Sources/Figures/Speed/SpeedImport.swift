internal import FoundationEssentials
internal import Glibc

extension Figure {
    /// {csv, jsonl: {rows_per_second, peer, ratio, peak_mib, …}}.
    static let speedImport = Figure(
        pattern: "speed-import",
        summary: "import of a million rows, sessions included, beside polars, DuckDB and pyarrow, in alternating rounds"
    ) { context in
        let peers = try PeerPrograms(context, needed: [("clicks.json", ["ingest.py", "generate"])])
        var result: [String: FigureValue] = [:]
        let rounds = context.rounds ?? (context.quick ? 1 : 3)
        var failed: [String: FigureValue] = [:]
        for form in ["csv", "jsonl"] {
            let race = try ImportRace(form, context, peers).run(rounds: rounds)
            result[form] = race.value
            if !race.failed.isEmpty { failed[form] = .object(race.failed) }
        }
        result["complete"] = .truth(failed.isEmpty)
        result["engines_that_failed"] = .object(failed)
        result["rounds"] = .integer(rounds)
        result["threads"] = .integer(FigureContext.timedThreads)
        result["quick"] = .truth(context.quick)
        return .object(result)
    }
}

/// What `tessera import --json` says.
struct ImportedCounts: Decodable {
    let events: Int
    let sessions: Int
    let duplicates: Int
    let rejects: Int
    let seconds: Double
}

/// Tessera's whole command, and the peers' reading and sessionising, one after the other in every round.
private struct ImportRace {
    private struct Work: Decodable {
        let rows: Int
        let sessions: Int
    }

    private let form: String
    private let context: FigureContext
    private let peers: PeerPrograms
    /// Those that count, and one printed beside: its rows come from a hand-written program and leave the table unsorted.
    private let counted = ["polars", "duckdb"]
    private let beside = ["pyarrow"]

    init(_ form: String, _ context: FigureContext, _ peers: PeerPrograms) {
        (self.form, self.context, self.peers) = (form, context, peers)
    }

    /// - Returns: the figures, and why those printed beside that failed did; whoever failed once runs no more.
    func run(rounds: Int) throws -> (value: FigureValue, failed: [String: FigureValue]) {
        let file = "\(peers.data)/clicks.\(form)"
        let work = try JSONDecoder().decode(Work.self, from: Data(contentsOf: URL(filePath: "\(peers.data)/clicks.json")))
        var ours = Rounds()
        var warm = Rounds()
        var peak = 0
        var rates: [String: Rounds] = [:]
        var firsts: [String: Rounds] = [:]
        var memories: [String: FigureValue] = [:]
        var versions: [String: FigureValue] = [:]
        var failed: [String: FigureValue] = [:]
        for round in 0..<rounds {
            FigureContext.say("speed-import: \(form), round \(round + 1) of \(rounds)")
            Self.warmCache(file)
            // Three whole commands, each a process of its own that publishes its corpus; the median of them stands for the round.
            var times = Rounds()
            for _ in 0..<3 {
                try context.withScratchFolder { folder in
                    let run = try context.tessera(importing(file) + ["--out", "\(folder)/clicks.corpus", "--json"]).checked()
                    try check(run.json(ImportedCounts.self), work)
                    times.add(run.seconds)
                    peak = max(peak, run.peakBytes)
                }
            }
            ours.add(Double(work.rows) / times.median)
            let again = try context.tessera(["bench"] + importing(file) + ["--runs", "3", "--json"]).checked().json(Warm.self)
            warm.add(again.events_per_second)
            for engine in counted + beside where failed[engine] == nil {
                switch try peers.measure(
                    "ingest.py", "form=\(form)", "engine=\(engine)", "threads=\(FigureContext.timedThreads)", as: PeerImport.self)
                {
                case .success(let peer):
                    rates[engine, default: Rounds()].add(max(peer.rows_per_s, peer.first_rows_per_s))
                    firsts[engine, default: Rounds()].add(peer.first_rows_per_s)
                    memories[engine] = .number(peer.rss_mib)
                    versions[engine] = .text(peer.version)
                case .failure(let fault):
                    if counted.contains(engine) { throw FigureError(code: EX_SOFTWARE, description: "\(engine): \(fault.error)") }
                    failed[engine] = .text("round \(round + 1): \(fault.error)")
                }
            }
        }
        try ImportGrowth.checkMemory(peak)
        let peer = Rounds.best(counted.compactMap { rates[$0] })
        let first = Rounds.best(counted.compactMap { firsts[$0] })
        let ratio = ours / peer
        let value: FigureValue = [
            "rows_per_second": .number(ours.median), "peer": .number(peer.median), "ratio": .number(ratio.median),
            "peak_mib": .number(Double(peak) / 1_048_576),
            "peer_engine": .text(counted.max { rates[$0]?.median ?? 0 < rates[$1]?.median ?? 0 } ?? ""), "ratio_range": ratio.range,
            "rows_per_second_rounds": ours.figure, "rows_per_second_in_one_process": warm.figure,
            "ratio_to_first_runs": .number((ours / first).median), "engines_rows_per_second": .object(rates.mapValues(\.figure)),
            "engines_first_run_rows_per_second": .object(firsts.mapValues(\.figure)), "engines_peak_mib": .object(memories),
            "engine_versions": .object(versions), "rows": .integer(work.rows), "sessions": .integer(work.sessions),
            "complete": .truth(failed.isEmpty), "engines_that_failed": .object(failed),
        ]
        return (value, failed)
    }

    private struct Warm: Decodable {
        let events_per_second: Double
    }

    private func importing(_ file: String) -> [String] {
        ["import", file, "--mapping", context.settings("speed-import.mapping.yaml"), "--threads", "\(FigureContext.timedThreads)"]
    }

    /// No row lost, and the sessions that the generator made.
    private func check(_ counts: ImportedCounts, _ work: Work) throws {
        guard counts.sessions == work.sessions, counts.events + counts.duplicates == work.rows, counts.rejects == 0 else {
            throw FigureError(
                code: EX_SOFTWARE,
                description: "clicks.\(form): \(counts.sessions) sessions of \(counts.events) events, not \(work.sessions) of \(work.rows)")
        }
    }

    /// Everybody reads from the page cache; the disk is not what is measured.
    private static func warmCache(_ file: String) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while read(descriptor, &part, part.count) > 0 {}
    }
}
