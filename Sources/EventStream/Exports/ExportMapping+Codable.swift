extension ExportMapping: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case format, delimiter, quote, escape, header, columns, encoding, rows, visitor, session, customer, time, order
        case orderOptional = "order_optional"
        case visitorRest = "visitor_rest"
        case skip, duplicates, fields, pings, dwell, missing
    }

    /// Decodes a mapping; entries left out take their defaults, unknown entries are refused by name, so that a slip of the pen
    /// does not silently change what is read.
    public init(from decoder: any Decoder) throws {
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        format = try entries.decodeIfPresent(Format.self, forKey: .format) ?? .auto
        delimiter = try entries.decodeIfPresent(String.self, forKey: .delimiter)
        quote = try entries.decodeIfPresent(String.self, forKey: .quote)
        escape = try entries.decodeIfPresent(String.self, forKey: .escape)
        header = try entries.decodeIfPresent(Bool.self, forKey: .header)
        columns = try entries.decodeIfPresent([String].self, forKey: .columns)
        encoding = try entries.decodeIfPresent(Encoding.self, forKey: .encoding) ?? .utf8
        rows = try entries.decodeIfPresent(String.self, forKey: .rows)
        visitor = try entries.decodeIfPresent(Columns.self, forKey: .visitor)
        visitorRest = try entries.decodeIfPresent([Columns].self, forKey: .visitorRest) ?? []
        session = try entries.decodeIfPresent(SessionKey.self, forKey: .session)
        if let times = try entries.decodeIfPresent(TimeEntry.self, forKey: .time)?.times {
            time = times.first
            timeAlternatives = Array(times.dropFirst())
        }
        order = try entries.decodeIfPresent([String].self, forKey: .order) ?? []
        orderOptional = try entries.decodeIfPresent(Bool.self, forKey: .orderOptional) ?? false
        skip = try entries.decodeIfPresent([Skip].self, forKey: .skip) ?? []
        duplicates = try entries.decodeIfPresent([Columns].self, forKey: .duplicates) ?? []
        fields = try entries.decodeIfPresent([Field].self, forKey: .fields) ?? []
        pings = try entries.decodeIfPresent(Pings.self, forKey: .pings)
        dwell = try entries.decodeIfPresent(Dwell.self, forKey: .dwell)
        missing = try entries.decodeIfPresent([String].self, forKey: .missing) ?? [""]
        if let column = try entries.decodeIfPresent(Columns.self, forKey: .customer) {
            fields.append(Field(name: Self.customerField, columns: column, kind: .identity))
        }
    }

    /// Encodes the entries that say something.
    public func encode(to encoder: any Encoder) throws {
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encode(format, forKey: .format)
        try entries.encodeIfPresent(delimiter, forKey: .delimiter)
        try entries.encodeIfPresent(quote, forKey: .quote)
        try entries.encodeIfPresent(escape, forKey: .escape)
        try entries.encodeIfPresent(header, forKey: .header)
        try entries.encodeIfPresent(columns, forKey: .columns)
        try entries.encode(encoding, forKey: .encoding)
        try entries.encodeIfPresent(rows, forKey: .rows)
        try entries.encodeIfPresent(visitor, forKey: .visitor)
        if !visitorRest.isEmpty { try entries.encode(visitorRest, forKey: .visitorRest) }
        try entries.encodeIfPresent(session, forKey: .session)
        try entries.encodeIfPresent(customer, forKey: .customer)
        if timeAlternatives.isEmpty {
            try entries.encodeIfPresent(time, forKey: .time)
        } else {
            try entries.encode(times, forKey: .time)
        }
        if !order.isEmpty { try entries.encode(order, forKey: .order) }
        if orderOptional { try entries.encode(orderOptional, forKey: .orderOptional) }
        if !skip.isEmpty { try entries.encode(skip, forKey: .skip) }
        if !duplicates.isEmpty { try entries.encode(duplicates, forKey: .duplicates) }
        try entries.encode(fields.filter { $0.kind != .identity }, forKey: .fields)
        try entries.encodeIfPresent(pings, forKey: .pings)
        try entries.encodeIfPresent(dwell, forKey: .dwell)
        try entries.encode(missing, forKey: .missing)
    }
}

