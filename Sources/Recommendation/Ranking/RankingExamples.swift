/// Takes: impressions with features as plain floats.   Gives: what a ranker learns from and scores.
///
/// One decision is one impression: a customer's home page with its tiles in some order.
/// - Shapes: D decisions, C floats of context, T tile rows over all decisions, F floats of a tile row.
public struct RankingExamples: Sendable, Equatable {
    /// `[C]`.
    public let contextNames: [String]
    /// What is known of the customer and the moment, `[D, C]`; NaN where missing.
    public let context: [Float]
    /// Tile rows of decision d are `offsets[d] ..< offsets[d + 1]`, `[D + 1]`.
    public let offsets: [Int]
    /// Names of the tiles that ``tile`` numbers.
    public let catalogue: [String]
    /// Place in the catalogue, −1 for a tile that is not in it, `[T]`.
    public let tile: [Int32]
    /// `[F]`.
    public let tileFeatureNames: [String]
    /// What is known of the tile and of customer and tile together, `[T, F]`; NaN where missing.
    public let tileFeatures: [Float]
    /// Where the tile was shown, from 1; 0 where unknown, `[T]`.
    public let position: [Int32]
    /// `[T]`.
    public let clicked: [Bool]
    /// Probability with which the tile was shown where it was, NaN where unknown, `[T]`.
    public let propensity: [Float]
    /// Whose decision it was: decisions of a customer stay together in folds and resamples, `[D]`.
    public let customer: [Int32]
    /// Microseconds since 1970, `[D]`.
    public let time: [Int64]

    /// Checks that sizes agree and values are possible.
    /// - Throws: ``RankingError/wrongSize(what:found:expected:)`` or ``RankingError/badElement(what:index:expected:)``.
    public init(
        contextNames: [String], context: [Float], offsets: [Int], catalogue: [String] = [], tile: [Int32]? = nil,
        tileFeatureNames: [String], tileFeatures: [Float], position: [Int32], clicked: [Bool], propensity: [Float]? = nil,
        customer: [Int32], time: [Int64]
    ) throws(RankingError) {
        func same(_ what: String, _ found: Int, _ expected: Int) throws(RankingError) {
            guard found == expected else { throw .wrongSize(what: what, found: found, expected: expected) }
        }
        guard offsets.first == 0 else { throw .wrongSize(what: "the first offset", found: offsets.first ?? -1, expected: 0) }
        let (decisions, rows) = (offsets.count - 1, offsets[offsets.count - 1])
        if let index = offsets.indices.dropFirst().first(where: { offsets[$0] <= offsets[$0 - 1] }) {
            throw .badElement(what: "the offsets", index: index, expected: "above the one before: every impression shows a tile")
        }
        try same("values of context", context.count, decisions * contextNames.count)
        try same("values of tile features", tileFeatures.count, rows * tileFeatureNames.count)
        let tile = tile ?? [Int32](repeating: -1, count: rows)
        let propensity = propensity ?? [Float](repeating: .nan, count: rows)
        try same("tiles", tile.count, rows)
        try same("positions", position.count, rows)
        try same("clicks", clicked.count, rows)
        try same("propensities", propensity.count, rows)
        try same("customers", customer.count, decisions)
        try same("times", time.count, decisions)
        func all<Value>(_ what: String, _ values: [Value], _ expected: String, _ isPossible: (Value) -> Bool) throws(RankingError) {
            if let index = values.firstIndex(where: { !isPossible($0) }) { throw .badElement(what: what, index: index, expected: expected) }
        }
        try all("the context", context, "finite or NaN") { !$0.isInfinite }
        try all("the tile features", tileFeatures, "finite or NaN") { !$0.isInfinite }
        try all("the tiles", tile, "a place in the catalogue or -1") { $0 >= -1 && $0 < catalogue.count }
        try all("the positions", position, "0 or above") { $0 >= 0 }
        try all("the propensities", propensity, "above 0 and at most 1, or NaN") { $0.isNaN || ($0 > 0 && $0 <= 1) }
        (self.contextNames, self.context, self.offsets, self.catalogue) = (contextNames, context, offsets, catalogue)
        (self.tile, self.tileFeatureNames, self.tileFeatures) = (tile, tileFeatureNames, tileFeatures)
        (self.position, self.clicked, self.propensity, self.customer, self.time) = (position, clicked, propensity, customer, time)
    }

