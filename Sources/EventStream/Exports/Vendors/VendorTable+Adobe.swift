/// Adobe's data feed: the names of the columns lie in a file beside the hits.
extension VendorTable {
    private static let headers = "column_headers.tsv"

    /// Nil where the file holds no hits, or says itself what its columns are.
    func adobe(isAsked: Bool) throws(ExportError) -> MappingGuess? {
        let dialect = DelimitedDialect(delimiter: 0x09, quote: 0, escape: 0x5C)
        let rows = sample.records(dialect, limit: 200).rows
        guard let width = Self.width(rows), let first = rows.first else { return nil }
        guard isAsked || width >= 20, !AdobeFeed.needed.isSubset(of: first.map { String(decoding: $0, as: UTF8.self) }) else { return nil }
        let companions = CompanionFiles(of: path)
        guard let place = isStandardInput ? nil : try companions.find(Self.headers) else {
            guard isAsked else { return nil }
            throw ExportError(
                .noInput, place: path, reason: "there is no \(Self.headers) beside it, and hits do not name their columns",
                remedy: "put it there: it is in the feed's lookup archive; standard input has nothing beside it")
        }
        var names = try columnNames(companions.content(place, .latin1))
        guard AdobeFeed.needed.isSubset(of: names) else {
            guard isAsked else { return nil }
            throw ExportError(
                .badData, place: place, reason: "it does not name \(AdobeFeed.needed.sorted().joined(separator: " and "))",
                remedy: "add these columns to the feed, or give a mapping")
        }
        var reasons = reasons(.adobeFeed, isAsked: isAsked)
        if let last = try fit(&names, to: width, place) {
            reasons.append("columns: rows end before the last one that \(place) names, `\(last)`")
        }
        var mapping = ExportMapping.adobeFeed.pruned(to: names)
        mapping.columns = names
        mapping.header = false
        // A feed is ISO 8859-1 unless it shows that it is not; what is ASCII so far may show neither.
        mapping.encoding = encoding == .utf8 && sample.text.contains { $0 >= 0x80 } ? .utf8 : .latin1
        try refuseNobody(mapping, .adobeFeed)
        try findLookups(&mapping, companions, &reasons)
        reasons.append("eVars and props are kept by their numbers: leave out, or give to --identifier, those that tell who somebody is")
        keepFree(.adobeFeed, &mapping, try sample.delimitedColumns(mapping, path: path), &reasons)
        mapping.customer = mapping.customer
        return MappingGuess(mapping: mapping, reasons: reasons, vendor: .adobeFeed)
    }

    /// The mapping of one more file by the names and tables that lie beside it. Its fields are those of the first file; where its columns
    /// would make others, or tables are not there that were, nothing is read.
    func adobe(following first: ExportMapping, _ companions: CompanionFiles) throws(ExportError) -> ExportMapping {
        var reasons: [String] = []
        // Where the files name their columns themselves, only tables differ.
        guard first.header == false else {
            var mapping = first
            let tables = Dictionary(ExportMapping.adobeFeed.fields.map { ($0.name, $0.lookup?.file) }) { name, _ in name }
            for index in mapping.fields.indices where mapping.fields[index].lookup?.file != nil {
                let file = tables[mapping.fields[index].name] ?? nil
                mapping.fields[index].lookup?.file = file
            }
            try findLookups(&mapping, companions, &reasons)
            try refuseOtherFields(mapping, first, new: [])
            return mapping
        }
        guard let place = try companions.find(Self.headers) else {
            throw ExportError(
                .noInput, place: path, reason: "there is no \(Self.headers) beside it, as there is beside the first file",
                remedy: "put the one of the same day there: it is in the feed's lookup archive")
        }
        var names = try columnNames(companions.content(place, .latin1))
        if let width = Self.width(sample.records(first.dialect, limit: 200).rows) { _ = try fit(&names, to: width, place) }
        var mapping = ExportMapping.adobeFeed.pruned(to: names)
        (mapping.columns, mapping.header) = (names, false)
        mapping.encoding = sample.feedEncoding ?? first.encoding
        try findLookups(&mapping, companions, &reasons)
        let named = Set(mapping.fields.map(\.name)), known = Set(first.columns ?? [])
        let free = first.fields.filter { !named.contains($0.name) && $0.column.names.allSatisfy(names.contains) }
        mapping.fields += free
        mapping.customer = mapping.customer
        var wider = mapping
        let unknown = try sample.delimitedColumns(mapping, path: path).filter { !known.contains($0.name) }
        keepFree(.adobeFeed, &wider, unknown, &reasons)
        try refuseOtherFields(mapping, first, new: wider.fields.dropFirst(mapping.fields.count).map(\.name))
        return mapping
    }

