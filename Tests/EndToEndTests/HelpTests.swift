import Foundation
import Testing

/// The help texts as they were last read by a person. `TESSERA_RECORD=1 tools/test --filter HelpTests` writes them anew; read the
/// difference before it is committed.
@Suite struct HelpTests {
    static let commands = [
        "", "audit", "audit key", "audit retention", "audit rotate", "audit rules", "audit rules check", "audit rules proxy",
        "audit subject", "audit subject erase", "audit subject show", "audit verify",
        "import", "validate", "sessions", "sessions reconcile", "sessions export", "inspect", "pretrain", "embed", "evaluate",
        "evaluate next",
        "evaluate probe", "taxonomy", "taxonomy propose",
        "taxonomy check", "taxonomy show", "taxonomy diff", "taxonomy approve", "labels", "labels annotate", "labels import",
        "labels agreement", "intents", "intents train", "intents evaluate", "intents pack", "label", "link", "pack", "serve", "api-key",
        "rank", "rank train",
        "rank score", "rank evaluate",
        "convert", "convert train", "convert score", "convert evaluate", "evaluate tiles", "evaluate conversion", "credit",
        "credit train", "credit score", "credit evaluate", "credit explain", "simulate", "report",
        "audit record", "audit replay", "audit report", "audit review", "audit review draw", "audit review read", "audit review approve",
        "bench",
        "bench train", "bench infer", "bench import", "bench peak", "version",
    ]

    @Test(arguments: commands) func helpIsAsRead(_ command: String) throws {
        let bench = try Workbench()
        let run = try CommandRun.tessera(command.split(separator: " ").map(String.init) + ["--help"], in: bench.folder)
        #expect(run.code == 0)
        let name = command.isEmpty ? "tessera" : command.replacing(" ", with: "-")
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Snapshots/\(name).txt")
        if ProcessInfo.processInfo.environment["TESSERA_RECORD"] != nil {
            try Data(run.output.utf8).write(to: file)
            return
        }
        #expect(run.output == String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self), "help of \(name) changed")
    }

    @Test(
        arguments: commands.filter {
            ![
                "", "audit", "audit review", "audit rules", "audit subject", "evaluate", "sessions", "taxonomy", "labels", "intents",
                "rank", "convert",
                "credit", "bench",
                "version",
            ].contains($0)
        })
    func helpHasAnExample(
        _ command: String
    ) throws {
        let bench = try Workbench()
        let run = try CommandRun.tessera(command.split(separator: " ").map(String.init) + ["--help"], in: bench.folder)
        #expect(run.output.contains("Example: tessera \(command)"))
    }

    @Test func completionsAreMade() throws {
        let bench = try Workbench()
        for shell in ["bash", "zsh", "fish"] {
            let run = try CommandRun.tessera("--generate-completion-script", shell, in: bench.folder)
            #expect(run.code == 0 && run.output.contains("pretrain"))
        }
    }

    @Test func unknownOptionsAreAWrongUse() throws {
        let bench = try Workbench()
        let run = try CommandRun.tessera("import", "--nonsense", in: bench.folder)
        #expect(run.code == 64)
        #expect(run.output.isEmpty)
    }
}
