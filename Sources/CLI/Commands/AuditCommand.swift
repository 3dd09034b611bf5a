internal import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Prove labels and scores: record, verify, replay and review decisions, show and erase what is held about somebody.",
        discussion: """
            Commands that decide record every decision with --ledger: an entry in a file that only grows, chained by hashes and signed, the \
            input sealed under a key of its subject. The whole set-up; keep the key files apart from the ledger, and anchors elsewhere:

              tessera audit key ledger.key       # signs; auditors keep the public half
              tessera audit key vault.key        # seals the inputs of each subject
              export TESSERA_LEDGER_KEY=$(cat ledger.key) TESSERA_VAULT_KEY=$(cat vault.key)
              tessera label c --model m --intents i --ledger bank.ledger --out labels.jsonl
              tessera audit verify bank.ledger --key PUBLIC --write-anchor today.anchor
              tessera audit replay bank.ledger --sample 100
              tessera audit subject show bank.ledger --visitor - --key tessera.key
            """,
        subcommands: [
            AuditKey.self, AuditRecord.self, AuditReplay.self, AuditReportCommand.self, AuditRetention.self, AuditReviewCommand.self,
            AuditRotate.self, AuditRules.self, AuditSubject.self, AuditVerify.self,
        ])
}
