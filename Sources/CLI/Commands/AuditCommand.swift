internal import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Prove what was decided: verify the ledger, replay decisions, review labels, report, and tell subjects what is held.",
        discussion: """
            Commands that decide record every decision with --ledger: an entry in a SQLite file that only grows, chained by hashes and \
            signed, the input sealed under a key of each subject.

              tessera label today.corpus --model bank.model --intents bank.serving --ledger bank.ledger --out labels.jsonl
              tessera audit verify bank.ledger
              tessera audit replay bank.ledger --sample 100
            """,
        subcommands: [AuditReplay.self])
}
