internal import ArgumentParser
internal import ArrowExchange
internal import CreditRisk
internal import DecisionRecords
internal import DurableFiles
internal import IntentTaxonomy
internal import SequenceKernel
internal import Studies

struct CreditScore: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Score applicants: probability to fall overdue, points, and reason codes.",
        discussion: """
            Reads the files that the training's configuration names, from the folder --data or by --file; outcomes are not needed, and \
            applicants, categories and codes that the training never saw are scored, too. A student (mgkd) needs no table of the service, \
            and one that is given is refused by name. The output is CSV (key, probability, points, reason_1 …), or JSON Lines with texts \
            and sizes where its name ends in .jsonl. The same input gives the same bytes at any number of threads.

            Example: tessera credit score credit.model --data bank/credit --out scores.csv
            Example: tessera credit score credit.model --data bank/credit --file applicants=today.csv --reasons 3 --out scores.jsonl
            """)

    @Argument(help: ArgumentHelp("Directory that `tessera credit train` wrote.", valueName: "model"), completion: .directory)
    var model: String
    @OptionGroup var files: CreditFiles
    @OptionGroup var serves: ServingPurpose
    @Option(help: ArgumentHelp("Reasons of each applicant at most; 0 for none.", valueName: "n")) var reasons = 4
    @Option(help: ArgumentHelp("File to write, .csv, .jsonl or .parquet.", valueName: "file"), completion: .file()) var out: String
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var consents: ConsentColumn
    @OptionGroup var key: KeyOption
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [model] + files.paths + serves.files }

    func validate() throws {
        try ledger.check(output: out)
        try consents.check(ledger)
        guard (0...100).contains(reasons) else { throw ValidationError("--reasons must lie between 0 and 100") }
    }

    func run() throws {
        let lock = try OutputLock(for: out)
        defer { lock.release() }
        let plugin = try ParquetOutput.plugin(for: out)
        let card = try CreditScorecard(model, threads: threads.count)
        let agreed = try consents.read(path(of: "applicants", card.configuration), key: card.configuration.applicants.key)
        try serves.opened().check(.scorecard(card.configuration, id: card.id, place: model))
        let data = try CreditData(
            card.configuration, folder: files.data ?? "", files: files.files, training: false, needsOutcomes: false)
        data.tell(outcomes: false)
        try data.tell(card)
        let scores = try card.scores(data, reasons: reasons, pool: WorkerPool(threads: threads.count))
        let key = card.configuration.applicants.key
        if let plugin {
            try CreditScorecard.writeParquet(scores, key: key, to: out, plugin: plugin)
        } else {
            let lines = out.hasSuffix(".jsonl") ? try CreditScorecard.jsonLines(scores) : []
            let recorder = try ledger.recorder(
                try recordedRun(card), model: card.id, purpose: serves.purpose?.rawValue ?? "credit", key: self.key.bytes())
            try record(recorder, card, scores, agreed, lines)
            let text = out.hasSuffix(".jsonl") ? lines.joined() : CreditScorecard.table(scores, key: key, reasons)
            try AtomicFile.write(Array(text.utf8), to: out)
            try recorder?.finish()
        }
        let mean = scores.reduce(0.0) { $0 + Double($1.probability) } / Double(max(1, scores.count))
        if json {
            return try StandardOutput.print(
                json: Printed(modelId: card.id, scored: scores.count, meanProbability: mean, read: data.counts))
        }
        try StandardOutput.print(
            "\(out): \(Reading.count(scores.count)) applicants, mean probability \(Reading.decimal(mean, 4)); "
                + "\(Reading.count(data.counts.refused)) rows refused")
    }

    private struct Printed: Encodable {
        let modelId: String
        let scored: Int
        let meanProbability: Double
        let read: CreditData.Counts
    }
}