    /// Decisions (D).
    public var count: Int { offsets.count - 1 }
    /// Tile rows (T).
    public var rowCount: Int { offsets[count] }
    /// Tile rows of a decision.
    public func rows(_ decision: Int) -> Range<Int> { offsets[decision]..<offsets[decision + 1] }
    /// Decisions with at least one click.
    public var clickedDecisions: [Int] { (0..<count).filter { clicked[rows($0)].contains(true) } }

    /// Some decisions, in this order.
    public func decisions(_ chosen: [Int]) -> RankingExamples {
        // All of them are no copy: the floats of a million impressions are gigabytes.
        if chosen.elementsEqual(0..<count) { return self }
        var offsets = [0]
        for decision in chosen { offsets.append(offsets[offsets.count - 1] + rows(decision).count) }
        func gathered<Value>(_ values: [Value], _ width: Int = 1) -> [Value] {
            var gathered: [Value] = []
            gathered.reserveCapacity(offsets[chosen.count] * width)
            for decision in chosen { gathered += values[rows(decision).lowerBound * width..<rows(decision).upperBound * width] }
            return gathered
        }
        let width = contextNames.count
        var context: [Float] = []
        context.reserveCapacity(chosen.count * width)
        for decision in chosen { context += self.context[decision * width..<(decision + 1) * width] }
        return RankingExamples(
            unchecked: self, contextNames: contextNames, context: context,
            offsets: offsets, tile: gathered(tile), tileFeatureNames: tileFeatureNames,
            tileFeatures: gathered(tileFeatures, tileFeatureNames.count), position: gathered(position), clicked: gathered(clicked),
            propensity: gathered(propensity), customer: chosen.map { customer[$0] }, time: chosen.map { time[$0] })
    }

    /// The same decisions with some of the features, in this order: a block more or less.
    /// - Throws: ``RankingError/otherFeatures(what:missing:)``.
    public func selecting(context wanted: [String]? = nil, tileFeatures wantedOfTiles: [String]? = nil) throws(RankingError)
        -> RankingExamples
    {
        let (names, floats) = try Self.columns("context features", context, contextNames, wanted)
        let (tileNames, tileFloats) = try Self.columns("tile features", tileFeatures, tileFeatureNames, wantedOfTiles)
        return RankingExamples(
            unchecked: self, contextNames: names, context: floats, offsets: offsets, tile: tile, tileFeatureNames: tileNames,
            tileFeatures: tileFloats, position: position, clicked: clicked, propensity: propensity, customer: customer, time: time)
    }

    private static func columns(
        _ what: String, _ floats: [Float], _ names: [String], _ wanted: [String]?
    ) throws(RankingError) -> ([String], [Float]) {
        guard let wanted, wanted != names else { return (names, floats) }
        let missing = wanted.filter { !names.contains($0) }
        guard missing.isEmpty else { throw .otherFeatures(what: what, missing: missing) }
        let places = wanted.map { names.firstIndex(of: $0)! }
        let rows = names.isEmpty ? 0 : floats.count / names.count
        var chosen: [Float] = []
        chosen.reserveCapacity(rows * places.count)
        for row in 0..<rows { for place in places { chosen.append(floats[row * names.count + place]) } }
        return (wanted, chosen)
    }

    /// The same with other numbers for the tiles: `places[t]` is the place of tile t in another catalogue, −1 for none.
    package func renumbered(_ places: [Int32], catalogue: [String]) -> RankingExamples {
        RankingExamples(
            unchecked: self, catalogue: catalogue, contextNames: contextNames, context: context, offsets: offsets,
            tile: tile.map { $0 < 0 ? -1 : places[Int($0)] }, tileFeatureNames: tileFeatureNames, tileFeatures: tileFeatures,
            position: position, clicked: clicked, propensity: propensity, customer: customer, time: time)
    }

    private init(
        unchecked other: RankingExamples, catalogue: [String]? = nil, contextNames: [String], context: [Float], offsets: [Int],
        tile: [Int32],
        tileFeatureNames: [String], tileFeatures: [Float], position: [Int32], clicked: [Bool], propensity: [Float], customer: [Int32],
        time: [Int64]
    ) {
        (self.contextNames, self.context, self.offsets, self.catalogue) = (contextNames, context, offsets, catalogue ?? other.catalogue)
        (self.tile, self.tileFeatureNames, self.tileFeatures) = (tile, tileFeatureNames, tileFeatures)
        (self.position, self.clicked, self.propensity, self.customer, self.time) = (position, clicked, propensity, customer, time)
    }
}
