internal import ArgumentParser
internal import DurableFiles
internal import IntentTaxonomy

struct LabelsAgreement: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "agreement",
        abstract: "How far annotators agree on each intent, and which intents pass the gate to training.",
        discussion: """
            Cohen's kappa of two annotators, Fleiss' of more, and Krippendorff's alpha, which also takes sessions that only some \
            labelled; each with an interval over sessions.

            Example: tessera labels agreement bank.labels --minimum-agreement 0.6 --train report-fraud
            """)

    @Argument(help: ArgumentHelp("Label set.", valueName: "labels"), completion: .directory) var labels: String
    @OptionGroup var options: MergeOptions
    @OptionGroup var gate: GateOptions
    @Option(
        help: ArgumentHelp("Write the sessions that people should decide, worst first, as JSON Lines.", valueName: "file"),
        completion: .file())
    var conflicts: String?
    @Flag(help: "Print a JSON object.") var json = false

    var outputs: [String] { conflicts.map { [$0] } ?? [] }
    var outputFiles: [String] { outputs }

    func run() throws {
        let labels = try LabelSet(labels)
        let agreement = try LabelAgreement(labels, merge: options.merge)
        let verdicts = try gate.gate.verdicts(agreement)
        let queue = ConflictQueue(labels, merge: options.merge)
        if let conflicts { try AtomicFile.write(Array(queue.jsonLines.utf8), to: conflicts) }
        if json {
            try StandardOutput.print(
                json: Summary(
                    taxonomy: labels.manifest.taxonomy, agreement: agreement, gate: gate.gate, verdicts: verdicts,
                    trained: verdicts.filter(\.isTrained).map(\.intent), conflicts: queue.entries.count))
        } else {
            try StandardOutput.print(
                agreement.text(verdicts) + "; \(Reading.count(queue.entries.count)) sessions to be decided"
                    + (conflicts == nil && !queue.entries.isEmpty ? " (--conflicts FILE lists them)" : ""))
        }
    }

    private struct Summary: Encodable {
        let taxonomy: TaxonomyReference
        let agreement: LabelAgreement
        let gate: LabelGate
        let verdicts: [LabelGate.Verdict]
        let trained: [String]
        let conflicts: Int
    }
}
