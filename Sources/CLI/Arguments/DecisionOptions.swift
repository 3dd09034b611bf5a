internal import ArgumentParser
internal import EventStream
internal import Recommendation
internal import Studies

/// Decisions and what came of them.
struct OutcomeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Decisions: decision_id, time_ms, customer_id.", valueName: "file"), completion: .file()) var decisions:
        String
    @Option(help: ArgumentHelp("Applications: customer_id, time_ms, product.", valueName: "file"), completion: .file())
    var applications: String
    @Option(help: ArgumentHelp("The applications tell of everything before this time (default: the last of them).", valueName: "time"))
    var until: Moment?

    var files: [String] { [decisions, applications] }

    /// - Parameters:
    ///   - horizon: microseconds.
    ///   - products: those of a predictor; nil for those of the file.
    func examples(
        _ tables: AppTables, _ blocks: [SessionFloats], _ encoder: FeatureEncoder, horizon: Int64, products: [String]? = nil,
        settings: LinkedVectorSettings = LinkedVectorSettings()
    ) throws -> (examples: ConversionExamples, decisions: [Int], censored: Int) {
        var index = tables.index
        let table = try ApplicationTable(applications, products: products, customers: &index)
        AppOptions.show(table.rejects)
        if table.unknown > 0 {
            StandardError.write(
                "\(Reading.count(table.unknown)) applications are for products that the training did not know; where they are what "
                    + "came of a decision, any offer is a miss\n")
        }
        let end = until?.microseconds ?? table.applications.map(\.time).max() ?? .min
        return try tables.conversionExamples(
            blocks, encoder, applications: table.applications, products: table.products, horizon: horizon, endOfData: end,
            settings: settings)
    }
}

/// Decisions, what came of them, and how long that takes.
struct DecisionOptions: ParsableArguments {
    @OptionGroup var outcomes: OutcomeOptions
    @Option(help: ArgumentHelp("How long after a decision an application counts.", valueName: "span"))
    var horizon = TimeSpan(seconds: 30 * 86_400)

    var decisions: String { outcomes.decisions }
    var files: [String] { outcomes.files }
    var horizonMicroseconds: Int64 { Int64(horizon.seconds * 1e6) }

    func examples(
        _ tables: AppTables, _ blocks: [SessionFloats], _ encoder: FeatureEncoder
    ) throws -> (examples: ConversionExamples, decisions: [Int], censored: Int) {
        try outcomes.examples(tables, blocks, encoder, horizon: horizonMicroseconds)
    }
}
