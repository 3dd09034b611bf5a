internal import ArgumentParser

struct IntentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "intents",
        abstract: "Distil supplied labels into a light classifier of intents; judge it; pack it for serving.",
        subcommands: [IntentsTrain.self, IntentsEvaluate.self, IntentsPack.self])
}
