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
            "growth", "allocations",
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
