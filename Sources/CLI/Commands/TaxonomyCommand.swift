internal import ArgumentParser

struct TaxonomyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "taxonomy",
        abstract: "Propose, check, show, compare and approve a taxonomy of intents.",
        discussion: """
            A taxonomy is a YAML file that people read and approve: each intent has an id, a definition, rules, examples, an owner, \
            and uses it is prohibited for. Its digest stands in every label and model made with it. taxonomy/retail-bank.yaml is one.
            """,
        subcommands: [TaxonomyPropose.self, TaxonomyCheck.self, TaxonomyShow.self, TaxonomyDiff.self, TaxonomyApprove.self])
}