    private func refuseOtherFields(_ mapping: ExportMapping, _ first: ExportMapping, new: [String]) throws(ExportError) {
        func shown(_ names: [String]) -> String {
            names.prefix(5).map { "`\($0)`" }.joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
        }
        let (own, others) = (mapping.fields.map(\.name), first.fields.map(\.name))
        let absent = others.filter { !own.contains($0) }, added = own.filter { !others.contains($0) } + new
        guard absent.isEmpty, added.isEmpty else {
            let faults = [absent.isEmpty ? nil : "it lacks \(shown(absent))", added.isEmpty ? nil : "it has \(shown(added)), too"]
            throw ExportError(
                .badData, place: path,
                reason: "its columns make other fields than the first file's: \(faults.compactMap { $0 }.joined(separator: "; "))",
                remedy: "import the days apart, or give a mapping that fits all")
        }
        let tables = Dictionary(first.fields.map { ($0.name, $0.lookup?.file != nil) }) { one, _ in one }
        let numbers = mapping.fields.filter { tables[$0.name] != ($0.lookup?.file != nil) }.map(\.name)
        guard numbers.isEmpty else {
            throw ExportError(
                .noInput, place: path,
                reason: "the tables for \(shown(numbers)) lie beside the first file or this one, and not beside both",
                remedy: "fetch the lookups of every day, or import the days apart")
        }
    }

    /// How many fields most rows have.
    private static func width(_ rows: [[[UInt8]]]) -> Int? {
        var widths: [Int: Int] = [:]
        for row in rows { widths[row.count, default: 0] += 1 }
        return widths.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
    }

    /// Takes the last name off where rows end before it, and gives it.
    private func fit(_ names: inout [String], to width: Int, _ place: String) throws(ExportError) -> String? {
        if names.count == width + 1 { return names.popLast() }
        guard names.count == width else {
            throw ExportError(
                .badData, place: path, reason: "most rows have \(width) fields, and \(place) beside it names \(names.count) columns",
                remedy: "put the \(Self.headers) of the same day there")
        }
        return nil
    }

    private func columnNames(_ text: [UInt8]) -> [String] {
        let line = text.prefix { $0 != 0x0A && $0 != 0x0D }
        return Self.unique(line.split(separator: 0x09, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) })
    }

    /// Tables that are not there leave their numbers as they are.
    func findLookups(_ mapping: inout ExportMapping, _ companions: CompanionFiles, _ reasons: inout [String]) throws(ExportError) {
        for index in mapping.fields.indices {
            guard let file = mapping.fields[index].lookup?.file else { continue }
            if let place = isStandardInput ? nil : try companions.find(file) {
                mapping.fields[index].lookup?.file = place
                continue
            }
            mapping.fields[index].lookup?.file = nil
            if mapping.fields[index].lookup?.values.isEmpty == true { mapping.fields[index].lookup = nil }
            reasons.append("`\(mapping.fields[index].name)` stays a number: there is no \(file) beside the hits")
        }
    }

    private var isStandardInput: Bool { path == "standard input" }
}

extension ExportReaders {
    /// The mapping for one more file of an export: the first's, but for what lies beside the files of an Adobe feed.
    static func mapping(of input: ExportInput, following first: MappingGuess) throws(ExportError) -> ExportMapping {
        guard first.vendor == .adobeFeed, input.path != "standard input" else { return first.mapping }
        let companions = CompanionFiles(of: input.path)
        let table = VendorTable(path: input.path, sample: try input.sample(.utf8), limits: input.limits)
        let mapping = try table.adobe(following: first.mapping, companions)
        input.companions = companions
        return mapping
    }
}

extension InputSample {
    /// UTF-8 where more lines say something in it than are none; nil where all is ASCII.
    fileprivate var feedEncoding: ExportMapping.Encoding? {
        var (broken, meaningful) = (0, 0)
        for line in text.split(separator: 0x0A) where line.contains(where: { $0 >= 0x80 }) {
            if line.withUnsafeBufferPointer({ isUTF8($0.baseAddress!, 0, $0.count) }) { meaningful += 1 } else { broken += 1 }
        }
        return broken + meaningful == 0 ? nil : broken > meaningful ? .latin1 : .utf8
    }
}
