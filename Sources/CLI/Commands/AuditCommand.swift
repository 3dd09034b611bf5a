internal import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Prove labels and scores: record, verify, replay and review decisions, show and erase what is held about somebody.",
        discussion: """
            Commands that decide record every decision with --ledger: an entry in a file that only grows, chained by hashes and signed, the \
            input sealed under a key of its subject. The whole set-up:

              tessera audit key ledger.key                      # signs the ledger; prints the public half, which auditors keep
              tessera audit key vault.key                       # seals inputs by subject; keep both files apart from the ledger
              export TESSERA_LEDGER_KEY=$(cat ledger.key) TESSERA_VAULT_KEY=$(cat vault.key)   # or --ledger-key and --vault-key
              tessera label today.corpus --model bank.model --intents bank.serving --ledger bank.ledger --out labels.jsonl
              tessera audit verify bank.ledger --key PUBLIC --write-anchor today.anchor        # keep anchors elsewhere
              tessera audit replay bank.ledger --sample 100
              tessera audit review draw labels.jsonl --corpus today.corpus --taxonomy retail-bank.yaml --out march.review
              tessera audit subject erase bank.ledger --visitor - --key tessera.key --receipt receipt.json
            """,
        subcommands: [
            AuditKey.self, AuditRecord.self, AuditReplay.self, AuditReviewCommand.self, AuditRotate.self, AuditSubject.self,
            AuditVerify.self,
        ])
}
