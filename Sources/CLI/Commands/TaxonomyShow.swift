internal import ArgumentParser
internal import Glibc
internal import IntentTaxonomy

struct TaxonomyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print a taxonomy as a tree, or one of its intents in full.",
        discussion: "Example: tessera taxonomy show taxonomy/retail-bank.yaml card-compare")

    @Argument(help: ArgumentHelp("Taxonomy file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"])) var file: String
    @Argument(help: ArgumentHelp("Ids of intents to show in full.", valueName: "intent")) var intents: [String] = []
    @Flag(help: "Print the taxonomy with its digest as JSON.") var json = false

    func run() throws {
        let taxonomy = try TaxonomyFile(file).taxonomy
        if json { return try StandardOutput.print(json: Shown(taxonomy: taxonomy)) }
        guard !intents.isEmpty else { return try StandardOutput.print(taxonomy.outline) }
        var texts: [String] = []
        for id in intents {
            guard let text = taxonomy.card(of: id) else {
                throw CommandFault(
                    code: EX_USAGE, place: file, reason: "there is no intent `\(id)`",
                    remedy: "see them all with: tessera taxonomy show \(file)")
            }
            texts.append(text)
        }
        try StandardOutput.print(texts.joined(separator: "\n\n"))
    }

    private struct Shown: Encodable {
        let taxonomy: Taxonomy

        enum Keys: String, CodingKey { case digest, approvalState }

        func encode(to encoder: any Encoder) throws {
            try taxonomy.encode(to: encoder)
            var values = encoder.container(keyedBy: Keys.self)
            try values.encode(taxonomy.digest, forKey: .digest)
            try values.encode(taxonomy.approvalState, forKey: .approvalState)
        }
    }
}
