internal import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "What may be used for what, and what is held of whom.",
        subcommands: [AuditReportCommand.self, AuditRetention.self, AuditRules.self])
}
