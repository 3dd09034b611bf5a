/// The tiles there are, with features: a CSV with `tile` and any columns, numeric or not.
///
/// The catalogue is small and kept by hand, so that it must be right throughout: a row without a tile, a tile twice or a row of another length
/// is an error and not a reject.
///
/// **Cold start.** A tile of the catalogue that training never saw has features and no number of its own (−1): a model goes by its features
/// alone. A tile that is not in the catalogue either has none, all NaN, is counted, and is ranked by what the model says of any tile.
public struct TileCatalogue: Sendable {
    /// The texts, for rules and explanations.
    public let table: AttributeTable
    /// How they become floats; numbers are kept as they are.
    public let encoder: FeatureEncoder
    /// `[N, F]`.
    public let floats: [Float]

    /// Reads a catalogue.
    public init(_ path: String) throws(TableError) { try self.init(try DelimitedTable(path, needed: "tile")) }

    /// Reads a catalogue from memory: CSV, not compressed.
    /// - Parameter path: its name in messages.
    public init(_ text: [UInt8], path: String) throws(TableError) {
        try self.init(try DelimitedTable(text, path: path, needed: "tile"))
    }

    package init(_ table: DelimitedTable) throws(TableError) {
        let read = try AttributeTable(table, id: "tile")
        if let first = read.rejects.kept.first {
            throw .badRow(
                file: table.path, line: first.line, reason: "\(first.reason.rawValue): \(first.hint)",
                remedy: "correct the row; a catalogue must be right throughout")
        }
        self.init(read)
    }

    /// A catalogue of these texts.
    /// - Parameter encoder: how they become floats; nil to learn it from them. A model goes on with that of its training: a catalogue of
    ///   later days may have other kinds of tiles.
    public init(_ table: AttributeTable, encoder: FeatureEncoder? = nil) {
        self.table = table
        let encoder = encoder ?? FeatureEncoder(table, rows: Array(table.ids.indices), standardises: false)
        self.encoder = encoder
        floats = table.ids.indices.flatMap { encoder.floats(table, row: $0) }
    }

    /// The tiles, in the order of the file. `[N]`.
    public var tiles: [String] { table.ids }
    /// One for each float. `[F]`.
    public var names: [String] { encoder.names }

    /// The number of a tile; −1 where the catalogue does not have it.
    public func number(of tile: String) -> Int32 { table.place(of: tile).map { Int32($0) } ?? -1 }

    /// The tiles of a log as a model takes them.
    public struct Shown: Sendable, Equatable {
        /// Number of each shown tile; −1 where the catalogue or the training does not have it. `[T]`.
        public var numbers: [Int32] = []
        /// Features of each shown tile, NaN for one that the catalogue does not have. `[T, F]`.
        public var features: [Float] = []
        /// Shown tiles that are not in the catalogue.
        public var unknown = 0
        /// Shown tiles that are in the catalogue and were not in training.
        public var coldStart = 0
    }

    /// Looks up the tiles of a log.
    /// - Parameters:
    ///   - tiles: places in `names`.
    ///   - trained: tiles that training saw; nil for all.
    public func look(up tiles: [Int32], in names: [String], trained: Set<String>? = nil) -> Shown {
        let numbers = names.map { number(of: $0) }
        let isTrained = names.map { trained?.contains($0) ?? true }
        let width = self.names.count
        var shown = Shown()
        shown.numbers.reserveCapacity(tiles.count)
        shown.features.reserveCapacity(tiles.count * width)
        for tile in tiles {
            let number = Int(numbers[Int(tile)])
            if number < 0 {
                shown.unknown += 1
                shown.features.append(contentsOf: repeatElement(.nan, count: width))
            } else {
                if !isTrained[Int(tile)] { shown.coldStart += 1 }
                shown.features.append(contentsOf: floats[number * width..<(number + 1) * width])
            }
            shown.numbers.append(isTrained[Int(tile)] ? Int32(number) : -1)
        }
        return shown
    }
}
