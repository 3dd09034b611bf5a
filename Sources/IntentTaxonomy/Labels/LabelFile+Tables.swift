internal import EventStream

extension LabelFile {
    /// Which column is what.
    struct Header {
        let delimiter: UInt8
        let count: Int
        var session: Int
        var visitor: Int?
        var intent: Int?
        var confidence: Int?
        var annotator: Int?
        var annotatorVersion: Int?
        var time: Int?
        var rationale: Int?
        var taxonomyDigest: Int?
        /// Of the wide form: id and column.
        var intents: [(id: String, column: Int)] = []

        init(_ text: [UInt8], path: String, taxonomy: Taxonomy) throws(LabelError) {
            // The delimiter is the one that cuts a session's column out of the first line.
            let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")].compactMap { delimiter in
                var table = TableText(text, delimiter: delimiter)
                let names = table.next()?.fields?.map { Self.name($0) }
                return names.flatMap { names in names.contains { LabelFile.sessionNames.contains($0) } ? (delimiter, names) : nil }
            }
            // It may be data and not a header; then it is not to be shown.
            guard let (delimiter, names) = candidates.max(by: { $0.1.count < $1.1.count }) else { throw .unknownForm(file: path) }
            (self.delimiter, count) = (delimiter, names.count)
            if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
                throw .badHeader(file: path, reason: "column \(twice + 1) has the name of an earlier one", remedy: "name each column once")
            }
            func column(_ candidates: [String]) -> Int? { candidates.compactMap { names.firstIndex(of: $0) }.first }
            session = column(LabelFile.sessionNames) ?? 0
            visitor = column(LabelFile.visitorNames)
            intent = column(["intent"])
            confidence = column(["confidence"])
            annotator = column(["annotator"])
            annotatorVersion = column(["annotator_version"])
            time = column(["time"])
            rationale = column(["rationale"])
            taxonomyDigest = column(["taxonomy_digest"])
            if intent != nil { return }
            if confidence != nil {
                throw .badHeader(
                    file: path, reason: "there is a column `confidence` and no column `intent`", remedy: "name the column of intents")
            }
            let known = Set(
                LabelFile.sessionNames + LabelFile.visitorNames
                    + ["annotator", "annotator_version", "time", "rationale", "taxonomy_digest"])
            let assignable = Set(taxonomy.assignable.map { $0.id.lowercased() })
            for (place, name) in names.enumerated() where !known.contains(name) {
                guard assignable.contains(name) else {
                    throw .badHeader(
                        file: path,
                        reason: "column \(place + 1) is neither a known column nor an intent of \(taxonomy.id) \(taxonomy.version)",
                        remedy: "name it as the taxonomy names the intent, or leave the column out")
                }
                intents.append((name, place))
            }
            if intents.isEmpty {
                throw .badHeader(
                    file: path, reason: "there is no column of intents",
                    remedy: "add `intent` and `confidence`, or one column named as each intent")
            }
        }

        private static func name(_ field: ArraySlice<UInt8>) -> String {
            var field = field
            while let first = field.first, first == 0x20 { field.removeFirst() }
            while let last = field.last, last == 0x20 { field.removeLast() }
            return String(decoding: field, as: UTF8.self).lowercased()
        }
    }

    func tableRows(_ header: Header, _ body: (Row) -> Void) {
        var table = TableText(bytes, delimiter: header.delimiter)
        _ = table.next()
        while let record = table.next() { body(tableRow(record, header)) }
    }

    private func tableRow(_ record: TableText.Record, _ header: Header) -> Row {
        guard let fields = record.fields else {
            return .refused(reject(.badQuoting, record.line, "expected quotes around a whole field, doubled inside"), nil)
        }
        guard fields.count == header.count else {
            return .refused(reject(.wrongFieldCount, record.line, "\(fields.count) fields, the header has \(header.count)"), nil)
        }
        guard fields.allSatisfy({ String(validating: $0, as: UTF8.self) != nil }) else {
            return .refused(reject(.invalidText, record.line, "expected UTF-8"), nil)
        }
        func text(_ column: Int?) -> String? {
            guard let column, !fields[column].isEmpty else { return nil }
            return String(decoding: fields[column], as: UTF8.self)
        }
        let (intents, fault) = header.intent == nil ? wideIntents(header, record.line, text) : longIntent(header, record.line, text)
        return complete(
            SuppliedLabel(
                session: text(header.session) ?? "", visitor: text(header.visitor), intents: intents,
                annotator: text(header.annotator) ?? "", annotatorVersion: text(header.annotatorVersion), time: text(header.time),
                rationale: text(header.rationale), taxonomyDigest: text(header.taxonomyDigest), line: record.line,
                isPart: header.intent != nil), fault: fault)
    }

    private typealias Intents = (entries: [(id: String, confidence: Double)], fault: LabelReject?)

    private func longIntent(_ header: Header, _ line: Int, _ text: (Int?) -> String?) -> Intents {
        let confidence = text(header.confidence)
        guard let id = text(header.intent) else {
            // A row without an intent says that the annotator saw the session and found none.
            return ([], confidence == nil ? nil : reject(.missingIntents, line, "a confidence without an intent"))
        }
        guard let value = header.confidence == nil ? 1 : confidence.flatMap(Double.init) else {
            return ([], reject(.badConfidence, line, "expected a number in `confidence`"))
        }
        return ([(id, value)], nil)
    }

    private func wideIntents(_ header: Header, _ line: Int, _ text: (Int?) -> String?) -> Intents {
        var intents: [(id: String, confidence: Double)] = []
        for (id, column) in header.intents {
            guard let cell = text(column) else { continue }
            guard let value = Double(cell) else {
                return ([], reject(.badConfidence, line, "column \(column + 1): expected a number, or nothing for absent"))
            }
            if value != 0 { intents.append((id, value)) }
        }
        return (intents, nil)
    }
}
