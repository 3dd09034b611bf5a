/// A key of any name, to see which keys a file really has.
struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// Decoding of settings that may leave out what keeps its default, and may not contain a word we do not know: a misspelt
/// setting that is silently ignored costs a night of training.
extension Decoder {
    package func settings<Key: CodingKey & CaseIterable>(_: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let known = Set(Key.allCases.map(\.stringValue))
        let present = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        let unknown = present.filter { !known.contains($0) }.sorted()
        if !unknown.isEmpty {
            throw ConfigurationError.unknownKeys(
                place: codingPath.map(\.stringValue).joined(separator: "."), keys: unknown, known: known.sorted())
        }
        return try container(keyedBy: Key.self)
    }
}

extension KeyedDecodingContainer {
    /// Replaces `value` where the key is present.
    package func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
        if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
    }
}
