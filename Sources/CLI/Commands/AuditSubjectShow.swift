internal import ArgumentParser
internal import Audit
internal import Glibc

struct AuditSubjectShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print everything that a ledger holds about one subject.",
        discussion: """
            Every decision, review and erasure in the order of the ledger: when, what for, by which model, with which consent, what was \
            decided and why, and the input, where it was kept, was not erased and the vault's key is given. Markdown, or JSON. Reading \
            does not verify: run `tessera audit verify` first. Somebody of whom nothing is held is an answer, too.

            Example: tessera audit subject show bank.ledger --visitor - --key tessera.key --vault-key vault.key
            """)

    @Argument(help: ArgumentHelp("Ledger.", valueName: "ledger"), completion: .file()) var ledger: String
    @OptionGroup var subject: SubjectOption
    @OptionGroup var vaultKey: VaultKeyOption
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        let opened = try Ledger(at: ledger, .readOnly)
        let chosen = try subject.chosen(in: opened)
        let vault = try vaultKey.key().flatMap { try VaultKeyOption.vault(besides: ledger, .readOnly, $0) }
        let account = try SubjectAccount(of: chosen.pseudonym, in: opened, vault: vault)
        if json { try StandardOutput.print(json: account) } else { try StandardOutput.print(account.text) }
    }
}
