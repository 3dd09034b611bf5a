internal import ArgumentParser
internal import CreditRisk
internal import SequenceKernel

struct CreditExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain one applicant's score: reason codes, and what single records and fields do to it.",
        discussion: """
            Reasons are the terms of the business model, with the points they take and the share of models by other seeds that give them, \
            too. Effects say how much lower the log odds to fall overdue are when the applicant is scored without a table, a field or one \
            of the latest records; below 0 speaks for the applicant. It shows what the tables hold of this applicant: keep it as you \
            keep them.

            Example: tessera credit explain credit.model a0000007 --data bank/credit
            """)

    @Argument(help: ArgumentHelp("Directory that `tessera credit train` wrote.", valueName: "model"), completion: .directory)
    var model: String
    @Argument(help: ArgumentHelp("The applicants' key.", valueName: "customer")) var customer: String
    @OptionGroup var files: CreditFiles
    @Option(help: ArgumentHelp("Reasons, fields and records to show at most.", valueName: "n")) var most = 8
    @Option(help: ArgumentHelp("Latest records that are taken away one at a time.", valueName: "n")) var latest = 200
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (1...1_000).contains(most) else { throw ValidationError("--most must lie between 1 and 1,000") }
        guard (0...100_000).contains(latest) else { throw ValidationError("--latest must lie between 0 and 100,000") }
    }

    func run() throws {
        let card = try CreditScorecard(model, threads: threads.count)
        let data = try CreditData(
            card.configuration, folder: files.data ?? "", files: files.files, training: false, needsOutcomes: false)
        data.tell(outcomes: false)
        let found = try CreditExplanation(
            card, data, customer: customer, most: most, latest: latest, pool: WorkerPool(threads: threads.count))
        if json { return try StandardOutput.print(json: found) }
        try StandardOutput.print(CreditText(found, stability: card.card.reasons).text)
    }
}
