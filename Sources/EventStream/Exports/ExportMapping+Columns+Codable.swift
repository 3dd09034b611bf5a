/// One time, or a list of them.
struct TimeEntry: Decodable {
    var times: [ExportMapping.Time]

    init(from decoder: any Decoder) throws {
        if var list = try? decoder.unkeyedContainer() {
            times = []
            while !list.isAtEnd { times.append(try list.decode(ExportMapping.Time.self)) }
            guard !times.isEmpty else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "the list of times is empty; remove it or name a column"))
            }
        } else {
            times = [try ExportMapping.Time(from: decoder)]
        }
    }
}

extension ExportMapping.Columns: Codable {
    /// Decodes one name or a list of names.
    public init(from decoder: any Decoder) throws {
        if let list = try? decoder.singleValueContainer().decode([String].self) {
            names = list
        } else {
            names = [try decoder.singleValueContainer().decode(String.self)]
        }
    }

    /// Encodes one name as such, several as a list.
    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        if names.count == 1 { try value.encode(names[0]) } else { try value.encode(names) }
    }
}

extension ExportMapping.SessionKey: Codable {
    /// Decodes one part or a list of parts.
    public init(from decoder: any Decoder) throws {
        if var list = try? decoder.unkeyedContainer() {
            parts = []
            while !list.isAtEnd { parts.append(try list.decode(Part.self)) }
        } else {
            parts = [try Part(from: decoder)]
        }
    }

    /// Encodes a single part as such, unless it is a list of columns itself.
    public func encode(to encoder: any Encoder) throws {
        if parts.count == 1, parts[0].column.names.count == 1 || !parts[0].isPlain {
            try parts[0].encode(to: encoder)
        } else {
            var list = encoder.unkeyedContainer()
            for part in parts { try list.encode(part) }
        }
    }
}

extension ExportMapping.SessionKey.Part: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case column, none, between }

    /// Whether nothing but the column is said.
    var isPlain: Bool { none.isEmpty && between == nil }

    /// Decodes a name, a list of names, or a column with what is said about it.
    public init(from decoder: any Decoder) throws {
        guard let entries = try? decoder.container(keyedBy: CodingKeys.self) else {
            self.init(try ExportMapping.Columns(from: decoder))
            return
        }
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        self.init(
            try entries.decode(ExportMapping.Columns.self, forKey: .column),
            none: try entries.decodeIfPresent([String].self, forKey: .none) ?? [],
            between: try entries.decodeIfPresent([String].self, forKey: .between))
    }

    /// Encodes the entries that say something.
    public func encode(to encoder: any Encoder) throws {
        guard !isPlain else { return try column.encode(to: encoder) }
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encode(column, forKey: .column)
        if !none.isEmpty { try entries.encode(none, forKey: .none) }
        try entries.encodeIfPresent(between, forKey: .between)
    }
}

extension ExportMapping.Skip: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case reason, column
        case texts = "is"
        case others = "not"
    }

    /// Decodes a rule; `reason`, `column` and one of `is` and `not` are needed.
    public init(from decoder: any Decoder) throws {
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        reason = try entries.decode(String.self, forKey: .reason)
        column = try entries.decode(ExportMapping.Columns.self, forKey: .column)
        isNegated = entries.contains(.others)
        guard isNegated != entries.contains(.texts) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a rule of `skip` needs `is` or `not`, and only one of them"))
        }
        texts = try entries.decode([String].self, forKey: isNegated ? .others : .texts)
    }

    /// Encodes the rule.
    public func encode(to encoder: any Encoder) throws {
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encode(reason, forKey: .reason)
        try entries.encode(column, forKey: .column)
        try entries.encode(texts, forKey: isNegated ? .others : .texts)
    }
}

private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

func refuseUnknownEntries(of decoder: any Decoder, known: [String]) throws {
    let unknown = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).filter { !known.contains($0) }.sorted()
    guard !unknown.isEmpty else { return }
    throw DecodingError.dataCorrupted(
        .init(
            codingPath: decoder.codingPath,
            debugDescription: "unknown entry \(unknown.joined(separator: ", ")); known are \(known.joined(separator: ", "))"))
}
