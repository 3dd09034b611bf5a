internal import ArgumentParser

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure speed on work that other programs are measured on too.",
        subcommands: [BenchTrain.self, BenchInfer.self, BenchImport.self])
}
