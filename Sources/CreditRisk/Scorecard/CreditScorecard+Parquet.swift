public import ArrowExchange
public import DurableFiles

extension CreditScorecard {
    /// Writes a row for each applicant as Parquet, whole or not at all: the key, `probability`, `points`, and `reasons`, the list of their
    /// codes, worst first.
    /// - Parameter key: the name of the first column.
    public static func writeParquet(
        _ scores: [Score], key: String, to path: String, plugin: ArrowPlugin, in fileSystem: FileSystem = .live
    ) throws(ArrowError) {
        let fields = [
            ArrowField(key, .utf8), ArrowField("probability", .float(bytes: 4)), ArrowField("points", .integer(bytes: 8, signed: true)),
            ArrowField("reasons", .list, children: [ArrowField("element", .utf8)]),
        ]
        var start = 0
        try plugin.writeParquet(to: path, fields: fields, in: fileSystem) { () throws(ArrowError) -> [ArrowValues]? in
            guard start < scores.count else { return nil }
            let some = scores[start..<min(scores.count, start + 16_384)]
            start += some.count
            var ends: [Int32] = [0]
            for score in some { ends.append(ends[ends.count - 1] + Int32(score.reasons.count)) }
            return [
                .utf8(some.map(\.customer)), .float32(some.map(\.probability)), .int64(some.map { Int64($0.points) }),
                .list(ends, of: .utf8(some.flatMap { $0.reasons.map(\.code) })),
            ]
        }
    }
}
