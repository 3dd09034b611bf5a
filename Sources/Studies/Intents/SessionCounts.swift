internal import Evaluation
internal import SequenceEmbedding

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How often each value occurs in a session, log(1 + count), with log(1 + events) and log(1 + seconds).
///
/// Values of categorical and url fields, and of texts that hold several between separators; never an outcome. A value is kept if two
/// training sessions have it, at most 2,000 of a field.
struct SessionCounts {
    static let minimumSessions = 2
    static let maximumValues = 2_000

    /// Columns: the values of all fields, then events and seconds.
    let width: Int
    private let table: any EventTable
    private let fields: [(tokens: FieldTokens, vocabulary: TokenVocabulary, first: Int)]

    /// - Parameter banned: fields that are not counted.
    init(_ table: any EventTable, training: [Int], leavingOut banned: Set<String> = []) {
        self.table = table
        var fields: [(tokens: FieldTokens, vocabulary: TokenVocabulary, first: Int)] = []
        var first = 0
        for field in table.fields where !banned.contains(field.name) {
            guard field.kind == .categorical || field.kind == .url || (field.kind == .text && field.separator != nil) else { continue }
            let numbers = TokenNumbers()
            guard let tokens = FieldTokens(table, field, .whole, numbers) else { continue }
            let own = training.map { session in table.events(ofSession: session).flatMap { tokens.tokens(tokens.codes[$0]) } }
            let vocabulary = TokenVocabulary(
                own, numbers, minimumSessions: Self.minimumSessions, maximumCount: Self.maximumValues)
            fields.append((tokens, vocabulary, first))
            first += vocabulary.count
        }
        (self.fields, width) = (fields, first + 2)
    }

    /// One row a session, its columns rising; the last two columns are always there.
    func rows(_ sessions: [Int]) -> SparseRows {
        var rows = SparseRows(width: width)
        for session in sessions {
            let events = table.events(ofSession: session)
            for (tokens, vocabulary, first) in fields {
                for (place, count) in vocabulary.counts(events.flatMap { tokens.tokens(tokens.codes[$0]) }) {
                    rows.append(first + Int(place), log1pf(Float(count)))
                }
            }
            rows.append(width - 2, log1pf(Float(events.count)))
            rows.append(width - 1, log1pf(seconds(events)))
            rows.endRow()
        }
        return rows
    }

    private func seconds(_ events: Range<Int>) -> Float {
        guard let last = events.last, table.times[events.lowerBound] != .min, table.times[last] != .min else { return 0 }
        return Float(max(0, Double(table.times[last] &- table.times[events.lowerBound]) * 1e-6))
    }
}

extension SparseRows {
    /// The last `count` columns, which every row has, centred and brought to a spread of 1 by the means and spreads of `other`.
    func standardisingLast(_ count: Int, by other: SparseRows) -> SparseRows {
        var result = self
        let rows = max(1, other.offsets.count - 1)
        for back in 1...count {
            let own = other.offsets.dropFirst().map { Double(other.values[$0 - back]) }
            let mean = own.reduce(0, +) / Double(rows)
            let spread = (own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)).squareRoot()
            for end in offsets.dropFirst() {
                result.values[end - back] = spread > 1e-9 ? Float((Double(values[end - back]) - mean) / spread) : 0
            }
        }
        return result
    }

    var features: FeatureTable { .sparse(offsets: offsets, columnIndices: columns, values: values, columns: width) }
}
