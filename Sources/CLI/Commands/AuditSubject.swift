internal import ArgumentParser

struct AuditSubject: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subject",
        abstract: "Show what a ledger holds about somebody, or erase the inputs it keeps of somebody.",
        subcommands: [AuditSubjectErase.self, AuditSubjectShow.self])
}
