internal import ArgumentParser
internal import IntentTaxonomy

struct TaxonomyDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Tell what changed between two versions of a taxonomy, and which models used the old one.",
        discussion: """
            Intents are the same when their ids are, or when `replaces` of the new one names the old. Texts that changed are shown \
            word by word: [-gone-] {+new+}.

            Example: tessera taxonomy diff retail-bank-1.yaml retail-bank-2.yaml --models artefacts
            """)

    @Argument(help: ArgumentHelp("The version before.", valueName: "old"), completion: .file(extensions: ["yaml", "yml"])) var old: String
    @Argument(help: ArgumentHelp("The version after.", valueName: "new"), completion: .file(extensions: ["yaml", "yml"])) var new: String
    @Option(
        help: ArgumentHelp("Folder of models (or one model) to look through. May be repeated.", valueName: "dir"),
        completion: .directory)
    var models: [String] = []
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        let difference = TaxonomyDifference(from: try TaxonomyFile.valid(old), to: try TaxonomyFile.valid(new))
        let uses = try models.flatMap { try TaxonomyUse.find(in: $0, comparing: difference) }
        if json {
            try StandardOutput.print(json: Summary(difference: difference, models: uses))
            return
        }
        var text = difference.text
        if !models.isEmpty { text += "\n" + TaxonomyUse.text(uses) }
        try StandardOutput.print(String(text.dropLast()))
    }

    private struct Summary: Encodable {
        let difference: TaxonomyDifference
        let models: [TaxonomyUse]
    }
}
