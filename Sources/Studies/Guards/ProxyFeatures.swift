internal import BoostedTrees
internal import Evaluation
public import EventStream
public import Recommendation
public import SequenceEmbedding

/// What a model uses of each row, as numbers that probes read.
public struct ProxyFeatures: Sendable {
    /// Features of a row.
    public let columns: Int
    let logistic: FeatureTable
    let trees: TreeFeatures

    private init(_ logistic: FeatureTable, _ trees: TreeFeatures) {
        (columns, self.logistic, self.trees) = (logistic.columns, logistic, trees)
    }

    /// Embeddings `[N, columns]`.
    public init(embeddings: [Float], columns: Int) throws(StudyError) {
        do throws(BoostedTreesError) {
            self.init(.dense(embeddings, columns: columns), try TreeFeatures.dense(embeddings, columns: columns))
        } catch { throw .trees(error) }
    }

    /// How often each value of the fields occurs in each session of a table, without some fields; log(1 + count).
    public init(counts table: any EventTable, leavingOut banned: Set<String>) throws(StudyError) {
        let counts = SessionCounts(table, training: Array(0..<table.sessionCount), leavingOut: banned)
        let rows = counts.rows(Array(0..<table.sessionCount))
        do throws(BoostedTreesError) { self.init(rows.features, try rows.trees()) } catch { throw .trees(error) }
    }

    /// The other columns of a table: numbers standardised, texts as one column for each of the frequent ones. Missing numbers count as the
    /// mean for the logistic probe.
    public init(_ table: AttributeTable, leavingOut banned: Set<String>) throws(StudyError) {
        let all = Array(table.ids.indices)
        let encoder = FeatureEncoder(table, rows: all, standardises: true, fewestRows: 5)
        let kept = encoder.columns.filter { !banned.contains($0.name) }
        guard !kept.isEmpty else { throw .tooLittle(what: "columns beside the banned one", found: 0, needed: 1) }
        var places: [Int] = []
        var place = 0
        for column in encoder.columns {
            let width = column.categories.map { $0.count + 2 } ?? 1
            if !banned.contains(column.name) { places += place..<(place + width) }
            place += width
        }
        let floats = all.flatMap { row in
            let own = encoder.floats(table, row: row)
            return places.map { own[$0] }
        }
        do throws(BoostedTreesError) {
            self.init(
                .dense(floats.map { $0.isNaN ? 0 : $0 }, columns: places.count), try TreeFeatures.dense(floats, columns: places.count))
        } catch { throw .trees(error) }
    }

    func selecting(_ rows: [Int]) -> (logistic: FeatureTable, trees: TreeFeatures) { (logistic.selecting(rows), trees.selecting(rows)) }
}

extension ProxyTarget {
    /// The value of a field in each session: the most frequent one of its events, of equals the first; groups are visitors.
    /// - Throws: ``StudyError/noSuchField(corpus:field:available:)``.
    public static func values(_ field: String, of corpus: Corpus) throws(StudyError) -> (values: [String?], groups: [UInt64]) {
        let groups = (0..<corpus.sessionCount).map { UInt64(corpus.visitor(ofSession: $0)) }
        if let numbers = corpus.numbers(field) {
            let values = (0..<corpus.sessionCount).map { session -> String? in
                let own = corpus.events(ofSession: session).map { numbers[$0] }.filter { !$0.isNaN }
                return own.isEmpty ? nil : "\(own.reduce(0, +) / Double(own.count))"
            }
            return (values, groups)
        }
        guard let codes = corpus.codes(field), let dictionary = corpus.dictionary(field), corpus.schema.field(field)?.role != .identity
        else {
            throw .noSuchField(corpus: corpus.path, field: field, available: corpus.schema.readableFields.map(\.name))
        }
        let values = (0..<corpus.sessionCount).map { session -> String? in
            var counts: [Int32: (count: Int, first: Int)] = [:]
            for event in corpus.events(ofSession: session) where codes[event] > 0 {
                counts[codes[event], default: (0, event)].count += 1
            }
            return counts.max { ($0.value.count, -$0.value.first) < ($1.value.count, -$1.value.first) }.map { dictionary[Int($0.key) - 1] }
        }
        return (values, groups)
    }

    /// The value that a table of customers has in each session's customer, by links; groups are customers.
    public static func values(
        _ column: String, of table: AttributeTable, links: SessionCustomers, index: CustomerIndex
    ) throws(StudyError) -> (values: [String?], groups: [UInt64]) {
        guard let place = table.columns.firstIndex(of: column) else {
            throw .noSuchField(corpus: table.path, field: column, available: table.columns)
        }
        var index = index
        var known: [Int32: String] = [:]
        for (row, id) in table.ids.enumerated() where !table.texts[row][place].isEmpty {
            known[index.number(of: id)] = table.texts[row][place]
        }
        return (
            links.customers.map { $0 < 0 ? nil : known[$0] },
            links.customers.enumerated().map { $1 < 0 ? UInt64(1) << 40 | UInt64($0) : UInt64($1) }
        )
    }

    /// The values of a column of a table; every row is a person.
    public static func values(_ column: String, of table: AttributeTable) throws(StudyError) -> (values: [String?], groups: [UInt64]) {
        guard let place = table.columns.firstIndex(of: column) else {
            throw .noSuchField(corpus: table.path, field: column, available: table.columns)
        }
        return (table.texts.map { $0[place].isEmpty ? nil : $0[place] }, table.ids.indices.map { UInt64($0) })
    }
}
