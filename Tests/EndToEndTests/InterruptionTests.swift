import Foundation
import Testing

/// Stopped at any moment, politely or not: nothing is half-written, and what is resumed ends as if never stopped.
@Suite(.serialized) struct InterruptionTests {
    private static let training = [
        "pretrain", "bank.corpus", "--out", "bank.model", "--config", "long.yaml", "--seed", "3", "--threads", "1",
    ]

    private func prepared() throws -> Workbench {
        let bench = try Workbench()
        try bench.write(TinyExports.clicks(visitors: 300), to: "clicks.csv")
        try bench.write(TinyExports.mapping, to: "clicks.yaml")
        try bench.write("preset: tiny\ntraining: { epochs: 30, patience: 0, batchSessions: 8, checkpointSteps: 20 }\n", to: "long.yaml")
        let made = try CommandRun.tessera("import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "bank.corpus", in: bench.folder)
        try #require(made.code == 0, "\(made.talk)")
        return bench
    }

    private func weights(_ bench: Workbench) throws -> Data { try bench.data("bank.model/model.safetensors") }

    /// Trains without a break, and removes the model.
    private func undisturbed(_ bench: Workbench) throws -> (weights: Data, seconds: Double) {
        let start = Date()
        let run = try CommandRun.tessera(Self.training, in: bench.folder)
        try #require(run.code == 0, "\(run.talk)")
        let result = try weights(bench)
        try FileManager.default.removeItem(at: bench.folder.appending(path: "bank.model"))
        return (result, Date().timeIntervalSince(start))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGKILL]) func trainingGoesOnWhereItStopped(_ signal: Int32) throws {
        let bench = try prepared()
        let whole = try undisturbed(bench)
        let before = bench.names
        for share in [0.3, 0.6] {
            let running = try Running(Self.training + ["--resume"], in: bench.folder)
            Thread.sleep(forTimeInterval: whole.seconds * share / 2)
            running.send(signal)
            let run = try running.finish()
            if !run.died && run.code == 0 { break }  // it was quicker than the signal: nothing left to resume
            if signal == SIGKILL { #expect(run.died) } else { #expect(run.code == 130, "exit \(run.code): \(run.talk)") }
            if signal != SIGKILL { #expect(run.talk.contains("--resume"), "\(run.talk)") }
            #expect(!bench.exists("bank.model/model.safetensors"), "a model that is not finished looks finished")
        }
        if !bench.exists("bank.model") {
            let last = try CommandRun.tessera(Self.training + ["--resume"], in: bench.folder)
            #expect(last.code == 0, "\(last.talk)")
        }
        #expect(try weights(bench) == whole.weights)
        #expect(bench.names == (before + ["bank.model"]).sorted(), "something was left behind")
    }

    @Test func twoRunsOnOneOutputDoNotMix() throws {
        let bench = try prepared()
        let first = try Running(Self.training, in: bench.folder)
        Thread.sleep(forTimeInterval: 0.4)
        let second = try CommandRun.tessera(Self.training, in: bench.folder)
        let stillRunning = first.isRunning
        let one = try first.finish()
        #expect(one.code == 0, "\(one.talk)")
        #expect(!second.died && [73, 75].contains(second.code), "exit \(second.code), first still running \(stillRunning): \(second.talk)")
        #expect(second.talk.contains("bank.model"))
        #expect(try CommandRun.tessera("inspect", "bank.model", in: bench.folder).code == 0)
    }

    @Test func aKilledImportLeavesNothingThatStandsInTheWay() throws {
        let bench = try Workbench()
        try bench.write(TinyExports.mapping, to: "clicks.yaml")
        try bench.write(TinyExports.clicks(visitors: 20_000), to: "clicks.csv")
        let importing = ["import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "bank.corpus"]
        for milliseconds in [5, 20, 60, 120] {
            let running = try Running(importing, in: bench.folder)
            Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
            running.send(SIGKILL)
            let run = try running.finish()
            #expect(run.died || bench.exists("bank.corpus"))
            guard bench.exists("bank.corpus") else { continue }
            // Killed between the last rename and the end of the program, it leaves a corpus that is whole.
            let found = try CommandRun.tessera("inspect", "bank.corpus", in: bench.folder)
            #expect(found.code == 0, "killed after \(milliseconds) ms: half a corpus: \(found.talk)")
            try FileManager.default.removeItem(at: bench.folder.appending(path: "bank.corpus"))
        }
        let last = try CommandRun.tessera(importing, in: bench.folder)
        #expect(last.code == 0, "\(last.talk)")
        #expect(bench.names == ["bank.corpus", "clicks.csv", "clicks.yaml"], "stale files were not swept")
    }
}
