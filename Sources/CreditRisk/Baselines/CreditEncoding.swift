/// Columns → floats, without a look at any outcome, so that the encoding itself can leak nothing.
///
/// A number stays what it is, NaN where missing. A category is a float for each value that is common enough in training, one for all others
/// (rare then, or never seen), and one for missing: exactly one of them is 1.
public struct CreditEncoding: Sendable, Equatable, Codable {
    /// How one column is written.
    public struct Column: Sendable, Equatable, Codable {
        /// Its name.
        public var name: String
        /// Values with a float of their own, in their order; nil for numbers.
        public var categories: [String]?

        /// Floats of the column.
        public var width: Int { categories.map { $0.count + 2 } ?? 1 }
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
    ///   - maximumCategories: most values of a column; the most frequent are kept, of equal ones those that come first in order.
    public init(_ table: CreditTable, minimumCount: Int = 20, maximumCategories: Int = 100) {
        columns = table.columns.map { column in
            guard case .categorical(let values) = column.values else { return Column(name: column.name, categories: nil) }
            var counts: [String: Int] = [:]
            for case let value? in values { counts[value, default: 0] += 1 }
            let common = counts.filter { $0.value >= minimumCount }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            return Column(name: column.name, categories: common.prefix(maximumCategories).map(\.key).sorted())
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
                for row in values.indices { result[row * width + first] = values[row] }
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
