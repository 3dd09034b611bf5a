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
    @Option(
        help: ArgumentHelp("An anchor that was kept elsewhere. May be repeated.", valueName: "file"), completion: .file())
    var anchor: [String] = []
    @Option(
        help: ArgumentHelp(
            "A public key that you trust: 64 hexadecimal digits, or a file that holds them. One that signed at any time is enough. May be "
                + "repeated.", valueName: "public"), completion: .file())
    var key: [String] = []
    @Flag(help: "Have SQLite check pages and indexes, too; takes about twice as long.") var pages = false
    @Option(
        help: ArgumentHelp("File for an anchor of the end that was verified: one line of JSON.", valueName: "file"), completion: .file())
    var writeAnchor: String?
    @Flag(help: "Print a JSON object.") var json = false

    var outputs: [String] { [writeAnchor].compactMap { $0 } }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [ledger] + anchor + key.filter { PublicKey(hex: $0) == nil } }

    func run() throws {
        Interruption.watch()
        let lock = try writeAnchor.map { try OutputLock(for: $0) }
        defer { lock?.release() }
        var options = LedgerVerification.Options()
        options.trustedKeys = try key.map(Self.publicKey)
        options.anchors = try anchor.map { try LedgerAnchor(json: FileSystem.live.contents(of: $0, limit: 1 << 16), place: $0) }
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

    private static func publicKey(_ text: String) throws -> PublicKey {
        if let key = PublicKey(hex: text) { return key }
        let digits = try FileSystem.live.contents(of: text, limit: 4096).filter { !" \t\r\n".utf8.contains($0) }
        guard let key = PublicKey(hex: String(decoding: digits, as: UTF8.self)) else {
            throw CommandFault(
                code: EX_CONFIG, place: text, reason: "this is not a public key of 64 hexadecimal digits",
                remedy: "take what `tessera audit key` printed")
        }
        return key
    }
}
