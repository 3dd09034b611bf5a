internal import SequenceEmbedding

/// How a file of impressions is written; what is left out keeps its default. Two forms:
///
/// - **long**, one row a shown tile: `impression_id,time_ms,customer_id,tile,position,clicked,probability`;
/// - **wide**, one row an impression: `impression_id,time_ms,customer_id,tiles,clicked_tile,probabilities`, with lists in the order in which
///   they were shown, `a|b|c`. The wide form is the one whose header has the column of `tiles`.
///
/// Position, probability and, in the wide form, probabilities may be missing altogether.
public struct ImpressionFormat: Sendable, Equatable, Codable {
    /// What becomes of an impression of which more than one tile was clicked.
    public enum SeveralClicks: String, Sendable, Codable, CaseIterable {
        /// It is refused.
        case refuse
        /// The click on the tile nearest to the first place is kept.
        case first
    }

    /// What becomes of tiles without a probability, or with 0.
    public enum Probabilities: String, Sendable, Codable, CaseIterable {
        /// They are kept with NaN, and counted.
        case optional
        /// Their impressions are refused: an inverse is needed of each.
        case needed
    }

    /// The column of the impression's id (`impression_id`).
    public var impression = "impression_id"
    /// The column of the decision's time (`time_ms`).
    public var time = "time_ms"
    /// How times are written (ms).
    public var timeUnit = TableTimeUnit.milliseconds
    /// The column of the customer (`customer_id`).
    public var customer = "customer_id"
    /// Long form: the column of the tile (`tile`).
    public var tile = "tile"
    /// Long form: the column of the position, from 1 (`position`).
    public var position = "position"
    /// Long form: the column that tells whether it was clicked: 0, 1, false or true (`clicked`).
    public var clicked = "clicked"
    /// Long form: the column of the probability with which the logging policy draws the tile for the first place of the page
    /// (`probability`). Estimates for the first place read that of the tile that stood there (``FirstPlaceLog``); weights of a training
    /// (``TileRankerSettings/inversePropensity``) read that of the clicked tile, wherever it stood.
    public var probability = "probability"
    /// Wide form: the column that lists the tiles (`tiles`).
    public var tiles = "tiles"
    /// Wide form: the column of the tile clicked, empty for none (`clicked_tile`).
    public var clickedTile = "clicked_tile"
    /// Wide form: the column that lists the probabilities (`probabilities`).
    public var probabilities = "probabilities"
    /// What stands between the entries of a list: one character (`|`).
    public var separator = "|"
    /// Columns that are numbers about the tile shown (none). In the wide form a list has one number a tile; a single number is of all.
    public var features: [String] = []
    /// Columns whose names begin like this are features, too; nil for none (nil).
    public var featurePrefix: String?
    /// What becomes of several clicks (refuse).
    public var severalClicks = SeveralClicks.refuse
    /// What becomes of missing probabilities (optional).
    public var missingProbabilities = Probabilities.optional
    /// Whether it must be told of every tile if it was clicked. Nobody knows of home pages that are yet to be shown: without, the column may be
    /// missing or empty, which counts as no click. Not part of a settings file.
    public var needsClicks = true

    /// The defaults.
    public init() {}

    enum CodingKeys: String, CodingKey, CaseIterable {
        case impression, time, timeUnit, customer, tile, position, clicked, probability, tiles, clickedTile, probabilities, separator
        case features, featurePrefix, severalClicks, missingProbabilities
    }

    /// Decodes a format; unknown names are refused.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.impression, into: &impression)
        try values.read(.time, into: &time)
        try values.read(.timeUnit, into: &timeUnit)
        try values.read(.customer, into: &customer)
        try values.read(.tile, into: &tile)
        try values.read(.position, into: &position)
        try values.read(.clicked, into: &clicked)
        try values.read(.probability, into: &probability)
        try values.read(.tiles, into: &tiles)
        try values.read(.clickedTile, into: &clickedTile)
        try values.read(.probabilities, into: &probabilities)
        try values.read(.separator, into: &separator)
        try values.read(.features, into: &features)
        featurePrefix = try values.decodeIfPresent(String.self, forKey: .featurePrefix)
        try values.read(.severalClicks, into: &severalClicks)
        try values.read(.missingProbabilities, into: &missingProbabilities)
        guard separator.count == 1, !separator.contains(where: { $0 == "\"" || $0.isNewline }) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath + [CodingKeys.separator], debugDescription: "it must be one character, not a quote"))
        }
        guard featurePrefix != "" else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath + [CodingKeys.featurePrefix], debugDescription: "it is empty; leave it out"))
        }
    }
}
