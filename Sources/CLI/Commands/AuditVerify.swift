internal import ArgumentParser
internal import Audit
internal import DurableFiles
internal import Glibc

struct AuditVerify: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Say whether a ledger is whole, who signed it, and if not, what was done to it and where.",
        discussion: """
            Reads every entry. Changed, removed, added, swapped and moved entries are told with their numbers; a tail that was cut off is \
            told from an edited record. Give the public key that you keep elsewhere: without it the keys that the file itself names are \
            taken. Give the anchors, too: they tell a ledger that was cut at a commit, or written anew by somebody who has the key. \
            Ends with 1 where the ledger is not whole, and then writes no anchor. Needs no secret key.

            Example: tessera audit verify bank.ledger --key auditor.pub --anchor march.anchor --write-anchor april.anchor
            """)

    @Argument(help: ArgumentHelp("Ledger.", valueName: "ledger"), completion: .file()) var ledger: String
    @OptionGroup var trust: LedgerTrust
    @Flag(help: "Have SQLite check pages and indexes, too; takes about twice as long.") var pages = false
    @Option(
        help: ArgumentHelp("File for an anchor of the end that was verified: one line of JSON.", valueName: "file"), completion: .file())
    var writeAnchor: String?
    @Flag(help: "Print a JSON object.") var json = false

    var outputs: [String] { [writeAnchor].compactMap { $0 } }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [ledger] + trust.files }

    func run() throws {
        Interruption.watch()
        let lock = try writeAnchor.map { try OutputLock(for: $0) }
        defer { lock?.release() }
        var options = try trust.options()
        options.checksIndexes = pages
        // Taken before the walk, which then has to bear it out.
        let end = try writeAnchor.map { _ in try Ledger(at: ledger, .readOnly).exportAnchor() } ?? nil
        if writeAnchor != nil, end == nil {
            throw CommandFault(code: EX_DATAERR, place: ledger, reason: "the ledger is empty", remedy: "anchor it after its first entry")
        }
        let verdict = try verify(options, end)
        if verdict.intact, let writeAnchor, let end { try AtomicFile.write(Array((end.json + "\n").utf8), to: writeAnchor) }
        for warning in verdict.warnings { StandardError.write("verify: warning: \(warning)\n") }
        if json { try StandardOutput.print(json: verdict) } else { try StandardOutput.print(verdict.text(ledger)) }
        guard verdict.intact else {
            if let writeAnchor { StandardError.write("verify: \(writeAnchor) was not written: the ledger is not whole\n") }
            try StandardOutput.flush()
            throw ExitCode(1)
        }
    }

    private func verify(_ options: LedgerVerification.Options, _ end: LedgerAnchor?) throws -> LedgerVerdict {
        var walked = options
        walked.anchors += [end].compactMap { $0 }
        let line = ProgressLine("verify")
        let result = try LedgerVerification.run(at: ledger, walked) { done in
            line.update("\(Reading.count(done)) entries, \(Reading.count(Int(Double(done) / max(line.elapsed, 1e-6)))) a second")
            return !Interruption.isRequested
        }
        guard let result else { throw Interrupted(remedy: "nothing was changed; run the command again") }
        return LedgerVerdict(result, options)
    }
}
