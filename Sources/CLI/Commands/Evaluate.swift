internal import ArgumentParser

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge a model beside simple baselines.",
        subcommands: [EvaluateNext.self, EvaluateProbe.self, EvaluateTiles.self, EvaluateConversion.self])
}
