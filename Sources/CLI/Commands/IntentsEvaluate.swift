internal import ArgumentParser
internal import Evaluation
internal import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel
internal import Studies

struct IntentsEvaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Judge a classifier of intents by labels, beside simple baselines.",
        discussion: """
            Train with --before TIME and judge with --from TIME. Visitors who taught the classifier do not judge it: their sessions are left \
            out here, and training leaves out visitors who have labelled sessions later. Labels of several annotators are merged as for the \
            training. The baselines learn the same confidences of the sessions before, and are calibrated in the same way.

            Example: tessera intents evaluate bank.corpus --model bank.model --intents bank.intents --labels bank.labels --from 2026-02-01
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(help: ArgumentHelp("Directory that `tessera intents train` wrote.", valueName: "intents"), completion: .directory) var intents:
        String
    @Option(help: ArgumentHelp("Label set.", valueName: "labels"), completion: .directory) var labels: String
    @OptionGroup var period: SessionPeriod
    @Flag(help: "Do without the baselines, which take most of the time.") var noBaselines = false
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let events = try Corpus.open(corpus)
        let artifact = try ModelArtifact(model)
        let classifier = try IntentClassifier(intents, encoder: artifact)
        let set = try LabelSet(labels)
        try set.check(corpus: events)
        try set.check(taxonomy: classifier.taxonomy, place: labels)
        let judged = try period.sessions(of: events)
        let study = try ClassifierStudy(
            classifier, encoder: artifact, corpus: events, labels: try set.merged(classifier.card.merge), digest: set.manifest.digest,
            judged: judged, withBaselines: !noBaselines && judged != nil, pool: WorkerPool(threads: threads.count)
        ) { StandardError.write("intents: \($0)\n") }
        if json { return try StandardOutput.print(json: study) }
        try StandardOutput.print(study.text)
    }
}
