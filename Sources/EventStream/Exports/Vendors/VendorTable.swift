/// Tells vendors' exports in delimited text by their columns and values, and makes the mapping for them.
struct VendorTable {
    let path: String
    let sample: InputSample
    let limits: ExportLimits
    /// How the sample was read.
    var encoding = ExportMapping.Encoding.utf8

    /// Nil where the file is of no vendor, unless a format is asked for.
    func guess(_ asked: VendorFormat?) throws(ExportError) -> MappingGuess? {
        if asked == .snowplow || (asked == nil && holdsSnowplowLines) { return try snowplow(isAsked: asked != nil) }
        if asked == nil || asked == .adobeFeed, let guess = try adobe(isAsked: asked != nil) { return guess }
        var dialect = ExportMapping()
        dialect.header = true
        dialect = try DialectSniffer(path: path, sample: sample).complete(dialect)
        let first = sample.records(dialect.dialect, limit: 1).rows.first ?? []
        let header = Self.unique(first.map { String(decoding: $0, as: UTF8.self) })
        let names = Set(header.map { $0.lowercased() })
        guard let format = asked ?? VendorFormat.allCases.first(where: { $0.fits(table: names) }) else {
            try refuseContextTable(names)
            return nil
        }
        let columns = try sample.delimitedColumns(dialect, path: path)
        var reasons = reasons(format, isAsked: asked != nil)
        var mapping = format.tableMapping(header)
        if mapping.delimiter == nil || mapping.delimiter != dialect.delimiter {
            (mapping.delimiter, mapping.quote, mapping.escape) = (dialect.delimiter, dialect.quote, dialect.escape)
        }
        (mapping.format, mapping.header, mapping.encoding) = (dialect.format, true, encoding)
        if header != columns.map(\.name) {
            mapping.columns = header
            reasons.append("columns: the header names some of them twice; later ones have a number behind")
        }
        try refuseNobody(mapping, format)
        try findLookups(&mapping, CompanionFiles(of: path), &reasons)
        keepFree(format, &mapping, zip(header, columns).map { ColumnSample(name: $0, values: $1.values) }, &reasons)
        takeMissingWords(&mapping, columns, &reasons)
        mapping.customer = mapping.customer
        return MappingGuess(mapping: mapping, reasons: reasons, vendor: format)
    }

    /// Names with a number behind those that were there before.
    static func unique(_ names: [String]) -> [String] {
        var known = Set(names)
        var seen = Set<String>()
        return names.map { name in
            if seen.insert(name).inserted { return name }
            var number = 2
            while !known.insert("\(name)_\(number)").inserted { number += 1 }
            return "\(name)_\(number)"
        }
    }

    func refuseNobody(_ mapping: ExportMapping, _ format: VendorFormat) throws(ExportError) {
        guard mapping.visitor == nil, mapping.session == nil else { return }
        throw ExportError(
            .badData, place: path, reason: "it has none of the columns that tell who a visitor is in \(format.title)",
            remedy: "export these columns, too, or give a mapping")
    }

    func reasons(_ format: VendorFormat, isAsked: Bool) -> [String] {
        ["format: \(format.rawValue), \(format.title), \(isAsked ? "as asked" : "told by its columns")", "rules: \(format.rule)"]
    }

    // MARK: Snowplow

    private func snowplow(isAsked: Bool) throws(ExportError) -> MappingGuess {
        var mapping = ExportMapping.snowplow
        var reasons = reasons(.snowplow, isAsked: isAsked)
        keepFree(.snowplow, &mapping, try sample.delimitedColumns(mapping, path: path), &reasons)
        mapping.customer = mapping.customer
        return MappingGuess(mapping: mapping, reasons: reasons, vendor: .snowplow)
    }

    /// Most lines have 131 columns, of which the event's id and the collector's time look as they do.
    private var holdsSnowplowLines: Bool {
        var (lines, fitting) = (0, 0)
        for line in sample.text.split(separator: 0x0A).prefix(200) {
            let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
            lines += 1
            guard fields.count == SnowplowColumns.atomic.count, Self.isUUID(fields[6]) else { continue }
            let isTime = Array(fields[3]).withUnsafeBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return false }
                return EventTime.readISO8601(TextSlice(base, bytes.count), 0) != .fault(.badTime)
            }
            if isTime { fitting += 1 }
        }
        return fitting * 2 > lines
    }

    private static func isUUID(_ text: ArraySlice<UInt8>) -> Bool {
        text.count == 36
            && text.enumerated().allSatisfy { index, byte in
                switch index {
                case 8, 13, 18, 23: byte == UInt8(ascii: "-")
                default: byte &- 48 < 10 || (byte | 0x20) &- 97 < 26
                }
            }
    }

    private func refuseContextTable(_ names: Set<String>) throws(ExportError) {
        guard names.contains("root_id"), names.contains("root_tstamp") else { return }
        throw ExportError(
            .badData, place: path, reason: "it is a table of one Snowplow context: it names events, but nobody who did them",
            remedy: "import the table of events; contexts joined to it as columns `contexts_…` are read")
    }

    // MARK: What the mapping does not name

    /// Columns for free use and members of cells of JSON stay under their own names, as texts.
    func keepFree(_ format: VendorFormat, _ mapping: inout ExportMapping, _ columns: [ColumnSample], _ reasons: inout [String]) {
        var used = mapping.usedColumns
        var names = Set(mapping.fields.map(\.name))
        var kept = 0
        for column in columns {
            let parts: [(name: String, sample: ColumnSample)]
            switch format.use(ofColumn: column.name) {
            case .none: continue
            case .text: parts = used.contains(column.name) ? [] : [(column.name, column)]
            case .cell(let stem): parts = column.parts(limits: limits).map { (format.fieldName($0.path, stem: stem), $0.sample) }
            }
            for (name, sample) in parts where kept < 200 && used.insert(sample.name).inserted {
                guard !format.isSuperfluous(sample.name) else { continue }
                guard !RoleGuess.isIdentity(sample), !sample.lastKey.contains("email"), !sample.lastKey.contains("phone") else {
                    reasons.append("`\(sample.name)` is left out: it tells who somebody is")
                    continue
                }
                let unique = names.contains(name) ? sample.name : name
                guard !sample.name.isEmpty, !unique.isEmpty, unique != ExportMapping.customerField, names.insert(unique).inserted,
                    let kind = FieldGuess(column: sample).kindAsText
                else { continue }
                mapping.fields.append(.init(name: unique, column: sample.name, kind: kind))
                kept += 1
            }
        }
        if kept > 0 { reasons.append("\(kept) columns and members for free use are kept under their own names") }
    }

    /// Words for no value that stand in columns the mapping reads.
    private func takeMissingWords(_ mapping: inout ExportMapping, _ columns: [ColumnSample], _ reasons: inout [String]) {
        let used = mapping.usedColumns
        var words: [String] = []
        for column in columns where used.contains(column.name) {
            for word in column.usedMissingWords where !words.contains(word) && !mapping.missing.contains(word) { words.append(word) }
        }
        guard !words.isEmpty else { return }
        mapping.missing += words
        reasons.append("missing: \(words.joined(separator: ", ")) stand for no value")
    }
}
