internal import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check what was decided, and prove it.",
        subcommands: [
            AuditReviewCommand.self
        ])
}
