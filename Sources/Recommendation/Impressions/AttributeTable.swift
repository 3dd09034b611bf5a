/// Texts about things by their ids: customers or tiles. A CSV with a header; plain, gzip or zstd. An empty text is missing.
public struct AttributeTable: Sendable {
    /// The file as it was named.
    public let path: String
    /// The columns but that of the id. `[C]`.
    public let columns: [String]
    /// In the order of the file, different ones. `[N]`.
    public private(set) var ids: [String] = []
    /// `[N, C]`.
    public private(set) var texts: [[String]] = []
    /// Rows that were refused.
    public private(set) var rejects = RejectedRows()
    private var places: [String: Int] = [:]

    /// Reads a file.
    /// - Parameter id: the column of the id. A row without one, or with that of an earlier row, is refused.
    public init(_ path: String, id: String) throws(TableError) { try self.init(try DelimitedTable(path, needed: id), id: id) }

    package init(_ table: DelimitedTable, id: String) throws(TableError) {
        let column = try table.require(id)
        let others = table.names.indices.filter { $0 != column }
        (path, columns) = (table.path, others.map { table.names[$0] })
        var (refused, found, values, known) = (RejectedRows(), [String](), [[String]](), [String: Int]())
        table.rows(&refused) { row, rejects in
            let key = row.text(column)
            guard !key.isEmpty else { return rejects.record(.missingIdentity, file: table.path, line: row.line, "expected `\(id)`") }
            guard known[key] == nil else {
                return rejects.record(.duplicateIdentity, file: table.path, line: row.line, "an earlier row has the same `\(id)`")
            }
            known[key] = found.count
            found.append(key)
            values.append(others.map { row.text($0) })
        }
        (rejects, ids, texts, places) = (refused, found, values, known)
        guard !ids.isEmpty else { throw .nothingRead(file: path, rejects: rejects) }
    }

    /// Where an id stands, or nil.
    public func place(of id: String) -> Int? { places[id] }
}

/// Takes: texts in columns.   Gives: floats, by what the training rows hold.
///
/// A column of which every text in training is a number is numeric: one float, standardised if wished, NaN where missing or, later, no number.
/// Any other is categorical: a 0 or 1 for each of the most frequent texts in training, one for any other text (`column=(unknown)`), and one
/// for none (`column=(missing)`). A numeric column that is constant in training becomes 0 where it is that constant; one that is missing
/// throughout training is left out.
public struct FeatureEncoder: Sendable, Equatable, Codable {
    /// One column.
    public struct Column: Sendable, Equatable, Codable {
        /// Its name in the table.
        public var name: String
        /// What is taken away from a number; nil where categorical.
        public var mean: Double?
        /// What a number is divided by then.
        public var deviation: Double?
        /// The texts that have a float, sorted; nil where numeric.
        public var categories: [String]?
    }

    /// The columns that are read.
    public let columns: [Column]
    /// One for each float. `[C]`.
    public let names: [String]

    /// Most categories of a column that have a float of their own.
    public static let mostCategories = 100

    /// Learns from some rows of a table.
    /// - Parameters:
    ///   - rows: those of training; no other is looked at.
    ///   - standardises: whether numbers get mean 0 and standard deviation 1 over these rows.
    ///   - fewestRows: rows that must share a text before it is kept and has a float: what one customer alone has may tell who it is.
    public init(_ table: AttributeTable, rows: [Int], standardises: Bool, fewestRows: Int = 1) {
        var columns: [Column] = []
        for (place, name) in table.columns.enumerated() {
            let texts = rows.map { table.texts[$0][place] }.filter { !$0.isEmpty }
            guard !texts.isEmpty else { continue }
            let numbers = texts.compactMap { DelimitedTable.number($0) }
            if numbers.count == texts.count {
                guard standardises else {
                    columns.append(Column(name: name, mean: 0, deviation: 1))
                    continue
                }
                let mean = numbers.reduce(0, +) / Double(numbers.count)
                let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
                // Of a constant such as 0.1 the sums leave a remainder that is no deviation.
                let varies = variance > 1e-18 * mean * mean
                columns.append(Column(name: name, mean: varies ? mean : numbers[0], deviation: varies ? variance.squareRoot() : 1))
            } else {
                var counts: [String: Int] = [:]
                for text in texts { counts[text, default: 0] += 1 }
                let frequent = counts.filter { $0.value >= fewestRows }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(
                    Self.mostCategories)
                columns.append(Column(name: name, categories: frequent.map(\.key).sorted()))
            }
        }
        self.init(columns)
    }

    private init(_ columns: [Column]) {
        self.columns = columns
        let wanted = columns.flatMap { column in
            column.categories.map { $0.map { "\(column.name)=\($0)" } + ["\(column.name)=(unknown)", "\(column.name)=(missing)"] }
                ?? [column.name]
        }
        // A text may be `(missing)`, and a column `a=b`: features are told apart by their names.
        var seen = Set<String>()
        names = wanted.map { name in
            var (unique, number) = (name, 1)
            while !seen.insert(unique).inserted {
                number += 1
                unique = "\(name) (\(number))"
            }
            return unique
        }
    }

    /// Decodes the columns.
    public init(from decoder: any Decoder) throws {
        let columns = try decoder.container(keyedBy: CodingKeys.self).decode([Column].self, forKey: .columns)
        guard columns.allSatisfy({ ($0.categories == nil) == ($0.mean != nil && ($0.deviation ?? 0) > 0) }) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a column is neither numeric nor categorical"))
        }
        self.init(columns)
    }

    /// Encodes the columns.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(columns, forKey: .columns)
    }

    enum CodingKeys: String, CodingKey { case columns }

    /// The floats `[C]` of a row of a table; of one that is not there, everything is missing. The table may have its columns in another order,
    /// and columns that it lacks are missing.
    public func floats(_ table: AttributeTable, row: Int?) -> [Float] {
        var floats: [Float] = []
        floats.reserveCapacity(names.count)
        for column in columns {
            let place = row == nil ? nil : table.columns.firstIndex(of: column.name)
            let text = place.map { table.texts[row!][$0] } ?? ""
            guard let categories = column.categories else {
                let number = DelimitedTable.number(text)
                let scaled = number.map { ($0 - (column.mean ?? 0)) / (column.deviation ?? 1) }
                // What training hardly varied may vary beyond all numbers later.
                floats.append(scaled.map { Float(max(-DelimitedTable.greatestNumber, min($0, DelimitedTable.greatestNumber))) } ?? .nan)
                continue
            }
            let known = text.isEmpty ? nil : categories.firstIndex(of: text)
            for place in categories.indices { floats.append(place == known ? 1 : 0) }
            floats.append(known == nil && !text.isEmpty ? 1 : 0)
            floats.append(text.isEmpty ? 1 : 0)
        }
        return floats
    }
}
