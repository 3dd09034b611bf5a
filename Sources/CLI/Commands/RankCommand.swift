internal import ArgumentParser

struct RankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank",
        abstract: "Learn from impressions of the app which tiles to show to whom; rank tiles; judge a ranker.",
        subcommands: [RankTrain.self, RankScore.self, RankEvaluate.self])
}

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Learn which product a customer will apply for, or none; foretell it; judge a predictor.",
        subcommands: [ConvertTrain.self, ConvertScore.self, ConvertEvaluate.self])
}
