import Foundation
import Testing

/// What the figures say when something they need is missing.
@Suite struct FigureTests {
    @Test func everyFigureIsListed() throws {
        let bench = try Workbench()
        let run = try CommandRun.tessera("--list", in: bench.folder, program: "tessera-figures")
        #expect(run.code == 0)
        let names = [
            "import-counts", "next-item:", "determinism", "probe-synthetic", "speed-train", "speed-embed", "speed-import", "kill", "fuzz",
            "growth", "allocations", "formats", "reconcile", "tamper", "ledger-faults", "ledger-speed", "replay", "review-coverage",
            "serve-load", "serve-soak", "serve-reload", "serve-parity",
        ]
        for name in names {
            // Each on a line of its own: a summary may hold the word, too.
            #expect(run.output.split(separator: "\n").contains { $0.hasPrefix(name) })
        }
    }

    @Test(arguments: ["speed-train", "speed-embed", "speed-import"]) func missingPeersAreNamed(_ figure: String) throws {
        let bench = try Workbench()
        let run = try CommandRun.tessera(
            figure, "--peers", "nowhere", "--repository", bench.folder.path, in: bench.folder, program: "tessera-figures")
        #expect(run.code == 66)
        #expect(run.talk.contains("nowhere") && run.talk.contains("--peers"))
        #expect(run.output.isEmpty)
    }

    @Test func aWrongPythonIsNamed() throws {
        let bench = try Workbench()
        let peers = bench.folder.appending(path: "peers")
        try FileManager.default.createDirectory(at: peers, withIntermediateDirectories: true)
        for file in ["common.py", "train.py"] { try Data().write(to: peers.appending(path: file)) }
        let run = try CommandRun.tessera(
            "speed-import", "--peers", "peers", "--peers-python", "no-python", "--repository", bench.folder.path, in: bench.folder,
            program: "tessera-figures")
        #expect(run.code == 66)
        #expect(run.talk.contains("no-python"))
    }

    /// Who fails in a race is named, and the race is not called complete. The engines are a script that prints what theirs would.
    @Test func aFailedPeerIsNamed() throws {
        let bench = try Workbench()
        let header = ["visitor", "session", "timestamp", "event", "page", "title", "search", "device", "campaign", "value"]
        let rows = (0..<40).map { ["v\($0 / 4)", "s\($0 / 4)", "2026-02-25T06:1\($0 % 4):45Z", "view", "/p\($0)", "", "", "", "", "1"] }
        let csv = ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
        let objects = rows.map { row in "{" + zip(header, row).map { "\"\($0)\": \"\($1)\"" }.joined(separator: ", ") + "}\n" }
        let fields = header.dropFirst(3).map { "  - { name: \($0), column: \($0), kind: categorical }\n" }.joined()
        let mapping = "visitor: visitor\ntime: { column: timestamp, unit: iso8601 }\nfields:\n" + fields
        let engine = """
            #!/bin/sh
            case "$*" in *engine=pyarrow*) echo '{"error": "no such reader"}'; exit 1 ;; esac
            echo '{"first_rows_per_s": 1, "rows_per_s": 2, "rss_mib": 3, "version": "4"}'
            """
        let files = [
            ("clicks.csv", csv), ("clicks.jsonl", objects.joined()), ("clicks.json", "{\"rows\": 40, \"sessions\": 10}"),
            ("common.py", ""), ("train.py", ""), ("engine", engine), ("tools/figures.d/speed-import.mapping.yaml", mapping),
        ]
        for (name, text) in files { try bench.write(text, to: name) }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bench.folder.appending(path: "engine").path)
        let run = try CommandRun.tessera(
            "speed-import", "--quick", "--rounds", "2", "--peers", ".", "--peers-python", "./engine", "--repository", ".",
            in: bench.folder, environment: ["BENCH_DATA": "."], program: "tessera-figures")
        #expect(run.code == 0, "\(run.talk)")
        let result = try run.json()
        #expect(result["complete"] as? Bool == false)
        let failed = result["engines_that_failed"] as? [String: [String: String]]
        let reason = ["pyarrow": "round 1: no such reader"]
        #expect(failed == ["csv": reason, "jsonl": reason])
        #expect((result["csv"] as? [String: Any])?["peer_engine"] != nil)
    }

    /// In the steady state neither a training step nor making its batch nor one session's embedding asks for memory; the figure itself
    /// sees to it that its count moves.
    @Test func theSteadyStateAsksForNoMemory() throws {
        let bench = try Workbench()
        let run = try CommandRun.tessera("allocations", in: bench.folder, program: "tessera-figures")
        #expect(run.code == 0)
        let result = try run.json()
        for model in ["tiny", "small", "every_objective", "gru", "large_tables", "bfloat16"] {
            // Not every processor has products in bfloat16.
            if model == "bfloat16" && result[model] == nil { continue }
            let figures = result[model] as? [String: Any] ?? [:]
            let single = figures["single_embedding"] as? [String: Int] ?? [:]
            #expect(single["calls"] ?? 0 > 1000)
            #expect(single["allocations"] == 0, "\(model), one embedding")
            for threads in ["threads_1", "threads_2"] where ["tiny", "small", "every_objective"].contains(model) {
                let training = figures[threads] as? [String: [String: Int]] ?? [:]
                for part in ["training_step", "training_batch"] {
                    #expect(training[part]?["calls"] ?? 0 > 5)
                    #expect(training[part]?["allocations"] == 0, "\(model), \(threads), \(part)")
                }
            }
        }
    }

    /// A guessed mapping is told once, not in every run of the benchmark.
    @Test func benchImportTellsItsGuessOnce() throws {
        let bench = try Workbench()
        try bench.write(Data(TinyExports.clicks().utf8), to: "clicks.csv")
        let run = try CommandRun.tessera("bench", "import", "clicks.csv", "--runs", "3", "--json", in: bench.folder)
        #expect(run.code == 0)
        #expect(run.talk.components(separatedBy: "was guessed").count == 2)
        #expect(try run.json()["events"] as? Int ?? 0 > 0)
    }
}
