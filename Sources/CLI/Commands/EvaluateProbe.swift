internal import ArgumentParser
internal import Evaluation
internal import EventStream
internal import Studies

struct EvaluateProbe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "How much of the hidden need embeddings reveal, beside page counts and the last page.",
        discussion: """
            Fits a frozen linear probe on 60 % of the visitors, chooses its penalty on 20 % and judges on 20 %. The truth is the \
            folder that `tessera simulate` writes beside its export.

            Example: tessera evaluate probe bank.corpus --model bank.model --truth bank/truth
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(help: ArgumentHelp("Folder with needs.csv and sessions.csv.", valueName: "dir"), completion: .directory) var truth: String
    @Option(help: ArgumentHelp("Field that names a page.", valueName: "field")) var page = "url"
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        let corpus = try Corpus.open(corpus)
        let hidden = try HiddenTruth(folder: truth)
        let embedded = try EmbeddedSessions(corpus, modelAt: model, threads: threads.count)
        let progress = ProgressLine("probe")
        progress.finish("fitting three probes on \(Reading.count(hidden.sessions.count)) sessions with a known need")
        let study = try ProbeStudy(
            corpus, embeddings: embedded.floats, dimension: embedded.dimension, truth: hidden, pageField: page)
        if json {
            try StandardOutput.print(json: ProbeSummary(study))
            return
        }
        var lines = ["hidden need found in \(Reading.count(study.sessions.test)) sessions (95 % interval):"]
        var rows = [("embedding", study.embedding), ("page counts", study.pageCounts), ("last page", study.lastPage)]
        if let best = study.bestPossible { rows.append(("best possible", best)) }
        rows.append(("embedding less page counts", study.difference))
        if let share = study.shareOfPossibleGain { rows.append(("share of possible gain", share)) }
        for (name, metric) in rows {
            lines.append(
                "  \(name): \(Reading.percent(metric.estimate)) (\(Reading.percent(metric.lower)) to \(Reading.percent(metric.upper)))")
        }
        try StandardOutput.print(lines.joined(separator: "\n"))
    }
}
