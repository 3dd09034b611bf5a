import DurableFiles
import Foundation
import Testing

/// Places that cannot be written, full disks, and two writers at once, for each command that writes.
@Suite struct OutputFaultTests {
    /// What the command reads: of the commands of intents, labels and a classifier, too.
    private static func prepared(_ command: [String] = []) throws -> Workbench {
        if ["labels", "intents", "label"].contains(command.first) { return try IntentCommandTests.bench(trains: command.first == "label") }
        if ["rank", "convert"].contains(command.first) { return try AppBench.bench(trains: command) }
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        return bench
    }

    /// Commands that write, each towards `OUT`, from what ``prepared(_:)`` leaves.
    static let writing: [[String]] = [
        ["import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "OUT"],
        ["import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "fine.corpus", "--rejects", "OUT"],
        ["pretrain", "bank.corpus", "--config", "tiny.yaml", "--out", "OUT"],
        ["embed", "bank.corpus", "--model", "bank.model", "--out", "OUT.csv"],
        ["embed", "bank.corpus", "--model", "bank.model", "--out", "OUT.jsonl"],
        ["embed", "bank.corpus", "--model", "bank.model", "--out", "OUT.npy"],
        ["embed", "bank.corpus", "--model", "bank.model", "--out", "OUT.safetensors"],
        ["report", "bank.corpus", "--model", "bank.model", "--out", "OUT"],
        ["simulate", "--visitors", "50", "--out", "OUT"],
        IntentCommandTests.importing.dropLast() + ["OUT"],
        IntentCommandTests.importing.dropLast() + ["fine.set", "--rejects", "OUT"],
        IntentCommandTests.training.dropLast() + ["OUT"],
        ["label", "bank.corpus", "--model", "bank.model", "--intents", "bank.intents", "--for-evaluation", "--out", "OUT"],
        AppBench.ranking + ["OUT"],
        AppBench.rankScoring + ["OUT.csv"],
        AppBench.converting + ["OUT"],
        AppBench.convertScoring + ["OUT.jsonl"],
    ]

    private static func towards(_ place: String, _ command: [String]) -> [String] {
        command.map { $0.hasPrefix("OUT") ? place + $0.dropFirst(3) : $0 }
    }

    @Test(arguments: writing) func aFullDiskLeavesNothing(_ command: [String]) throws {
        let bench = try Self.prepared(command)
        // Rejects fill a file only if there are many.
        if command.first == "labels", command.contains("--rejects") {
            let strange = #"{"session_id":"person1:9","annotator":"a","intents":{}}"# + "\n"
            try bench.write(IntentCommandTests.labels() + String(repeating: strange, count: 2000), to: "l.jsonl")
        } else if command.contains("--rejects") {
            try bench.write(
                TinyExports.clicks() + String(repeating: "person9,never,home,About home,1\n", count: 2000), to: "clicks.csv")
        }
        let before = bench.names
        let run = try CommandRun.tessera(Self.towards("new", command), in: bench.folder, shell: "ulimit -f 1; exec \"$@\"")
        #expect(!run.died && run.code == 74, "exit \(run.code): \(run.talk)")
        #expect(run.talk.contains("new") || run.talk.contains("fine."), "\(run.talk)")
        #expect(!run.talk.contains("person"), "\(run.talk)")
        #expect(bench.names == before, "something was left behind: \(bench.names)")
    }

    @Test(arguments: writing) func aFolderThatTakesNoFilesIsToldBeforeTheWork(_ command: [String]) throws {
        let bench = try Self.prepared(command)
        let before = bench.names
        // Not even the administrator can make a file there.
        let run = try CommandRun.tessera(Self.towards("/proc/self/new", command), in: bench.folder)
        #expect(!run.died && run.code == 73, "exit \(run.code): \(run.talk)")
        #expect(run.talk.contains("/proc/self"), "\(run.talk)")
        #expect(bench.names == before)
    }

    @Test(arguments: writing) func aSecondWriterIsTurnedAway(_ command: [String]) throws {
        let bench = try Self.prepared(command)
        let arguments = Self.towards("new", command)
        let place = try #require(arguments.first { $0.hasPrefix("new") })
        let held = arguments[0] == "pretrain" ? place + ".checkpoint" : place
        let lock = try OutputLock(for: bench.folder.appending(path: held).path)
        let before = bench.names
        let run = try CommandRun.tessera(arguments, in: bench.folder)
        #expect(!run.died && run.code == 75, "exit \(run.code): \(run.talk)")
        #expect(run.talk.contains("another run is writing here") && run.talk.contains("new"), "\(run.talk)")
        #expect(bench.names == before)
        lock.release()
        let after = try CommandRun.tessera(arguments, in: bench.folder)
        #expect(after.code == 0, "\(after.talk)")
    }

    @Test(arguments: [
        ["--help"], ["--version"], ["import", "--help"], ["--generate-completion-script", "bash"], ["inspect", "bank.corpus"],
        ["inspect", "bank.model", "--json"], ["version"],
    ]) func resultsThatCannotBeWrittenAreAFailure(_ arguments: [String]) throws {
        let bench = try Self.prepared()
        let run = try CommandRun.tessera(arguments, in: bench.folder, shell: "exec \"$@\" > /dev/full")
        #expect(!run.died && run.code == 74, "exit \(run.code): \(run.talk)")
        #expect(run.talk.contains("standard output"), "\(run.talk)")
    }

    @Test func aKeyComesThroughAPipe() throws {
        let bench = try Workbench()
        try bench.write(TinyExports.clicks(), to: "clicks.csv")
        try bench.write(TinyExports.mapping, to: "clicks.yaml")
        try bench.write("0123456789abcdef0123", to: "key")
        let command = ["import", "clicks.csv", "--mapping", "clicks.yaml", "--json", "--key"]
        let piped = try CommandRun.tessera(command + ["/dev/stdin", "--out", "a"], in: bench.folder, input: "0123456789abcdef0123\n")
        let plain = try CommandRun.tessera(command + ["key", "--out", "b"], in: bench.folder)
        #expect(piped.code == 0, "\(piped.talk)")
        #expect(try piped.json()["digest"] as? String == plain.json()["digest"] as? String)
    }

    @Test func aTruthOfOtherSessionsIsRefused() throws {
        let bench = try Self.prepared()
        let made = try CommandRun.tessera("simulate", "--visitors", "5", "--out", "bank", in: bench.folder)
        try #require(made.code == 0, "\(made.talk)")
        let run = try CommandRun.tessera(
            "report", "bank.corpus", "--model", "bank.model", "--truth", "bank/truth", "--out", "page.html", in: bench.folder)
        #expect(!run.died && run.code == 65 && run.talk.contains("bank/truth/sessions.csv"), "exit \(run.code): \(run.talk)")
        #expect(!bench.exists("page.html"))
    }

    @Test func aGuessDoesNotRepeatTheFirstRow() throws {
        let bench = try Workbench()
        let rows = TinyExports.clicks().split(separator: "\n").dropFirst()
        for text in [rows.joined(separator: "\n"), "persona,home,cards\npersonb,cards,rates\npersona,rates,loans\n"] {
            try bench.write(text, to: "clicks.csv")
            let run = try CommandRun.tessera("import", "clicks.csv", "--out", "bank.corpus", in: bench.folder)
            #expect(!run.died && run.code == 78 && run.talk.contains("into a mapping file"), "exit \(run.code): \(run.talk)")
            #expect(!run.talk.contains("person"), "\(run.talk)")
        }
    }

    /// Killed between publishing its model and removing its state, a run has left both.
    @Test func aFinishedModelBesideItsStateIsFinished() throws {
        let bench = try Self.prepared()
        let training = ["pretrain", "bank.corpus", "--config", "tiny.yaml", "--out", "bank.model", "--seed", "3", "--resume"]
        try bench.write("left behind", to: "bank.model.checkpoint")
        let run = try CommandRun.tessera(training, in: bench.folder)
        #expect(run.code == 0 && run.talk.contains("finished"), "exit \(run.code): \(run.talk)")
        #expect(!bench.exists("bank.model.checkpoint"))
        try bench.write("of another run", to: "bank.model.checkpoint")
        let other = try CommandRun.tessera(training.map { $0 == "3" ? "77" : $0 }, in: bench.folder)
        #expect(other.code == 73 && bench.exists("bank.model.checkpoint"), "exit \(other.code): \(other.talk)")
    }
}
