/// What becomes of an export: which column each part of an event is read from, how often it is there, examples, and what is not read.
///
/// Made from the first block. Values of columns that tell who somebody is are not shown, nor ids of sessions, nor values that look like
/// personal data (``PersonalData``).
public struct ExportExplanation: Sendable, Equatable {
    /// One part of an event.
    public struct Part: Sendable, Equatable {
        /// `visitor`, `session`, `time`, … or a field's name with its kind behind.
        public var name: String
        /// What it is read from: of each group a value is needed, and the first column that has one counts.
        public var columns: [[String]]
        /// Share of rows that have it, 0 to 1.
        public var filled: Double
        /// Up to three different values as the export writes them; empty where they are hidden.
        public var examples: [String]
        /// Whether the values identify people.
        public var isHidden: Bool
    }

    /// Rows looked at.
    public var rows: Int
    /// The parts that are kept.
    public var parts: [Part]
    /// Columns of the export that nothing is read from, up to 100.
    public var unread: [String]
}

extension ExportReaders {
    /// Explains a mapping by the beginning of an input, which can still be opened afterwards.
    /// - Parameter identifiers: fields that identify people besides those that do by their kind or name.
    public static func explain(
        _ input: ExportInput, mapping: ExportMapping, identifiers: Set<String> = []
    ) throws(ExportError) -> ExportExplanation {
        try mapping.validate()
        let sample = try input.sample(mapping.encoding)
        var mapping = mapping
        if mapping.format == .auto {
            mapping.format = input.columnar == nil ? try FormatSniffer(path: input.path, sample: sample).format(for: mapping) : .parquet
        }
        let read: [ColumnSample]
        let all: [String]
        switch mapping.format {
        case .items: return ExportExplanation(rows: 0, parts: [], unread: [])
        case .jsonl, .parquet:
            read = sample.jsonColumns(input.limits, paths: mapping.usedColumns.sorted(), rows: mapping.rows)
            all = sample.jsonColumns(input.limits).map(\.name)
        case .auto, .csv, .tsv:
            mapping = try DialectSniffer(path: input.path, sample: sample).complete(mapping)
            let columns = try sample.delimitedColumns(mapping, path: input.path)
            all = columns.map(\.name)
            read =
                columns
                + columns.flatMap { column in
                    column.parts(paths: mapping.paths(inCell: column.name, among: all), limits: input.limits).map(\.sample)
                }
        }
        return ExportExplanation(mapping, read, all: all, identifiers: identifiers)
    }
}

extension ExportMapping {
    /// What the mapping reads within the cells of one column of delimited text, as paths.
    fileprivate func paths(inCell column: String, among header: [String]) -> [String] {
        let names = Set(header)
        return usedColumns.subtracting(names).compactMap { used in
            guard let (name, path) = JSONCells.cell(of: used, among: names), name == column else { return nil }
            return path
        }.sorted()
    }
}

extension ExportExplanation {
    init(_ mapping: ExportMapping, _ columns: [ColumnSample], all: [String], identifiers: Set<String>) {
        let missing = mapping.missing.map { Array($0.utf8) }
        var known: [String: ColumnSample] = [:]
        for column in columns { known[column.name] = column }
        let rows = columns.first?.values.count ?? 0
        let identities = Set((mapping.visitor?.names ?? []) + mapping.visitorRest.flatMap(\.names) + (mapping.customer?.names ?? []))

        func value(_ names: [String], _ row: Int) -> [UInt8]? {
            for name in names {
                guard let value = known[name]?.values[row], !value.isEmpty, !missing.contains(value) else { continue }
                return value
            }
            return nil
        }
        /// Each group needs a value; of several the preferred one counts.
        func part(_ name: String, _ groups: [[String]], hidden: Bool = false) -> Part {
            var filled = 0
            var examples: [String] = []
            for row in 0..<rows {
                let values = groups.map { value($0, row) }
                guard !values.contains(nil) else { continue }
                filled += 1
                guard !hidden, examples.count < 3 else { continue }
                guard !values.contains(where: { Self.isPersonal($0 ?? []) }) else { continue }
                let text = values.map { Self.shown($0 ?? []) }.joined(separator: " / ")
                if !examples.contains(text) { examples.append(text) }
            }
            return Part(
                name: name, columns: groups, filled: rows > 0 ? Double(filled) / Double(rows) : 0, examples: examples,
                isHidden: hidden)
        }
        var parts: [Part] = []
        if let visitor = mapping.visitor { parts.append(part("visitor", ([visitor] + mapping.visitorRest).map(\.names), hidden: true)) }
        if let session = mapping.session { parts.append(part("session", session.parts.map(\.column.names), hidden: true)) }
        if let customer = mapping.customer { parts.append(part("customer", [customer.names], hidden: true)) }
        for time in mapping.times {
            let unit = time.unit.map { " (\($0.rawValue))" } ?? ""
            parts.append(part("time" + unit, time.columns.map { [$0] }))
        }
        for order in mapping.order { parts.append(part("order", [[order]])) }
        for field in mapping.fields where field.kind != .identity {
            let hidden =
                identifiers.contains(field.name)
                || field.column.names.contains { name in
                    identities.contains(name) || known[name].map(RoleGuess.isIdentity) ?? false
                }
            parts.append(part("\(field.name) (\(field.kind.rawValue))", [field.column.names], hidden: hidden))
        }
        let used = mapping.usedColumns
        let lists = mapping.rows.map { [$0] } ?? []
        let read = used.union(used.compactMap { JSONCells.cell(of: $0, among: Set(all))?.name })
        let unread = all.filter { !read.contains($0) && !lists.contains($0) }
        self.init(rows: rows, parts: parts, unread: Array(unread.prefix(100)))
    }

    private static func isPersonal(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { PersonalData.found(in: $0) != nil } }

    /// At most 40 characters on one line.
    private static func shown(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix(200), as: UTF8.self).map { character in
            character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } ? character : " "
        }
        return text.count > 40 ? String(text.prefix(39)) + "…" : String(text)
    }
}
