public import DurableFiles
internal import EventStream

/// Writes the tiles of each impression, the likeliest click first: a line an impression as JSON, or a row a tile as CSV.
///
/// | form | what |
/// |---|---|
/// | CSV | `impression_id,rank,tile,probability`; one row with nothing behind the id where no tile is left |
/// | JSON Lines | `{"impression_id":…,"tiles":[{"tile":…,"probability":…}],"removed":[{"tile":…,"rule":…,"part":…,"reason":…}]}` |
///
/// Probabilities are those of the tiles that may be shown: they add up to 1 where no list is cut. Customers are not written.
public struct RankLines: Sendable {
    /// What was written.
    public struct Counts: Sendable, Equatable, Codable {
        /// Impressions.
        public var impressions = 0
        /// Tiles ranked.
        public var tiles = 0
        /// Tiles that a rule removed.
        public var removed = 0
        /// Impressions of which no tile is left.
        public var empty = 0

        /// None yet.
        public init() {}
    }

    private let log: ImpressionLog
    private let probabilities: [Float]
    private let most: Int?
    private let removals: @Sendable (Int) -> (kept: [Int], removed: [Eligibility.Removal])

    /// Lines of scored impressions.
    /// - Parameters:
    ///   - probabilities: of every tile shown, `[T]`.
    ///   - most: tiles of an impression that are written; nil for all.
    ///   - rules: which tiles may be shown; nil for all.
    ///   - customerRow: the row of an impression's customer in the table that the rules read.
    public init(
        _ log: ImpressionLog, probabilities: [Float], most: Int? = nil, rules: Eligibility? = nil,
        customerRow: @escaping @Sendable (Int) -> Int? = { _ in nil }
    ) {
        precondition(probabilities.count == log.tiles.count, "RankLines: \(probabilities.count) probabilities for \(log.tiles.count) tiles")
        (self.log, self.probabilities, self.most) = (log, probabilities, most)
        removals = { impression in
            let rows = log.offsets[impression]..<log.offsets[impression + 1]
            guard let rules else { return (Array(0..<rows.count), []) }
            return rules.apply(
                rows.map { log.tileNames[Int(log.tiles[$0])] }, customer: customerRow(impression),
                timeMicroseconds: log.decisions.times[impression])
        }
    }

    /// Writes a file whole or not at all; JSON Lines where its name ends in `.jsonl`, CSV else.
    @discardableResult
    public func write(to path: String, in fileSystem: FileSystem = .live) throws(FileError) -> Counts {
        let isJSON = path.hasSuffix(".jsonl")
        var counts = Counts()
        try AtomicFile.write(to: path, in: fileSystem) { writer throws(FileError) in
            if !isJSON { try writer.write(Array("impression_id,rank,tile,probability\n".utf8)) }
            for impression in 0..<log.decisions.count {
                let (ranked, removed) = counted(impression, &counts)
                let id = log.decisions.ids[impression]
                try writer.write(Array((isJSON ? Self.jsonLine(id, ranked, removed) : Self.csvRows(id, ranked)).utf8))
            }
        }
        return counts
    }

    /// One line of JSON, with its end.
    public func jsonLine(_ impression: Int) -> String {
        let (ranked, removed) = ranked(impression)
        return Self.jsonLine(log.decisions.ids[impression], ranked, removed)
    }

    typealias Ranked = (tile: String, probability: Float)

    var impressionCount: Int { log.decisions.count }

    /// The id of an impression and its tiles, counted.
    func rows(_ impression: Int, _ counts: inout Counts) -> (String, [Ranked]) {
        (log.decisions.ids[impression], counted(impression, &counts).0)
    }

    private func counted(_ impression: Int, _ counts: inout Counts) -> ([Ranked], [Eligibility.Removal]) {
        let (ranked, removed) = ranked(impression)
        counts.impressions += 1
        counts.tiles += ranked.count
        counts.removed += Set(removed.map(\.tile)).count
        counts.empty += ranked.isEmpty ? 1 : 0
        return (ranked, removed)
    }

    /// The tiles that may be shown, likeliest first, those alike in the order shown.
    private func ranked(_ impression: Int) -> ([Ranked], [Eligibility.Removal]) {
        let first = log.offsets[impression]
        let (kept, removed) = removals(impression)
        var sum: Float = 0
        for place in kept { sum += probabilities[first + place] }
        let order = kept.sorted { (probabilities[first + $0], $1) > (probabilities[first + $1], $0) }
        let ranked = order.prefix(most ?? order.count).map { place -> Ranked in
            // Where all the rest was called impossible nothing is known of it.
            let share = sum > 0 ? probabilities[first + place] / sum : 1 / Float(kept.count)
            return (log.tileNames[Int(log.tiles[first + place])], removed.isEmpty ? probabilities[first + place] : share)
        }
        return (ranked, removed)
    }

    private static func jsonLine(_ id: String, _ ranked: [Ranked], _ removed: [Eligibility.Removal]) -> String {
        let tiles = ranked.map { "{\"tile\":\(JSONString.quoted($0.tile)),\"probability\":\($0.probability)}" }.joined(separator: ",")
        let reasons = removed.map { removal in
            "{\"tile\":\(JSONString.quoted(removal.tile)),\"rule\":\(JSONString.quoted(removal.rule)),"
                + "\"part\":\(JSONString.quoted(removal.part)),\"reason\":\(removal.reason.map(JSONString.quoted) ?? "null")}"
        }
        return "{\"impression_id\":\(JSONString.quoted(id)),\"tiles\":[\(tiles)],\"removed\":[\(reasons.joined(separator: ","))]}\n"
    }

    private static func csvRows(_ id: String, _ ranked: [Ranked]) -> String {
        let start = CSVText.quoted(id)
        guard !ranked.isEmpty else { return start + ",,,\n" }
        return ranked.enumerated().map { "\(start),\($0 + 1),\(CSVText.quoted($1.tile)),\($1.probability)\n" }.joined()
    }
}
