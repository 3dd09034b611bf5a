internal import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Prove labels and scores by the ledger: verify it, show and erase what it holds about somebody.",
        discussion: """
            The whole set-up:

              tessera audit key ledger.key                      # signs the ledger; prints the public half, which auditors keep
              tessera audit key vault.key                       # seals inputs by subject; keep both files apart from the ledger
              export TESSERA_LEDGER_KEY=$(cat ledger.key) TESSERA_VAULT_KEY=$(cat vault.key)   # or --ledger-key and --vault-key
              tessera audit verify bank.ledger --key PUBLIC --write-anchor today.anchor        # keep anchors elsewhere
              tessera audit subject erase bank.ledger --visitor - --key tessera.key --receipt receipt.json
            """,
        subcommands: [AuditKey.self, AuditRotate.self, AuditSubject.self, AuditVerify.self])
}
