public import ArrowExchange
public import DurableFiles

extension RankLines {
    /// Writes a row for each tile as Parquet, whole or not at all: `impression_id`, `rank`, `tile` and `probability`, all but the first
    /// without a value where no tile is left.
    @discardableResult
    public func writeParquet(to path: String, plugin: ArrowPlugin, in fileSystem: FileSystem = .live) throws(ArrowError) -> Counts {
        let fields = [
            ArrowField("impression_id", .utf8), ArrowField("rank", .integer(bytes: 8, signed: true), isNullable: true),
            ArrowField("tile", .utf8, isNullable: true), ArrowField("probability", .float(bytes: 4), isNullable: true),
        ]
        var counts = Counts()
        try plugin.writeParquet(to: path, fields: fields, in: fileSystem) { () throws(ArrowError) -> [ArrowValues]? in
            guard counts.impressions < impressionCount else { return nil }
            var (ids, ranks, tiles, shares): ([String], [Int64?], [String?], [Float?]) = ([], [], [], [])
            for impression in counts.impressions..<min(impressionCount, counts.impressions + 4096) {
                let (id, ranked) = rows(impression, &counts)
                ids += Array(repeating: id, count: max(1, ranked.count))
                ranks += ranked.isEmpty ? [nil] : ranked.indices.map { Int64($0 + 1) }
                tiles += ranked.isEmpty ? [nil] : ranked.map(\.tile)
                shares += ranked.isEmpty ? [nil] : ranked.map(\.probability)
            }
            return [.utf8(ids), .int64(ranks), .utf8(tiles), .float32(shares)]
        }
        return counts
    }
}
