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
            the classifier that is replaced, too. With --rules and --purpose what is banned is refused; \
            --leave-out-banned cuts the outputs of banned intents out of the network, and everything else stays as it was.

            Example: tessera intents pack bank.intents --model bank.model --taxonomy taxonomy/retail-bank.yaml --out bank.serving
            Example: tessera intents pack bank.intents --model bank.model --rules taxonomy/rules.yaml --purpose marketing \
            --leave-out-banned --out bank.marketing
            """)

    @Argument(help: ArgumentHelp("Directory that `tessera intents train` wrote.", valueName: "intents"), completion: .directory)
    var intents: String
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(
        help: ArgumentHelp("Taxonomy file with the approval.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var taxonomy: String?
    @OptionGroup var serves: TrainingPurpose
    @Flag(help: "Pack it without the intents that are banned for the purpose.") var leaveOutBanned = false
    @Option(help: ArgumentHelp("Directory to write.", valueName: "serving"), completion: .directory) var out: String
    @Flag(help: "Replace what was packed there before.") var replace = false
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var inputs: [String] { [intents, model] + (taxonomy.map { [$0] } ?? []) + serves.files }

    func validate() throws {
        guard !leaveOutBanned || !serves.purpose.isEmpty else { throw ValidationError("--leave-out-banned needs --rules and --purpose") }
    }

    func run() throws {
        let artifact = try ModelArtifact(model)
        let classifier = try IntentClassifier(intents, encoder: artifact)
        let approved = try taxonomy.map { try TaxonomyFile.valid($0) }
        let allowed = try serves.opened()
        let remedy = "leave it out with --leave-out-banned"
        var use = try ModelUse.encoder(artifact, place: model) + ModelUse.classifier(classifier, place: intents, remedy: remedy)
        let banned = leaveOutBanned ? allowed.bannedIntents(use) : []
        use.intents.removeAll { banned.contains($0.id) }
        if !allowed.purposes.isEmpty { try allowed.check(use) }
        let packed = try classifier.leavingOut(banned, place: intents).packed(approvedBy: approved, place: taxonomy ?? intents)
        // What it was trained for goes with it where nobody names a purpose now.
        let kept = try PurposeRecord.read(ofModelAt: intents).map { [PurposeRecord.file: $0.json] } ?? [:]
        let id = try packed.write(to: out, with: allowed.purposes.isEmpty ? kept : allowed.record, replacing: replace)
        let suspended = try IntentSuspensions(in: out).inForce
        guard let approval = packed.taxonomy.approval else { return }
        if json {
            return try StandardOutput.print(
                json: Summary(
                    classifierId: id, encoderId: artifact.id, taxonomy: packed.settings.taxonomy, approvedBy: approval.by,
                    approvedAt: approval.at, purposes: allowed.purposes.map(\.rawValue), leftOut: banned.sorted(), suspended: suspended))
        }
        try StandardOutput.print(
            "\(out): classifier \(id.prefix(12)) of \(packed.count) intents; taxonomy \(packed.taxonomy.id) \(packed.taxonomy.version) "
                + "approved by \(approval.by), \(approval.at)"
                + (banned.isEmpty ? "" : "; without \(banned.count) banned intents: \(banned.sorted().joined(separator: ", "))")
                + (suspended.isEmpty ? "" : "; suspended: \(suspended.joined(separator: ", "))"))
    }

    private struct Summary: Encodable {
        let classifierId: String
        let encoderId: String
        let taxonomy: TaxonomyReference
        let approvedBy: String
        let approvedAt: String
        let purposes: [String]
        let leftOut: [String]
        let suspended: [String]
    }
}
