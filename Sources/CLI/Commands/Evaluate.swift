internal import ArgumentParser

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge a model beside simple baselines.", subcommands: [EvaluateProbe.self])
}
