/// Gives every column a role: visitor, session, time, order, a field of some kind, or none.
struct RoleGuess {
    let path: String
    let columns: [ColumnSample]

    /// Best first: a cookie is preferred to an account, since not everybody has the latter.
    private static let visitors = [
        "visitorid", "fullvisitorid", "userpseudoid", "anonymousid", "domainuserid", "clientid", "cookieid", "deviceid", "userid", "uid",
        "customerid", "memberid", "accountid", "visitor", "user",
    ]
    private static let sessions = ["sessionid", "usersession", "domainsessionid", "gasessionid", "visitid", "sessionkey", "session", "sid"]
    private static let orders = ["order", "step", "sequence", "seq", "eventindex", "hitnumber", "visitpagenum", "batchorderingid"]
    /// Never kept by a guess, whatever they hold: they tell who somebody is.
    private static let personal: Set<String> = [
        "email", "mail", "emailaddress", "phone", "phonenumber", "mobile", "ip", "ipaddress", "useripaddress", "clientip", "firstname",
        "lastname", "surname", "fullname", "username", "address", "street", "iban", "ssn", "birthdate", "dateofbirth",
    ]

    func complete(_ mapping: ExportMapping, _ reasons: [String]) throws(ExportError) -> MappingGuess {
        var mapping = mapping
        var reasons = reasons
        if let visitor = find(Self.visitors) {
            mapping.visitor = .init(visitor.name)
            reasons.append("visitor: `\(visitor.name)` is a common name")
        }
        if let session = find(Self.sessions) {
            mapping.session = .init(session.name)
            reasons.append("session: `\(session.name)` is a common name")
            if mapping.visitor == nil { reasons.append("visitor: none found, every session counts as a visitor of its own") }
        }
        guard mapping.visitor != nil || mapping.session != nil else {
            // Without a header the first row is somebody's, and no message may repeat it.
            let names = isSurelyHeader ? ": " + columns.prefix(20).map { "`\($0.name)`" }.joined(separator: ", ") : ""
            throw ExportError(
                .ambiguous, place: path,
                reason: "no column is named like a visitor or a session; there are \(columns.count) columns\(names)",
                remedy: "write `visitor: COLUMN` into a mapping file; a file without a header needs `header: false` and `columns`")
        }
        if let (time, reason) = try TimeGuess(path: path, columns: columns).find() {
            mapping.time = time
            reasons.append(reason)
        } else if mapping.session == nil {
            throw ExportError(
                .ambiguous, place: path, reason: "there is neither a session nor a time to cut sessions by",
                remedy: "write `session: COLUMN` or `time: { column: COLUMN, unit: s }` into a mapping file")
        } else {
            reasons.append("time: no column is named like one; events keep the order of the file")
        }
        if let order = find(Self.orders), order.share(where: { wholeNumber($0).map { $0.magnitude < 100_000 } ?? false }) == 1 {
            mapping.order = [order.name]
            reasons.append("order: `\(order.name)` holds small whole numbers")
        }
        addFields(&mapping, &reasons)
        return MappingGuess(mapping: mapping, reasons: reasons)
    }

    /// Most names are known ones: then all are names, and nobody's values.
    private var isSurelyHeader: Bool {
        let known = Set(Self.visitors + Self.sessions + Self.orders).union(Self.personal).union(TimeGuess.names).union(FieldGuess.names)
        return 2 * columns.count { known.contains($0.lastKey) } > columns.count
    }

    private func find(_ names: [String]) -> ColumnSample? {
        for name in names { if let column = columns.first(where: { $0.key == name }), !column.present.isEmpty { return column } }
        for name in names {
            if let column = columns.first(where: { $0.lastKey == name && $0.name.contains(".") }), !column.present.isEmpty { return column }
        }
        return nil
    }

    private func addFields(_ mapping: inout ExportMapping, _ reasons: inout [String]) {
        let taken = mapping.usedColumns
        var missing: [String] = []
        var names = Set<String>()
        for column in columns where !taken.contains(column.name) && !column.name.isEmpty && names.insert(column.name).inserted {
            guard !isIdentity(column) else {
                reasons.append("`\(column.name)` is left out: it tells who somebody is")
                continue
            }
            switch FieldGuess(column: column).kind {
            case .success(let kind):
                mapping.fields.append(.init(name: column.name, kind: kind.kind))
                reasons.append("`\(column.name)` is \(kind.kind.rawValue): \(kind.reason)")
                for word in column.usedMissingWords where !missing.contains(word) { missing.append(word) }
            case .failure(let refusal):
                reasons.append("`\(column.name)` is left out: \(refusal.reason)")
            }
        }
        if !missing.isEmpty {
            mapping.missing = [""] + missing
            reasons.append("missing: \(missing.joined(separator: ", ")) stand for no value")
        }
    }

