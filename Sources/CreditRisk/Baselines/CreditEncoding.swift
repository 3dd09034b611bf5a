/// Columns → floats, without a look at any outcome, so that the encoding itself can leak nothing.
///
/// A number stays what it is, NaN where missing; or, for networks, it is cut at quantiles of the training into parts, each of which fills from
/// 0 to 1 (piecewise linear encoding; Gorishniy, Rubachev and Babenko, 2022), with one float more for missing: then skewed amounts need no
/// logarithm, and a step in the risk is a weight away. A category is a float for each value that is common enough in training, one for all
/// others (rare then, or never seen), and one for missing: exactly one of them is 1.
public struct CreditEncoding: Sendable, Equatable, Codable {
    /// How one column is written.
    public struct Column: Sendable, Equatable, Codable {
        /// Its name.
        public var name: String
        /// Values with a float of their own, in their order; nil for numbers.
        public var categories: [String]?
        /// Where a number is cut, rising, both ends among them; nil where it stays what it is. Fewer than two for one that did not vary.
        public var edges: [Float]?

        /// Floats of the column.
        public var width: Int { categories.map { $0.count + 2 } ?? edges.map { max(0, $0.count - 1) + 1 } ?? 1 }
    }

    /// The columns, in the order of the table.
    public let columns: [Column]

    /// Floats of an applicant (D).
    public var width: Int { columns.reduce(0) { $0 + $1.width } }

    /// The column that each float comes from, `[D]`.
    public var sources: [Int] { columns.indices.flatMap { [Int](repeating: $0, count: columns[$0].width) } }

    /// The encoding of a table to learn from.
    /// - Parameters:
    ///   - minimumCount: applicants that a value needs for a float of its own.
    ///   - leastCustomers: customers that it needs, too; one may have applied several times.
    ///   - maximumCategories: most values of a column; the most frequent are kept, of equal ones those that come first in order.
    ///   - parts: most parts that a number is cut into; 0 leaves numbers as they are.
    public init(_ table: CreditTable, minimumCount: Int = 20, leastCustomers: Int = 1, maximumCategories: Int = 100, parts: Int = 0) {
        columns = table.columns.map { column in
            guard case .categorical(let values) = column.values else {
                return Column(name: column.name, categories: nil, edges: parts > 0 ? Self.edges(column, parts) : nil)
            }
            var (counts, customers): ([String: Int], [String: Set<UInt64>]) = ([:], [:])
            for (row, value) in values.enumerated() {
                guard let value else { continue }
                counts[value, default: 0] += 1
                if leastCustomers > 1 { customers[value, default: []].insert(table.customers[row]) }
            }
            let common = counts.filter { $0.value >= minimumCount && (customers[$0.key]?.count ?? 1) >= leastCustomers }.sorted {
                ($1.value, $0.key) < ($0.value, $1.key)
            }
            return Column(name: column.name, categories: common.prefix(maximumCategories).map(\.key).sorted())
        }
    }

    /// Quantiles at equal distances, each once, of the values that are there.
    private static func edges(_ column: CreditTable.Column, _ parts: Int) -> [Float] {
        guard case .numeric(let values) = column.values else { return [] }
        let sorted = values.filter { !$0.isNaN }.sorted()
        guard let last = sorted.indices.last else { return [] }
        var edges: [Float] = []
        for part in 0...parts {
            let value = sorted[last * part / parts]
            if edges.last != value { edges.append(value) }
        }
        return edges
    }

    /// How far a number has come through each part, then whether it is missing.
    private static func fill(_ value: Float, _ edges: [Float], into target: inout [Float], at first: Int) {
        let parts = max(0, edges.count - 1)
        guard !value.isNaN else {
            target[first + parts] = 1
            return
        }
        for part in 0..<parts where value > edges[part] {
            // Halves: the distance of two large numbers of either sign is no number.
            let share = (value / 2 - edges[part] / 2) / (edges[part + 1] / 2 - edges[part] / 2)
            target[first + part] = value >= edges[part + 1] ? 1 : min(1, share)
        }
    }

    /// `[B, D]`, row by row.
    /// - Throws: ``CreditBaselineError/otherColumns(_:)`` where names, order or kinds are not those of the training.
    public func floats(_ table: CreditTable) throws(CreditBaselineError) -> [Float] {
        guard table.columns.count == columns.count else {
            throw .otherColumns("\(table.columns.count) columns, and the training had \(columns.count)")
        }
        let width = self.width
        var result = [Float](repeating: 0, count: table.count * width)
        var first = 0
        for (place, (column, own)) in zip(table.columns, columns).enumerated() {
            guard column.name == own.name else {
                throw .otherColumns("column \(place) (from 0) is \"\(column.name)\", and was \"\(own.name)\" in training")
            }
            switch (column.values, own.categories) {
            case (.numeric(let values), nil):
                for row in values.indices {
                    if let edges = own.edges {
                        Self.fill(values[row], edges, into: &result, at: row * width + first)
                    } else {
                        result[row * width + first] = values[row]
                    }
                }
            case (.categorical(let values), let categories?):
                let numbers = Dictionary(uniqueKeysWithValues: zip(categories, 0...))
                for (row, value) in values.enumerated() {
                    let number = value.map { numbers[$0] ?? categories.count } ?? categories.count + 1
                    result[row * width + first + number] = 1
                }
            default:
                throw .otherColumns("column \"\(own.name)\" is of another kind than in training (numbers against categories)")
            }
            first += own.width
        }
        return result
    }
}
