internal import ArgumentParser
internal import DurableFiles
internal import FoundationEssentials
internal import IntentTaxonomy

struct AuditReviewApprove: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Allow a suspended intent again, by name and date.",
        discussion: """
            The suspension stays in the classifier's directory with the approval beside it; nothing is removed. With --ledger the approval \
            is entered there, too. Labels for judging a suspended intent are made by `tessera label --for-evaluation`.

            Example: tessera audit review approve bank.serving --intent card-compare --by "Model risk" --note "Review of 3 March"
            """)

    @Argument(help: ArgumentHelp("Classifier in whose directory it is suspended.", valueName: "serving"), completion: .directory)
    var serving: String
    @Option(help: ArgumentHelp("The intent's id.", valueName: "intent")) var intent: String
    @Option(help: ArgumentHelp("Who approves.", valueName: "name")) var by: String
    @Option(help: ArgumentHelp("What a later reader should know.", valueName: "text")) var note: String?
    @Option(help: ArgumentHelp("When, as ISO 8601; now unless given.", valueName: "time")) var at: String?
    @OptionGroup var ledger: ReviewLedgerOption
    @Flag(help: "Print a JSON object.") var json = false

    var outputs: [String] { ["\(serving)/\(IntentSuspensions.file)"] }
    var outputFiles: [String] { outputs }
    var inputs: [String] { ledger.files }

    func validate() throws {
        guard by.contains(where: { !$0.isWhitespace }) else { throw ValidationError("--by must name somebody") }
        if let at, (try? Date(at, strategy: .iso8601)) == nil {
            throw ValidationError("--at must be ISO 8601, such as 2026-03-01T12:00:00Z")
        }
    }

    func run() throws {
        let folder = try SuspendedClassifier(serving)
        let lift = IntentSuspensions.Lift(by: by, at: at ?? Date().formatted(.iso8601), note: note)
        try folder.approve(intent, lift, in: ledger.opened())
        let left = try IntentSuspensions(in: serving).inForce
        if json {
            struct Summary: Encodable {
                let intent: String
                let by: String
                let at: String
                let suspended: [String]
            }
            return try StandardOutput.print(json: Summary(intent: intent, by: by, at: lift.at, suspended: left))
        }
        try StandardOutput.print(
            "\(serving): \(intent) may be told again, approved by \(by), \(lift.at)"
                + (left.isEmpty ? "" : "; still suspended: \(left.joined(separator: ", "))"))
    }
}
