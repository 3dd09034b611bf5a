internal import Yams

/// What one reading has seen: keys nobody asked for, with their lines.
final class NodeReading {
    struct StrayKey {
        let line: Int
        let key: String
        let known: [String]
    }

    let file: String
    private var asked: [String: Asked] = [:]  // by place, because a type may open the same mapping more than once
    private struct Asked {
        var node: Node.Mapping
        var keys: Set<String>
    }

    init(file: String) { self.file = file }

    func open(_ mapping: Node.Mapping, at path: [any CodingKey]) -> String {
        let place = path.map(\.stringValue).joined(separator: "\u{1F}")
        if asked[place] == nil { asked[place] = Asked(node: mapping, keys: []) }
        return place
    }

    func ask(_ key: String, of place: String) { asked[place]?.keys.insert(key) }

    var strayKeys: [StrayKey] {
        asked.values.flatMap { asked in
            asked.node.compactMap { key, _ in
                guard let name = key.string, !asked.keys.contains(name) else { return nil }
                return StrayKey(line: key.mark?.line ?? 1, key: name, known: asked.keys.sorted())
            }
        }
    }

    /// The line of a setting, or of the last part of its path that is there.
    static func line(of path: [String], in root: Node) -> Int {
        var node = root
        var line = root.mark?.line ?? 1
        for key in path {
            if case .sequence(let items) = node, let index = Int(key), items.indices.contains(index) {
                node = items[index]
                line = node.mark?.line ?? line
            } else if case .mapping(let mapping) = node, let pair = mapping.first(where: { $0.key.string == key }) {
                node = pair.value
                line = pair.key.mark?.line ?? line
            }
        }
        return line
    }

    /// The same fault with file and line.
    func located(_ error: DecodingError, in root: Node) -> SettingsFileError {
        func place(_ path: [any CodingKey]) -> (line: Int, key: String) {
            let names = path.map(\.stringValue)
            return (Self.line(of: names, in: root), names.joined(separator: "."))
        }
        switch error {
        case .keyNotFound(let key, let context):
            return .missingKey(
                file: file, line: place(context.codingPath).line,
                key: (context.codingPath + [key]).map(\.stringValue).joined(separator: "."))
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            var (line, key) = place(context.codingPath)
            // A type that refuses stray keys itself names them in its text, before those it knows: the line of the first says more.
            let named = context.debugDescription.split(separator: ";").first.map(String.init) ?? ""
            if named.contains("unknown"), let stray = strayKeys.filter({ named.contains($0.key) }).min(by: { $0.line < $1.line }) {
                (line, key) = (stray.line, key.isEmpty ? stray.key : key + "." + stray.key)
            }
            return .badValue(file: file, line: line, key: key, reason: context.debugDescription)
        @unknown default:
            return .malformed(file: file, line: 1, reason: "\(error)")
        }
    }
}

/// Decodes from a YAML node and remembers which keys were asked for.
struct NodeDecoder: Decoder {
    let node: Node
    let path: [any CodingKey]
    let reading: NodeReading

