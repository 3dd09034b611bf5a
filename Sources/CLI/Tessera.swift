internal import ArgumentParser
internal import Glibc

/// Takes: arguments. Gives: one library call, its result on standard output, talk on standard error.
@main
struct Tessera: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera",
        abstract: "Session embeddings from an exported clickstream.",
        discussion: """
            An export file goes in; typed events, sessions, a self-supervised encoder and compact session embeddings come out:

              tessera import clicks.csv.gz --out bank.corpus
              tessera pretrain bank.corpus --out bank.model
              tessera embed bank.corpus --model bank.model --out sessions.npy

            Results go to standard output, talk to standard error. Exit codes are those of sysexits: 0 done, 64 usage, 65 bad \
            data, 66 no such input, 69 something is not installed, 70 a bug, 73 cannot create, 74 input or output failed, \
            75 try later, 77 not permitted, 78 bad configuration, 130 interrupted (and resumable).
            """,
        version: Version.text,
        subcommands: [
            Import.self, Validate.self, SessionsCommand.self, Inspect.self, Pretrain.self, Embed.self, Evaluate.self, TaxonomyCommand.self,
            LabelsCommand.self,
            IntentsCommand.self, Label.self, Link.self, RankCommand.self, ConvertCommand.self, CreditCommand.self, AuditCommand.self,
            Pack.self, Serve.self, APIKey.self, Simulate.self, Report.self,
            Bench.self, Version.self,
        ])

    static func main() {
        // A write beyond a file-size limit must come back as an error that can be told, not as a signal.
        signal(SIGXFSZ, SIG_IGN)
        var outputs: [String] = []
        do {
            var command = try parseAsRoot()
            if let writing = command as? any WritesOutput {
                outputs = writing.outputs
                try writing.checkOutputs()
            }
            try command.run()
            try StandardOutput.flush()
        } catch let error where error is ExitCode || error is CleanExit || error is ValidationError || Self.isUsage(error) {
            exit(afterSaying: error)
        } catch {
            let diagnosis = Diagnosis(error, outputs: outputs)
            StandardError.write("tessera: \(diagnosis.text)\n")
            Glibc.exit(diagnosis.code)
        }
    }

    /// Ends with the parser's own text: help and completions are results, and failing to write them is a failure.
    private static func exit(afterSaying error: any Error) -> Never {
        let text = fullMessage(for: error)
        let code = exitCode(for: error)
        guard code == .success, !text.isEmpty else { exit(withError: error) }
        do {
            try StandardOutput.print(text)
            try StandardOutput.flush()
        } catch {
            let diagnosis = Diagnosis(error)
            StandardError.write("tessera: \(diagnosis.text)\n")
            Glibc.exit(diagnosis.code)
        }
        Glibc.exit(code.rawValue)
    }

    /// True for what the argument parser itself refuses.
    private static func isUsage(_ error: any Error) -> Bool {
        String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }
}
