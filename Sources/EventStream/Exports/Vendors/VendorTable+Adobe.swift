/// Adobe's data feed: the names of the columns lie in a file beside the hits.
extension VendorTable {
    private static let headers = "column_headers.tsv"

    /// Nil where the file holds no hits, or says itself what its columns are.
    func adobe(isAsked: Bool) throws(ExportError) -> MappingGuess? {
        let dialect = DelimitedDialect(delimiter: 0x09, quote: 0, escape: 0x5C)
        let rows = sample.records(dialect, limit: 200).rows
        var widths: [Int: Int] = [:]
        for row in rows { widths[row.count, default: 0] += 1 }
        guard let width = widths.max(by: { ($0.value, $0.key) < ($1.value, $1.key) })?.key, let first = rows.first else { return nil }
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
        if names.count == width + 1, let last = names.popLast() {
            reasons.append("columns: rows end before the last one that \(place) names, `\(last)`")
        }
        guard names.count == width else {
            throw ExportError(
                .badData, place: path, reason: "most rows have \(width) fields, and \(place) beside it names \(names.count) columns",
                remedy: "put the \(Self.headers) of the same day there")
        }
        var mapping = ExportMapping.adobeFeed.pruned(to: names)
        mapping.columns = names
        mapping.header = false
        // ASCII alone may become either: UTF-8 refuses what it is not, so a wrong guess is seen.
        mapping.encoding = encoding == .utf8 ? .utf8 : .latin1
        try refuseNobody(mapping, .adobeFeed)
        try findLookups(&mapping, companions, &reasons)
        reasons.append("eVars and props are kept by their numbers: leave out, or give to --identifier, those that tell who somebody is")
        keepFree(.adobeFeed, &mapping, try sample.delimitedColumns(mapping, path: path), &reasons)
        mapping.customer = mapping.customer
        return MappingGuess(mapping: mapping, reasons: reasons, vendor: .adobeFeed)
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