    private func isIdentity(_ column: ColumnSample) -> Bool { Self.isIdentity(column) }

    /// Whether a column tells by its name who somebody is.
    static func isIdentity(_ column: ColumnSample) -> Bool {
        let keys = [column.key, column.lastKey]
        return column.key == "name" || keys.contains { personal.contains($0) || visitors.contains($0) || sessions.contains($0) }
    }
}

/// The kind of one field, from its name and from the shape of its values.
struct FieldGuess {
    struct Guess { var kind: ExportMapping.Kind, reason: String }
    struct Refusal: Error { var reason: String }

    let column: ColumnSample

    /// Names that say what a column holds.
    static let names = Set(textNames + numericNames + categoricalNames)

    private static let textNames = ["title", "query", "search", "searchterm", "keyword", "keywords", "description", "message", "text"]
    private static let numericNames = [
        "price", "amount", "quantity", "qty", "value", "revenue", "duration", "dwell", "score", "balance", "count", "total", "cost",
        "seconds", "ms",
    ]
    private static let categoricalNames = [
        "id", "sku", "code", "type", "category", "item", "product", "event", "action", "behavior", "behaviour", "page", "name", "country",
        "region",
        "city", "device", "browser", "os", "platform", "language", "source", "medium", "campaign", "channel", "brand", "model", "colour",
        "color",
        "location", "group", "status", "segment", "version",
    ]

    var kind: Result<Guess, Refusal> {
        let present = column.present
        guard !present.isEmpty else { return .failure(Refusal(reason: "it holds no value in the first block")) }
        let key = column.lastKey
        if column.share(where: { $0.bytes[0] == UInt8(ascii: "[") || $0.bytes[0] == UInt8(ascii: "{") }) > 0.5 {
            return .failure(Refusal(reason: "its values are nested"))
        }
        if column.share(where: isAddress) > 0.8 || key.hasSuffix("url") || key.hasSuffix("uri") || key.hasPrefix("referre") {
            return .success(Guess(kind: .url, reason: "its name or its values are those of addresses"))
        }
        if Self.textNames.contains(where: { key == $0 || key.hasSuffix($0) }) {
            return .success(Guess(kind: .text, reason: "a common name for words"))
        }
        if column.share(where: { decimalNumber($0) != nil }) == 1 { return .success(number(key)) }
        let distinct = column.distinctCount
        if present.count >= 50, distinct * 2 > present.count, column.share(where: hasSeveralWords) > 0.5 {
            return .success(Guess(kind: .text, reason: "its values are words and mostly different"))
        }
        if present.count >= 50, distinct == present.count {
            return .failure(Refusal(reason: "its values are different in every row"))
        }
        return .success(Guess(kind: .categorical, reason: "its values repeat"))
    }

    private func number(_ key: String) -> Guess {
        if Self.numericNames.contains(where: { key.hasSuffix($0) || key.hasPrefix($0) && $0.count > 3 }), !key.hasSuffix("id") {
            return Guess(kind: .numeric, reason: "a common name for amounts, and all values are numbers")
        }
        if Self.categoricalNames.contains(where: { key.hasSuffix($0) }) {
            return Guess(kind: .categorical, reason: "a common name for one of a set, though written as numbers")
        }
        if column.share(where: { wholeNumber($0) != nil }) < 1 {
            return Guess(kind: .numeric, reason: "all values are numbers, some with decimals")
        }
        return column.distinctCount <= 20
            ? Guess(kind: .categorical, reason: "few different whole numbers")
            : Guess(kind: .numeric, reason: "many different whole numbers")
    }

    private func isAddress(_ text: TextSlice) -> Bool {
        let start = String(decoding: UnsafeBufferPointer(start: text.bytes, count: min(text.count, 8)), as: UTF8.self)
        return start.hasPrefix("http://") || start == "https://" || (start.hasPrefix("/") && text.count > 1)
    }

    private func hasSeveralWords(_ text: TextSlice) -> Bool {
        UnsafeBufferPointer(start: text.bytes, count: text.count).count { $0 == 0x20 } >= 1
    }
}
