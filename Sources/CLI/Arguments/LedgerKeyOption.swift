internal import ArgumentParser
internal import Audit
internal import Glibc

/// The secret that signs a ledger, from a file or the environment, never from the command line, which others can read.
struct LedgerKeyOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("File of the key that signs the ledger (default: the variable TESSERA_LEDGER_KEY).", valueName: "file"),
        completion: .file())
    var ledgerKey: String?

    /// Nil when none is given.
    func key() throws -> SigningKey? { try SigningKey.load(fromFile: ledgerKey) }
}

/// The master key of the vault beside a ledger, from a file or the environment.
struct VaultKeyOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("File of the key of the ledger's vault (default: the variable TESSERA_VAULT_KEY).", valueName: "file"),
        completion: .file())
    var vaultKey: String?

    /// Nil when none is given.
    func key() throws -> VaultKey? { try VaultKey.load(fromFile: vaultKey) }

    /// The key, where nothing can be done without.
    func needed(for ledger: String) throws -> VaultKey {
        guard let key = try key() else {
            throw CommandFault(
                code: EX_CONFIG, place: ledger + ".keys", reason: "the vault needs its key, and none was given",
                remedy: "give --vault-key or the variable TESSERA_VAULT_KEY")
        }
        return key
    }

    /// The vault of a ledger; nil where it never had one.
    static func vault(besides ledger: String, _ access: Ledger.Access, _ key: VaultKey) throws -> SubjectVault? {
        do { return try SubjectVault(besides: ledger, access, master: key) } catch {
            guard error.kind == .notThere, error.path == ledger + ".keys" else { throw error }
            return nil
        }
    }
}