extension ExportMapping.Field: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, column, kind, outcome, separator, when, listed, lookup }

    /// Decodes a field; `column` is `name` unless given.
    public init(from decoder: any Decoder) throws {
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        name = try entries.decode(String.self, forKey: .name)
        column = try entries.decodeIfPresent(ExportMapping.Columns.self, forKey: .column) ?? ExportMapping.Columns(name)
        kind = try entries.decode(ExportMapping.Kind.self, forKey: .kind)
        outcome = try entries.decodeIfPresent(ExportMapping.OutcomeKind.self, forKey: .outcome)
        separator = try entries.decodeIfPresent(String.self, forKey: .separator)
        when = try entries.decodeIfPresent(ExportMapping.Condition.self, forKey: .when)
        listed = try entries.decodeIfPresent(ExportMapping.Listed.self, forKey: .listed)
        lookup = try entries.decodeIfPresent(ExportMapping.Lookup.self, forKey: .lookup)
    }

    /// Encodes the entries that say something.
    public func encode(to encoder: any Encoder) throws {
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encode(name, forKey: .name)
        try entries.encode(column, forKey: .column)
        try entries.encode(kind, forKey: .kind)
        try entries.encodeIfPresent(outcome, forKey: .outcome)
        try entries.encodeIfPresent(separator, forKey: .separator)
        try entries.encodeIfPresent(when, forKey: .when)
        try entries.encodeIfPresent(listed, forKey: .listed)
        try entries.encodeIfPresent(lookup, forKey: .lookup)
    }
}

extension ExportMapping.Condition: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case column
        case texts = "is"
    }

    /// Decodes a condition; both entries are needed.
    public init(from decoder: any Decoder) throws {
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        column = try entries.decode(String.self, forKey: .column)
        texts = try entries.decode([String].self, forKey: .texts)
    }

    /// Encodes both entries.
    public func encode(to encoder: any Encoder) throws {
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encode(column, forKey: .column)
        try entries.encode(texts, forKey: .texts)
    }
}

extension ExportMapping.Listed: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case list = "in"
        case values, separator, give
    }

    /// Decodes a list; the separator is `|` unless given.
    public init(from decoder: any Decoder) throws {
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        list = try entries.decode(String.self, forKey: .list)
        values = try entries.decodeIfPresent(String.self, forKey: .values)
        separator = try entries.decodeIfPresent(String.self, forKey: .separator) ?? "|"
        give = try entries.decode(Give.self, forKey: .give)
    }

    /// Encodes the entries that say something.
    public func encode(to encoder: any Encoder) throws {
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encode(list, forKey: .list)
        try entries.encodeIfPresent(values, forKey: .values)
        try entries.encode(separator, forKey: .separator)
        try entries.encode(give, forKey: .give)
    }
}

extension ExportMapping.Time: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case column, unit, compose, pattern, zone, sent, received, none }

    /// Decodes a time; ``ExportMapping/validate()`` tells what does not go together.
    public init(from decoder: any Decoder) throws {
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        column = try entries.decodeIfPresent(String.self, forKey: .column)
        unit = try entries.decodeIfPresent(Unit.self, forKey: .unit)
        compose = try entries.decodeIfPresent([String].self, forKey: .compose)
        pattern = try entries.decodeIfPresent([Part].self, forKey: .pattern)
        zone = try entries.decodeIfPresent(String.self, forKey: .zone)
        sent = try entries.decodeIfPresent(String.self, forKey: .sent)
        received = try entries.decodeIfPresent(String.self, forKey: .received)
        none = try entries.decodeIfPresent([String].self, forKey: .none) ?? []
    }

    /// Encodes the entries that say something.
    public func encode(to encoder: any Encoder) throws {
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encodeIfPresent(column, forKey: .column)
        try entries.encodeIfPresent(unit, forKey: .unit)
        try entries.encodeIfPresent(compose, forKey: .compose)
        try entries.encodeIfPresent(pattern, forKey: .pattern)
        try entries.encodeIfPresent(zone, forKey: .zone)
        try entries.encodeIfPresent(sent, forKey: .sent)
        try entries.encodeIfPresent(received, forKey: .received)
        if !none.isEmpty { try entries.encode(none, forKey: .none) }
    }
}
