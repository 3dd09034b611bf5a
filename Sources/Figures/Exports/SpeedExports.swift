internal import EventStream
internal import FoundationEssentials
internal import Glibc

extension Figure {
    /// {ga4, snowplow, parquet: {rows_per_second, peer, ratio, peak_mib, equal_rows, …}}.
    static let speedExports = Figure(
        pattern: "speed-exports",
        summary: "import of a million rows as GA4, Snowplow and Parquet have them, beside polars and DuckDB, in alternating rounds"
    ) { context in
        try context.withScratchFolder { folder in
            let python = try PeerPrograms.interpreter(context)
            var result: [String: FigureValue] = [:]
            let rounds = context.rounds ?? (context.quick ? 1 : 3)
            for form in ["ga4", "snowplow", "parquet"] {
                result[form] = try ExportRace(form, context, python, folder).run(rounds: rounds)
            }
            result["rounds"] = .integer(rounds)
            result["threads"] = .integer(FigureContext.timedThreads)
            result["quick"] = .truth(context.quick)
            return .object(result)
        }
    }
}

/// Tessera's whole command, its corpus written, and the peers' whole program, the sessionised rows written as Parquet, one after the other
/// in every round; and beside them the peers' reading and sessionising alone, when everything else is loaded and nothing is kept.
private struct ExportRace {
    private struct Peer: Decodable {
        let rows: Int
        let sessions: Int
        let first_seconds: Double
        let seconds: Double
        let version: String
    }

    private let form: String
    private let context: FigureContext
    private let python: String
    private let folder: String
    private let file: String
    private let rows: Int
    private let bytes: Int
    private let sessions: Int

    init(_ form: String, _ context: FigureContext, _ python: String, _ folder: String) throws {
        (self.form, self.context, self.python, self.folder) = (form, context, python, folder)
        rows = context.quick ? 100_000 : 1_000_000
        file = "\(folder)/clicks.\(form)"
        FigureContext.say("speed-exports: making \(rows) rows of \(form)")
        if let kind = ExportFile(rawValue: form) {
            let made = try kind.write(file, rows: rows, source: ClickSource(seed: 5))
            (bytes, sessions) = (made.bytes, made.source.sessions)
        } else {
            let table = "\(folder)/clicks.csv"
            sessions = try ClickFile(rows: rows, to: table, seed: 5).sessions
            try ChildRun([python, Self.program(context), table, form, "write", file]).checked()
            bytes = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
            try FileManager.default.removeItem(atPath: table)
        }
    }

    private static func program(_ context: FigureContext) -> String { "\(context.repository)/tools/benchmarks/exports_peer.py" }

    func run(rounds: Int) throws -> FigureValue {
        defer { try? FileManager.default.removeItem(atPath: file) }
        let engines = ["duckdb", "polars"]
        var ours = Rounds()
        var peak = 0
        var whole: [String: Rounds] = [:]
        var inMemory: [String: Rounds] = [:]
        var peaks: [String: Int] = [:]
        var versions: [String: FigureValue] = [:]
        var equal: [String: FigureValue] = [:]
        for round in 0..<rounds {
            FigureContext.say("speed-exports: \(form), round \(round + 1) of \(rounds)")
            // Three whole commands, each a process of its own; the median of them stands for the round.
            var times = Rounds()
            for _ in 0..<3 {
                let run = try context.tessera(importing + ["--out", corpus, "--replace", "--json"]).checked()
                try check(run.json(ImportedCounts.self))
                times.add(run.seconds)
                peak = max(peak, run.peakBytes)
            }
            ours.add(Double(rows) / times.median)
            for engine in engines {
                let table = "\(folder)/\(form).\(engine).parquet"
                let job = try peer(engine, ["table=\(table)"])
                try FileManager.default.removeItem(atPath: table)
                whole[engine, default: Rounds()].add(Double(rows) / job.run.seconds)
                peaks[engine] = max(peaks[engine] ?? 0, job.run.peakBytes)
                // What is compared is written once, and its time is not in the figures.
                let out = "\(folder)/\(form).\(engine).tsv"
                let (_, found) = try peer(engine, round == 0 ? ["rows=\(out)"] : [])
                inMemory[engine, default: Rounds()].add(Double(rows) / min(found.seconds, found.first_seconds))
                versions[engine] = .text(found.version)
                if round == 0 {
                    equal[engine] = .integer(try SessionRows(Corpus.open(corpus), fields).compare(with: out))
                    try FileManager.default.removeItem(atPath: out)
                }
            }
        }
        try ImportGrowth.checkMemory(peak)
        let peer = Rounds.best(engines.compactMap { whole[$0] })
        let reading = Rounds.best(engines.compactMap { inMemory[$0] })
        let ratio = ours / peer
        return [
            "rows": .integer(rows), "sessions": .integer(sessions), "file_mib": .number(Double(bytes) / 1_048_576),
            "rows_per_second": .number(ours.median), "peer": .number(peer.median), "ratio": .number(ratio.median),
            "ratio_range": ratio.range,
            "rows_per_second_rounds": ours.figure, "peak_mib": .number(Double(peak) / 1_048_576),
            "ratio_to_peers_without_start_and_output": .number((ours / reading).median),
            "engines_rows_per_second": .object(whole.mapValues(\.figure)),
            "engines_rows_per_second_without_start_and_output": .object(inMemory.mapValues(\.figure)),
            "engines_peak_mib": .object(peaks.mapValues { .number(Double($0) / 1_048_576) }), "engine_versions": .object(versions),
            "equal_rows": .object(equal),
        ]
    }

    /// One run of a peer, which must find what was made.
    private func peer(_ engine: String, _ more: [String]) throws -> (run: ChildRun, found: Peer) {
        let run = try ChildRun([python, Self.program(context), file, form, engine, "threads=\(FigureContext.timedThreads)"] + more)
            .checked()
        let found = try run.json(Peer.self)
        guard found.rows == rows, found.sessions == sessions else {
            throw FigureError(
                code: EX_SOFTWARE,
                description: "\(engine), \(form): \(found.sessions) sessions of \(found.rows) rows, not \(sessions) of \(rows)")
        }
        return (run, found)
    }

    private var corpus: String { "\(folder)/\(form).corpus" }

    private var importing: [String] {
        let mapping = ExportFile(rawValue: form) == nil ? ["--mapping", context.settings("speed-exports.mapping.yaml")] : []
        return ["import", file, "--threads", "\(FigureContext.timedThreads)"] + mapping
    }

    private var fields: SessionRows.Fields {
        if ExportFile(rawValue: form) == nil {
            return .init(event: "event", page: "page", title: "title", search: nil, device: "device", campaign: nil)
        }
        return .init(
            event: "event", page: "page_url", title: "page_title", search: "search_query", device: "device", campaign: "campaign_name")
    }

    /// No row lost, and the sessions that were made.
    private func check(_ counts: ImportedCounts) throws {
        guard counts.sessions == sessions, counts.events == rows, counts.duplicates == 0, counts.rejects == 0 else {
            throw FigureError(
                code: EX_SOFTWARE,
                description: "\(form): \(counts.sessions) sessions of \(counts.events) events, not \(sessions) of \(rows)")
        }
    }
}
