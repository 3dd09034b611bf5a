extension ExportMapping {
    /// The same mapping for a table with these columns: what it does not have is left out, and names are written as it writes them.
    ///
    /// A session key that lacks a part is no key, nor is a key of repetitions; a time needs all its columns.
    func pruned(to header: [String]) -> ExportMapping {
        let names = Set(header)
        var written: [String: String] = [:]
        for name in header where written[name.lowercased()] == nil { written[name.lowercased()] = name }
        func found(_ column: String) -> String? {
            if names.contains(column) { return column }
            if let name = written[column.lowercased()] { return name }
            return JSONCells.cell(of: column, among: names) == nil ? nil : column
        }
        func found(_ columns: Columns) -> Columns? {
            var kept: [String] = []
            for name in columns.names.compactMap(found) where !kept.contains(name) { kept.append(name) }
            return kept.isEmpty ? nil : Columns(kept)
        }
        func found(_ time: Time) -> Time? {
            var time = time
            time.column = time.column.flatMap(found)
            for other in [time.sent, time.received].compactMap({ $0 }) where found(other) == nil { return nil }
            (time.sent, time.received) = (time.sent.flatMap(found), time.received.flatMap(found))
            guard time.compose?.allSatisfy({ found($0) != nil }) ?? (time.column != nil) else { return nil }
            return time
        }
        var mapping = self
        mapping.visitor = visitor.flatMap { found($0) }
        mapping.visitorRest = visitorRest.compactMap { found($0) }
        if mapping.visitorRest.count < visitorRest.count { (mapping.visitor, mapping.visitorRest) = (nil, []) }
        if let parts = session?.parts {
            let kept = parts.compactMap { part in found(part.column).map { SessionKey.Part($0, none: part.none, between: part.between) } }
            mapping.session = kept.count == parts.count ? SessionKey(kept) : nil
        }
        let times = times.compactMap { found($0) }
        mapping.time = times.first
        mapping.timeAlternatives = Array(times.dropFirst())
        mapping.order = order.compactMap { found($0) }
        mapping.orderOptional = orderOptional && !mapping.order.isEmpty
        let keys = duplicates.compactMap { found($0) }
        mapping.duplicates = keys.count == duplicates.count ? keys : []
        mapping.skip = skip.compactMap { rule in
            guard let column = found(rule.column) else { return nil }
            return rule.isNegated ? Skip(rule.reason, column, not: rule.texts) : Skip(rule.reason, column, is: rule.texts)
        }
        mapping.fields = fields.compactMap { field in
            guard let column = found(field.column) else { return nil }
            var kept = field
            kept.column = column
            if let when = field.when {
                guard let decides = found(when.column) else { return nil }
                kept.when = Condition(column: decides, is: when.texts)
            }
            return kept
        }
        let kept = Set(mapping.fields.map(\.name))
        if let pings, !kept.contains(pings.page) || !kept.contains(pings.marker) { mapping.pings = nil }
        if let dwell, !kept.contains(dwell.field) { mapping.dwell = nil }
        // A table may lack every time.
        if mapping.time == nil { (mapping.pings, mapping.dwell) = (nil, nil) }
        return mapping
    }
}
