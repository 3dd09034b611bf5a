internal import ArgumentParser

struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "See how the sessions of an export compare with those of a rule, and send them to a service.",
        subcommands: [SessionsReconcile.self, SessionsExport.self])
}
