/// Impressions in columns: what was shown to whom, and what was clicked.
///
/// Impressions (D) stand in the order in which they begin in the file, their tiles (T in all) by position, those without one last. Rows of one
/// impression need not stand together. An impression with one refused row is refused whole, and every refused row is counted by reason.
public struct ImpressionLog: Sendable {
    /// What was met.
    public struct Counts: Sendable, Equatable, Codable {
        /// Rows read, refused ones too.
        public var rows = 0
        /// Impressions kept.
        public var impressions = 0
        /// Tiles shown in them.
        public var tiles = 0
        /// Impressions kept of which no tile was clicked.
        public var withoutClick = 0
        /// Impressions kept of which more than one tile was clicked.
        public var severalClicks = 0
        /// Impressions kept with a single tile.
        public var singleTile = 0
        /// Impressions whose rows stand apart in the file.
        public var scattered = 0
        /// Tiles kept without a position.
        public var withoutPosition = 0
        /// Tiles kept without a probability.
        public var missingProbability = 0
        /// Tiles kept with the probability 0, of which no inverse can be taken; they have NaN.
        public var zeroProbability = 0

        /// Nothing counted yet.
        public init() {}
    }

    /// Ids, times and customers of the impressions. `[D]`.
    public internal(set) var decisions = Decisions(ids: [], times: [], customers: [])
    /// Impression `d` shows the tiles `[d] ..< [d + 1]`. `[D + 1]`.
    public internal(set) var offsets = [0]
    /// The names of all tiles met, by first appearance.
    public internal(set) var tileNames: [String] = []
    /// Places in ``tileNames``. `[T]`.
    public internal(set) var tiles: [Int32] = []
    /// From 1; 0 where unknown. `[T]`.
    public internal(set) var positions: [Int32] = []
    /// Whether the tile was clicked; at most one an impression. `[T]`.
    public internal(set) var clicked: [Bool] = []
    /// With which probability the tile was shown; NaN where unknown. `[T]`.
    public internal(set) var probabilities: [Float] = []
    /// Names of the columns of ``features``. `[F]`.
    public internal(set) var featureNames: [String] = []
    /// Numbers about tiles as they were shown, NaN where missing. `[T, F]`.
    public internal(set) var features: [Float] = []
    /// What was met.
    public internal(set) var counts = Counts()
    /// Rows that were refused.
    public internal(set) var rejects = RejectedRows()

    /// Reads a file: CSV with a header; plain, gzip or zstd. `customers` numbers its customers.
    public init(_ path: String, format: ImpressionFormat = ImpressionFormat(), customers: inout CustomerIndex) throws(TableError) {
        try self.init(try DelimitedTable(path, needed: format.impression), format: format, customers: &customers)
    }

    package init(_ table: DelimitedTable, format: ImpressionFormat = ImpressionFormat(), customers: inout CustomerIndex) throws(TableError)
    {
        var rows = ImpressionRows(try ImpressionColumns(table, format), customers)
        var refused = RejectedRows()
        table.rows(&refused) { row, rejects in rows.add(row, &rejects) }
        customers = rows.customers
        featureNames = rows.columns.featureNames
        tileNames = rows.tileNames
        // Before impressions are judged as a whole, a row is either taken or refused.
        counts.rows = rows.rowCount + refused.total
        fill(rows, format, &refused)
        rejects = refused
        guard counts.impressions > 0 else { throw .nothingRead(file: table.path, rejects: refused) }
    }

    /// The position from 0 of the clicked tile among those of an impression; nil where none was clicked.
    public func click(_ impression: Int) -> Int? {
        (offsets[impression]..<offsets[impression + 1]).first { clicked[$0] }.map { $0 - offsets[impression] }
    }

    /// Takes over the impressions that are whole.
    private mutating func fill(_ rows: ImpressionRows, _ format: ImpressionFormat, _ refused: inout RejectedRows) {
        let width = featureNames.count
        let byImpression = rows.shownByImpression()
        for (impression, head) in rows.heads.enumerated() {
            var shown = byImpression.rows[byImpression.offsets[impression]..<byImpression.offsets[impression + 1]].map { Int($0) }
            // By position, those without one last, and else as in the file.
            shown.sort { left, right in
                let (a, b) = (rows.shown[left].position, rows.shown[right].position)
                return (a == 0 ? .max : a, left) < (b == 0 ? .max : b, right)
            }
            let known = rows.faults[Int32(impression)]
            if let fault = known ?? rows.fault(of: shown, format) {
                // One row is charged with the reason, unless it was when it was read; the others go with it.
                var lines = rows.lines(of: shown)
                if known == nil {
                    refused.record(fault.reason, file: rows.columns.path, line: fault.line, fault.hint)
                    if let place = lines.firstIndex(of: fault.line) { lines.remove(at: place) }
                }
                for line in lines {
                    refused.record(.partRefused, file: rows.columns.path, line: line, "another row of this impression was refused")
                }
                continue
            }
            decisions.ids.append(head.id)
            decisions.times.append(head.time)
            decisions.customers.append(head.customer)
            var clicks = 0
            for place in shown {
                let row = rows.shown[place]
                tiles.append(row.tile)
                positions.append(row.position)
                clicked.append(row.isClicked && clicks == 0)
                clicks += row.isClicked ? 1 : 0
                probabilities.append(row.probability > 0 ? row.probability : .nan)
                if row.probability.isNaN { counts.missingProbability += 1 }
                if row.probability == 0 { counts.zeroProbability += 1 }
                if row.position == 0 { counts.withoutPosition += 1 }
                features.append(contentsOf: rows.features[place * width..<(place + 1) * width])
            }
            offsets.append(tiles.count)
            counts.withoutClick += clicks == 0 ? 1 : 0
            counts.severalClicks += clicks > 1 ? 1 : 0
            counts.singleTile += shown.count == 1 ? 1 : 0
            counts.scattered += head.isScattered ? 1 : 0
        }
        (counts.impressions, counts.tiles) = (decisions.count, tiles.count)
    }
}
