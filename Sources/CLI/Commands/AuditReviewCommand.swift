internal import ArgumentParser

struct AuditReviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "Have people judge a sample of labels; say how right all labels are; suspend intents that are not.",
        discussion: """
            `draw` writes a sheet for each reviewer and the design of the sample; `read` reads filled sheets; `approve` ends a suspension.
            """,
        subcommands: [AuditReviewApprove.self, AuditReviewDraw.self, AuditReviewRead.self])
}
