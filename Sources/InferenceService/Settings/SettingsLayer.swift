/// What a settings file says: the text of each setting that it names.
///
/// Decodes from any format with keys and values (YAML through `SettingsFiles`, JSON) and asks for every key of
/// ``SettingDefinition/all``, so that a reader that knows what was asked can refuse the others.
public struct SettingsLayer: Sendable, Equatable, Decodable {
    /// Texts by ``SettingDefinition/name``.
    public var values: [String: String]

    /// These texts.
    public init(_ values: [String: String] = [:]) { self.values = values }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads the settings that are there.
    public init(from decoder: any Decoder) throws {
        values = [:]
        let top = try decoder.container(keyedBy: Key.self)
        for definition in SettingDefinition.all {
            var container = top
            var isThere = true
            for group in definition.path.dropLast() {
                let key = Key(stringValue: group)
                guard container.contains(key), try !container.decodeNil(forKey: key) else {
                    isThere = false
                    break
                }
                container = try container.nestedContainer(keyedBy: Key.self, forKey: key)
            }
            let key = Key(stringValue: definition.path.last!)
            guard isThere, container.contains(key), try !container.decodeNil(forKey: key) else { continue }
            values[definition.name] = try definition.name == "bundles" ? Self.map(container, key) : Self.scalar(container, key)
        }
    }

    /// Formats with types of their own say 8080 or true where YAML says a text.
    private static func scalar(_ container: KeyedDecodingContainer<Key>, _ key: Key) throws -> String {
        do { return try container.decode(String.self, forKey: key) } catch {
            if let value = try? container.decode(Bool.self, forKey: key) { return "\(value)" }
            if let value = try? container.decode(Int.self, forKey: key) { return "\(value)" }
            if let value = try? container.decode(Double.self, forKey: key) { return PrometheusText.number(value) }
            throw error
        }
    }

    private static func map(_ container: KeyedDecodingContainer<Key>, _ key: Key) throws -> String {
        let entries = try container.decode([String: String].self, forKey: key)
        for (name, folder) in entries where name.contains(",") || folder.contains(",") {
            throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "a name or folder holds a comma")
        }
        return entries.keys.sorted().map { "\($0)=\(entries[$0]!)" }.joined(separator: ",")
    }
}
