internal import ArgumentParser
internal import CreditRisk
internal import DurableFiles
internal import ReportPage
internal import SequenceKernel
internal import Studies

struct CreditEvaluate: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Judge a scorecard by customers who did not teach it, beside models without its sequences.",
        discussion: """
            Judged by the customers that `tessera credit train` set aside (--judges), from the end of what it learnt from (--before), or \
            from --from TIME: AUC, KS, Gini, average precision, log loss, Brier score, calibration and deciles, each with a 95 % interval; \
            differences from the network alone, from the same business model without sequences, from logistic regression, a perceptron \
            and a random forest, paired by customer, with DeLong's test where each customer is there once; how far scores moved (PSI); \
            and what it would have approved at equal approval rates. --page writes all of it as one self-contained HTML page; with \
            --show-applicant the riskiest applicant judged is explained on it, which shows what the tables hold of that person: keep the \
            page as you keep them.

            Example: tessera credit evaluate credit.model --data bank/credit --page credit.html
            """)

    @Argument(help: ArgumentHelp("Directory that `tessera credit train` wrote.", valueName: "model"), completion: .directory)
    var model: String
    @OptionGroup var files: CreditFiles
    @Option(help: ArgumentHelp("Judge by decisions from this time on.", valueName: "time")) var from: Moment?
    @Option(help: ArgumentHelp("HTML page to write.", valueName: "file.html"), completion: .file()) var page: String?
    @Flag(help: "Explain the riskiest applicant judged on the page, with fields and records from the tables.") var showApplicant = false
    @Flag(help: "Say on the page that the data are synthetic.") var synthetic = false
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print JSON.") var json = false

    var outputs: [String] { [page].compactMap { $0 } }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [model] + files.paths }

    func validate() throws {
        guard !showApplicant || page != nil else { throw ValidationError("--show-applicant needs --page") }
    }

    func run() throws {
        let lock = try page.map { try OutputLock(for: $0) }
        defer { lock?.release() }
        let pool = WorkerPool(threads: threads.count)
        let card = try CreditScorecard(model, threads: threads.count)
        let data = try CreditData(
            card.configuration, folder: files.data ?? "", files: files.files, training: false, needsOutcomes: true)
        data.tell(outcomes: true)
        try data.tell(card)
        let (study, leftOut) = try CreditStudy.judged(card, data, from: from?.microseconds, pool: pool)
        if let page {
            let riskiest = try !showApplicant ? nil : CreditStudy.riskiest(card, data, from: from?.microseconds, pool: pool)
            let html = CreditReport(card: card.card, modelID: card.id, study: study, explained: riskiest).page(synthetic: synthetic).html()
            try AtomicFile.write(Array(html.utf8), to: page)
            StandardError.write("\(page): \(Reading.count(html.utf8.count)) bytes\n")
        }
        if json { return try StandardOutput.print(json: Printed(modelId: card.id, leftOut: leftOut, study: study)) }
        try StandardOutput.print(CreditText(study, leftOut: leftOut).text)
    }

    private struct Printed: Encodable {
        let modelId: String
        let leftOut: Int
        let study: CreditStudy
    }
}
