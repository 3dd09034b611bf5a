internal import ArgumentParser
internal import Audit
internal import DurableFiles
internal import FoundationEssentials
internal import Glibc

struct AuditSubjectErase: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Destroy the key of one subject, so that nobody can read its inputs any more; the ledger still verifies.",
        discussion: """
            The erasure is recorded in the ledger first, so that it holds for every copy of the vault: an older copy that is put in place \
            loses the key again. Then the key is overwritten, in the write-ahead log, too. Backups of the vault that were made before \
            still hold the wrapped key: let them end. What was decided, and why, stays by design, under the pseudonym. The receipt says \
            what was destroyed, what stays, and whether anything that stays holds the identifier itself. Asked again, the same receipt \
            is given.

            Example: tessera audit subject erase bank.ledger --visitor - --key tessera.key --receipt receipt.json
            """)

    @Argument(help: ArgumentHelp("Ledger.", valueName: "ledger"), completion: .file()) var ledger: String
    @OptionGroup var subject: SubjectOption
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var purpose = "request of the subject"
    @Option(help: ArgumentHelp("Who asked, by role: the ledger keeps it.", valueName: "role")) var by = "data protection"
    @Option(help: ArgumentHelp("File for the receipt, JSON.", valueName: "file"), completion: .file()) var receipt: String
    @OptionGroup var ledgerKey: LedgerKeyOption
    @OptionGroup var vaultKey: VaultKeyOption
    @Flag(help: "Print the receipt as a JSON object.") var json = false

    var outputs: [String] { [receipt] }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [ledger, ledger + ".keys"] }

    private struct Receipt: Encodable {
        let format = 1
        let ledger, subject, time, purpose, by: String
        /// The entry that records it, and its hash.
        let entry: Int
        let hash: String
        /// What was destroyed.
        let keysDestroyed, inputsErased: Int
        /// What stays: entries that keep an output or evidence, and those of them that hold the identifier itself.
        let outputsKept: Int
        let outputsNaming: [Int]?
        /// Whether only who has the key of the imports can find the outputs that stay by the identifier; nil where that is not known.
        let pseudonymIsKeyed: Bool?
        let statement: String
    }

    func run() throws {
        let lock = try OutputLock(for: receipt)
        defer { lock.release() }
        let opened = try Ledger(at: ledger, .existing, signingKey: ledgerKey.key())
        let chosen = try subject.chosen(in: opened)
        guard let vault = try VaultKeyOption.vault(besides: ledger, .existing, vaultKey.needed(for: ledger)) else {
            throw CommandFault(
                code: EX_NOINPUT, place: ledger + ".keys", reason: "there is no vault beside this ledger, so no input was ever sealed",
                remedy: "check the path; nothing was erased")
        }
        let done = try vault.erase(chosen.pseudonym, in: opened, purpose: purpose, actor: by, software: Version.text)
        let naming = try LedgerNaming(chosen.pseudonym, chosen.words, in: opened)
        let recorded = try opened.entry(at: done.sequence)
        let written = Receipt(
            ledger: SHA256Digest.hex(opened.identity), subject: SHA256Digest.hex(chosen.pseudonym), time: LedgerTime.text(done.time),
            purpose: recorded.purpose, by: recorded.actor, entry: done.sequence, hash: SHA256Digest.hex(done.hash),
            keysDestroyed: done.keys, inputsErased: done.entries, outputsKept: naming.kept,
            outputsNaming: chosen.words.isEmpty ? nil : naming.naming, pseudonymIsKeyed: chosen.isKeyed,
            statement: "The keys under which the inputs of this subject were sealed are destroyed; nobody can read these inputs any more. "
                + "What was decided, and why, stays under the pseudonym, so that decisions can be proven."
                + (chosen.isKeyed == false
                    ? " The pseudonym was made without a key: whoever has the ledger and the identifier can still find these decisions."
                    : ""))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        do { try AtomicFile.write(Array(try encoder.encode(written)) + [0x0A], to: receipt) } catch {
            StandardError.write("erase: erased, but the receipt could not be written; run the command again for it\n")
            throw error
        }
        if !naming.naming.isEmpty {
            StandardError.write(
                "erase: warning: \(Reading.count(naming.naming.count)) outputs that stay hold the identifier itself, the first is entry "
                    + "\(naming.naming[0]); import with --key, so that outputs hold pseudonyms\n")
        }
        if json { return try StandardOutput.print(json: written) }
        try StandardOutput.print(
            "\(receipt): entry \(Reading.count(done.sequence)) of \(LedgerTime.text(done.time)): \(Reading.count(done.keys)) keys destroyed, "
                + "\(Reading.count(done.entries)) inputs erased; \(Reading.count(naming.kept)) outputs stay")
    }
}
