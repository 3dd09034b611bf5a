internal import EventStream
public import Recommendation

/// Names of features begin with where they come from: a head-to-head takes blocks of them in and out.
public enum FeaturePrefix {
    /// Business features of the customer.
    public static let customer = "customer."
    /// How many sessions there are, and how long ago.
    public static let counts = "counts."
    /// Features of the tile.
    public static let tile = "tile."
    /// Numbers about a tile as it was shown.
    public static let shown = "shown."

    /// Whether a feature is made of a block of the web sessions.
    public static func isOf(_ block: SessionBlock, _ name: String) -> Bool {
        ["latest", "mean", "faded"].contains { name.hasPrefix("\($0).\(block.rawValue).") }
    }

    /// Whether a feature is none of the web sessions' blocks.
    public static func isBusiness(_ name: String) -> Bool { name.hasPrefix(customer) || name.hasPrefix(counts) }
}

extension AppTables {
    /// What is known of each decision's customer and of the web sessions before it.
    /// - Parameter encoder: how texts of customers become floats.
    /// - Returns: `[D, names]`, NaN where missing.
    public func context(
        _ blocks: [SessionFloats], _ encoder: FeatureEncoder, settings: LinkedVectorSettings = LinkedVectorSettings()
    ) throws -> (names: [String], floats: [Float]) {
        let ofCustomer = LinkedVectors.Leading(encoder.names.map { FeaturePrefix.customer + $0 }) { decision in
            encoder.floats(customers, row: row(of: decisions.customers[decision]))
        }
        let vectors = try LinkedVectors(linked, of: decisions, link: link, tables: blocks, settings: settings, leading: ofCustomer)
        return (vectors.names, vectors.floats)
    }

    /// Impressions as a ranker takes them.
    /// - Parameter training: decisions that may be learnt from: tiles that they do not show have no number of their own.
    public func rankingExamples(
        _ blocks: [SessionFloats], _ encoder: FeatureEncoder, training: [Int]?, settings: LinkedVectorSettings = LinkedVectorSettings()
    ) throws -> RankingExamples {
        try rankingExamples(
            blocks, encoder, settings: settings, catalogue: catalogue, trained: training.map { Set(shownTiles($0)) })
    }

    /// Impressions as a ranker takes them that was trained on these inputs.
    public func rankingExamples(_ blocks: [SessionFloats], _ inputs: AppInputs) throws -> RankingExamples {
        try rankingExamples(
            blocks, inputs, catalogue: catalogue.map { TileCatalogue($0.table, encoder: inputs.catalogue ?? $0.encoder) },
            trained: inputs.tiles.map(Set.init))
    }

    /// The same with a catalogue that has the encoder of the inputs, and the tiles of the training: both are made once where one impression
    /// comes after the other.
    package func rankingExamples(
        _ blocks: [SessionFloats], _ inputs: AppInputs, catalogue: TileCatalogue?, trained: Set<String>?
    ) throws -> RankingExamples {
        try rankingExamples(blocks, inputs.customers, settings: inputs.link, catalogue: catalogue, trained: trained)
    }

    /// Names of the tiles that some impressions show, sorted; none without impressions.
    public func shownTiles(_ decisions: [Int]) -> [String] {
        guard let log else { return [] }
        var places = Set<Int32>()
        for decision in decisions { places.formUnion(log.tiles[log.offsets[decision]..<log.offsets[decision + 1]]) }
        return places.map { log.tileNames[Int($0)] }.sorted()
    }

    private func rankingExamples(
        _ blocks: [SessionFloats], _ encoder: FeatureEncoder, settings: LinkedVectorSettings, catalogue: TileCatalogue?,
        trained: Set<String>?
    ) throws -> RankingExamples {
        guard let log, let catalogue else { throw StudyError.missingFile(what: "impressions", option: "--impressions") }
        let context = try context(blocks, encoder, settings: settings)
        let shown = catalogue.look(up: log.tiles, in: log.tileNames, trained: trained)
        let (own, extra) = (catalogue.names.count, log.featureNames.count)
        var floats = shown.features
        if extra > 0 {
            floats = []
            floats.reserveCapacity(log.tiles.count * (own + extra))
            for row in log.tiles.indices {
                floats += shown.features[row * own..<(row + 1) * own]
                floats += log.features[row * extra..<(row + 1) * extra]
            }
        }
        return try RankingExamples(
            contextNames: context.names, context: context.floats, offsets: log.offsets, catalogue: catalogue.tiles, tile: shown.numbers,
            tileFeatureNames: catalogue.names.map { FeaturePrefix.tile + $0 } + log.featureNames.map { FeaturePrefix.shown + $0 },
            tileFeatures: floats, position: log.positions, clicked: log.clicked, propensity: log.probabilities,
            customer: decisions.customers, time: decisions.times)
    }

    /// Decisions and what came of them as a predictor takes them.
    /// - Parameters:
    ///   - applications: numbered as the products.
    ///   - products: names (K − 1), in order.
    ///   - endOfData: the last moment of which the applications tell.
    /// - Returns: the examples, and the decision of each; those whose horizon is not over are left out.
    public func conversionExamples(
        _ blocks: [SessionFloats], _ encoder: FeatureEncoder, applications: [ProductApplication], products: [String],
        horizon: Int64 = ConversionWindow.thirtyDays, endOfData: Int64, settings: LinkedVectorSettings = LinkedVectorSettings()
    ) throws -> (examples: ConversionExamples, decisions: [Int], censored: Int) {
        let asked = (0..<decisions.count).map { ConversionDecision(customer: decisions.customers[$0], time: decisions.times[$0]) }
        let outcomes = try ConversionWindow(horizon: horizon, endOfData: endOfData).outcomes(
            asked, applications: applications, products: products.count, censored: .leftOut)
        let context = try context(blocks, encoder, settings: settings)
        let all = try ConversionExamples(
            names: context.names, features: context.floats, classes: ["none"] + products,
            outcome: placed(outcomes, over: asked.count), customer: decisions.customers, time: decisions.times)
        return (all.selecting(outcomes.rows), outcomes.rows, outcomes.censored)
    }

    private func placed(_ outcomes: ConversionWindow.Outcomes, over count: Int) -> [Int32] {
        var all = [Int32](repeating: 0, count: count)
        for (row, outcome) in zip(outcomes.rows, outcomes.outcome) { all[row] = outcome }
        return all
    }
}
