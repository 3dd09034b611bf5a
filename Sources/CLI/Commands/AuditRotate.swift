internal import ArgumentParser
internal import Audit
internal import Glibc

struct AuditRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace the key that signs a ledger, the key of its vault, or both.",
        discussion: """
            A new signing key is introduced by an entry that the old and the new key sign; who still appends with the old one is \
            refused. A ledger that was not signed so far gets its first key. A new vault key wraps every subject's key anew, in one step: \
            interrupted, it can be asked again. Sealed inputs stay as they are. Backups of the vault remain under the old key: destroy \
            both together.

            Example: tessera audit rotate bank.ledger --ledger-key old.key --new-ledger-key new.key
            """)

    @Argument(help: ArgumentHelp("Ledger.", valueName: "ledger"), completion: .file()) var ledger: String
    @OptionGroup var ledgerKey: LedgerKeyOption
    @Option(help: ArgumentHelp("Key file that signs from here on.", valueName: "file"), completion: .file()) var newLedgerKey: String?
    @OptionGroup var vaultKey: VaultKeyOption
    @Option(help: ArgumentHelp("Key file of the vault from here on.", valueName: "file"), completion: .file()) var newVaultKey: String?
    @Flag(help: "Print a JSON object.") var json = false

    func validate() throws {
        if newLedgerKey == nil, newVaultKey == nil { throw ValidationError("name --new-ledger-key, --new-vault-key or both") }
    }

    private struct Summary: Encodable {
        var entry: Int?
        var `public`: String?
        var rewrapped: Int?
    }

    func run() throws {
        var summary = Summary()
        // Both new keys are read before anything is changed.
        let newSigner = try newLedgerKey.map { try SigningKey.load(fromFile: $0) } ?? nil
        let newMaster = try newVaultKey.map { try VaultKey.load(fromFile: $0) } ?? nil
        if let newMaster {
            summary.rewrapped = try SubjectVault.rewrap(besides: ledger, from: vaultKey.needed(for: ledger), to: newMaster)
        }
        if let newSigner {
            summary.entry = try Ledger(at: ledger, .existing, signingKey: ledgerKey.key()).rotate(to: newSigner)
            summary.public = newSigner.publicKey.hex
        }
        if json { return try StandardOutput.print(json: summary) }
        if let count = summary.rewrapped { try StandardOutput.print("\(ledger).keys: \(Reading.count(count)) keys wrapped anew") }
        if let entry = summary.entry, let key = summary.public {
            try StandardOutput.print("\(ledger): signed from entry \(Reading.count(entry)) on by \(key)")
        }
    }
}
