internal import ArgumentParser
internal import DurableFiles
internal import IntentTaxonomy
internal import SequenceEmbedding

struct IntentsPack: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Pack a classifier for serving, if its taxonomy is approved.",
        discussion: """
            The packed directory carries the approval. A taxonomy approved after the training is given with --taxonomy: its content must \
            be, word by word, the one the classifier was trained under. Suspensions of intents (`tessera audit review`) are kept, those of \
            the classifier that is replaced, too.

            Example: tessera intents pack bank.intents --model bank.model --taxonomy taxonomy/retail-bank.yaml --out bank.serving
            """)

    @Argument(help: ArgumentHelp("Directory that `tessera intents train` wrote.", valueName: "intents"), completion: .directory)
    var intents: String
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(
        help: ArgumentHelp("Taxonomy file with the approval.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var taxonomy: String?
    @Option(help: ArgumentHelp("Directory to write.", valueName: "serving"), completion: .directory) var out: String
    @Flag(help: "Replace what was packed there before.") var replace = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var inputs: [String] { [intents, model] + (taxonomy.map { [$0] } ?? []) }

    func run() throws {
        let artifact = try ModelArtifact(model)
        let classifier = try IntentClassifier(intents, encoder: artifact)
        let approved = try taxonomy.map { try TaxonomyFile.valid($0) }
        let packed = try classifier.packed(approvedBy: approved, place: taxonomy ?? intents)
        let id = try packed.write(to: out, replacing: replace)
        let suspended = try IntentSuspensions(in: out).inForce
        guard let approval = packed.taxonomy.approval else { return }
        if json {
            return try StandardOutput.print(
                json: Summary(
                    classifierId: id, encoderId: artifact.id, taxonomy: packed.settings.taxonomy, approvedBy: approval.by,
                    approvedAt: approval.at, suspended: suspended))
        }
        try StandardOutput.print(
            "\(out): classifier \(id.prefix(12)) of \(packed.count) intents; taxonomy \(packed.taxonomy.id) \(packed.taxonomy.version) "
                + "approved by \(approval.by), \(approval.at)"
                + (suspended.isEmpty ? "" : "; suspended: \(suspended.joined(separator: ", "))"))
    }

    private struct Summary: Encodable {
        let classifierId: String
        let encoderId: String
        let taxonomy: TaxonomyReference
        let approvedBy: String
        let approvedAt: String
        let suspended: [String]
    }
}
