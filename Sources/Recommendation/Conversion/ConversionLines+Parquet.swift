public import ArrowExchange
public import DurableFiles

extension ConversionLines {
    /// Writes a row for each decision as Parquet, whole or not at all: `decision_id`, `offer` (without a value for none) and the
    /// probability of each class under its name.
    public func writeParquet(to path: String, plugin: ArrowPlugin, in fileSystem: FileSystem = .live) throws(ArrowError) {
        let fields =
            [ArrowField("decision_id", .utf8), ArrowField("offer", .utf8, isNullable: true)]
            + classes.map { ArrowField($0, .float(bytes: 4)) }
        var start = 0
        try plugin.writeParquet(to: path, fields: fields, in: fileSystem) { () throws(ArrowError) -> [ArrowValues]? in
            guard start < ids.count else { return nil }
            let rows = start..<min(ids.count, start + 16_384)
            start = rows.upperBound
            return [.utf8(Array(ids[rows])), .utf8(rows.map { offers[$0] == 0 ? nil : classes[Int(offers[$0])] })]
                + classes.indices.map { k in .float32(rows.map { probabilities[$0 * classes.count + k] }) }
        }
    }
}