    var codingPath: [any CodingKey] { path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        switch node {
        case .mapping(let mapping):
            return KeyedDecodingContainer(
                NodeMapping<Key>(mapping: mapping, place: reading.open(mapping, at: path), path: path, reading: reading))
        case .scalar(let scalar) where scalar.isNull:
            let empty = Node.Mapping([])
            return KeyedDecodingContainer(
                NodeMapping<Key>(mapping: empty, place: reading.open(empty, at: path), path: path, reading: reading))
        default:
            throw mismatch("expected keys and values")
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .sequence(let items) = node else { throw mismatch("expected a list") }
        return NodeSequence(items: Array(items), path: path, reading: reading)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { NodeScalar(decoder: self) }

    func mismatch(_ text: String) -> DecodingError {
        .typeMismatch(Any.self, DecodingError.Context(codingPath: path, debugDescription: text))
    }
}

extension Node.Scalar {
    /// A plain `~`, `null` or nothing at all. A quoted "null" is a text.
    var isNull: Bool { style == .plain || style == .any ? ["", "~", "null", "Null", "NULL"].contains(string) : false }
}

private struct NodeScalar: SingleValueDecodingContainer {
    let decoder: NodeDecoder
    var codingPath: [any CodingKey] { decoder.path }

    func decodeNil() -> Bool {
        if case .scalar(let scalar) = decoder.node { return scalar.isNull }
        return false
    }

    private func scalar<Value>(_ kind: String, _ make: (Node.Scalar) -> Value?) throws -> Value {
        guard case .scalar(let scalar) = decoder.node, let value = make(scalar) else { throw decoder.mismatch("expected \(kind)") }
        return value
    }

    func decode(_ type: Bool.Type) throws -> Bool { try scalar("true or false") { Bool.construct(from: $0) } }
    func decode(_ type: String.Type) throws -> String { try scalar("a text") { $0.string } }
    func decode(_ type: Double.Type) throws -> Double { try scalar("a number") { Double.construct(from: $0) } }
    func decode(_ type: Float.Type) throws -> Float { try scalar("a number") { Float.construct(from: $0) } }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let whole = type as? any FixedWidthInteger.Type { return try integer(whole) as! Value }
        return try Value(from: decoder)
    }

    private func integer<Whole: FixedWidthInteger>(_ type: Whole.Type) throws -> Whole {
        try scalar("a whole number from \(Whole.min) to \(Whole.max)") { scalar in
            Int.construct(from: scalar).flatMap { Whole(exactly: $0) } ?? UInt64.construct(from: scalar).flatMap { Whole(exactly: $0) }
        }
    }

    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
}

private struct NodeMapping<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let mapping: Node.Mapping
    let place: String
    let path: [any CodingKey]
    let reading: NodeReading

    var codingPath: [any CodingKey] { path }
    var allKeys: [Key] { mapping.compactMap { $0.key.string.flatMap { Key(stringValue: $0) } } }

    private func find(_ key: Key) -> Node? {
        reading.ask(key.stringValue, of: place)
        return mapping.first { $0.key.string == key.stringValue }?.value
    }

    private func decoder(_ key: Key) throws -> NodeDecoder {
        guard let node = find(key) else {
            throw DecodingError.keyNotFound(key, DecodingError.Context(codingPath: path, debugDescription: "the key is not there"))
        }
        return NodeDecoder(node: node, path: path + [key], reading: reading)
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool {
        guard let node = find(key) else { return true }
        if case .scalar(let scalar) = node { return scalar.isNull }
        return false
    }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try NodeScalar(decoder: decoder(key)).decode(type)
    }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try decoder(key).unkeyedContainer() }
    func superDecoder() throws -> any Decoder { NodeDecoder(node: .mapping(mapping), path: path, reading: reading) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

private struct NodeSequence: UnkeyedDecodingContainer {
    struct Index: CodingKey {
        let number: Int
        var stringValue: String { "\(number)" }
        var intValue: Int? { number }
        init(_ number: Int) { self.number = number }
        init?(stringValue: String) { nil }
        init?(intValue: Int) { number = intValue }
    }

    let items: [Node]
    let path: [any CodingKey]
    let reading: NodeReading
    private(set) var currentIndex = 0

    init(items: [Node], path: [any CodingKey], reading: NodeReading) {
        self.items = items
        self.path = path
        self.reading = reading
    }

    var codingPath: [any CodingKey] { path }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }

    private mutating func take() throws -> NodeDecoder {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, DecodingError.Context(codingPath: path, debugDescription: "the list ends after \(items.count) entries"))
        }
        defer { currentIndex += 1 }
        return NodeDecoder(node: items[currentIndex], path: path + [Index(currentIndex)], reading: reading)
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, case .scalar(let scalar) = items[currentIndex], scalar.isNull else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try NodeScalar(decoder: take()).decode(type) }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        try take().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try take() }
}
