internal import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Prove labels and scores by the ledger: verify it, show and erase what it holds about somebody.",
        discussion: """
            The whole set-up; keep the key files apart from the ledger, and anchors elsewhere:

              tessera audit key ledger.key       # signs; auditors keep the public half
              tessera audit key vault.key        # seals the inputs of each subject
              export TESSERA_LEDGER_KEY=$(cat ledger.key) TESSERA_VAULT_KEY=$(cat vault.key)
              tessera audit verify bank.ledger --key PUBLIC --write-anchor today.anchor
              tessera audit subject show bank.ledger --visitor - --key tessera.key
            """,
        subcommands: [AuditKey.self, AuditRotate.self, AuditSubject.self, AuditVerify.self])
}
