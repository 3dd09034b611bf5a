internal import ArgumentParser
internal import CreditRisk
internal import EventStream
internal import Glibc
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SettingsFiles
internal import Studies

struct AuditRulesCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check purpose rules, and what they say of a corpus, models or a taxonomy.",
        discussion: """
            Without anything beside it the file alone is checked. With a corpus, models, a taxonomy or a scorecard's \
            configuration it tells \
            for each purpose what of them the rules refuse, and which bans name nothing of what was given: a misspelt ban bans nothing. \
            Ends with 1 where something is refused for a purpose given with --purpose.

            Example: tessera audit rules check taxonomy/rules.yaml --corpus bank.corpus --taxonomy taxonomy/retail-bank.yaml
            """)

    @Argument(help: ArgumentHelp("Purpose rules.", valueName: "rules.yaml"), completion: .file(extensions: ["yaml", "yml"]))
    var rules: String
    @Option(help: ArgumentHelp("Corpus directory: what an encoder of the usual settings would read.", valueName: "corpus"))
    var corpus: String?
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String?
    @Option(help: ArgumentHelp("Classifier directory; needs the model.", valueName: "intents"), completion: .directory)
    var intents: String?
    @Option(help: ArgumentHelp("Taxonomy file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"])) var taxonomy: String?
    @Option(help: ArgumentHelp("Configuration of a scorecard.", valueName: "credit.yaml"), completion: .file(extensions: ["yaml", "yml"]))
    var credit: String?
    @Option(help: ArgumentHelp("Only this purpose. May be repeated.", valueName: "purpose")) var purpose: [Purpose] = []
    @Flag(help: "Print a JSON object.") var json = false

    func validate() throws {
        guard intents == nil || model != nil else { throw ValidationError("--intents reads embeddings: name their --model") }
    }

    func run() throws {
        let read = try PurposeFile.read(rules)
        let use = try use()
        let asked = purpose.isEmpty ? Purpose.allCases.filter { read.purposes[$0] != nil } : purpose
        let breaches = asked.map { (purpose: $0, breaches: PurposeGuard([$0], rules: read, place: rules).breaches(use)) }
        let idle = read.idleBans(use)
        if json {
            try StandardOutput.print(
                json: Printed(
                    rules: read.reference, purposes: asked.map(\.rawValue), refused: breaches.flatMap(\.breaches), idle: idle))
        } else {
            var lines = ["\(rules): \(read.id) \(read.version), \(read.purposes.count) purposes, \(read.digest.prefix(12))"]
            for (purpose, breaches) in breaches {
                lines.append(
                    "\(purpose.rawValue): \(breaches.isEmpty ? "nothing of what was given is refused" : "\(breaches.count) refused")")
                lines += breaches.map { "  \($0)" }
            }
            lines += idle.map { "warning: \($0.purpose.rawValue): \($0.subject.rawValue) \($0.name): \($0.reason)" }
            try StandardOutput.print(lines.joined(separator: "\n"))
        }
        guard purpose.isEmpty || breaches.allSatisfy(\.breaches.isEmpty) else {
            try StandardOutput.flush()
            throw ExitCode(1)
        }
    }

    private func use() throws -> ModelUse {
        var use = ModelUse()
        if let corpus { use = try use + .encoder(ModelConfiguration(), corpus: Corpus.open(corpus).schema) }
        if let model {
            let artifact = try ModelArtifact(model)
            use = try use + .encoder(artifact, place: model)
            if let intents { use = try use + .classifier(IntentClassifier(intents, encoder: artifact), place: intents) }
        }
        if let taxonomy {
            let own = try TaxonomyFile.valid(taxonomy)
            use = use + .intents(own.assignable.map(\.id), of: own, remedy: "leave it out with --leave-out-banned")
        }
        if let credit { use = try use + .scorecard(SettingsFile.read(CreditConfiguration.self, from: credit), place: nil) }
        return use
    }

    private struct Printed: Encodable {
        let rules: PurposeRecord.Rules
        let purposes: [String]
        let refused: [PurposeBreach]
        let idle: [PurposeBreach]
    }
}
