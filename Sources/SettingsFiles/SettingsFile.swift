internal import FoundationEssentials
internal import Yams

/// Takes: a YAML file (or text) and a `Codable` type of the libraries. Gives: the value, or the line of what is wrong.
///
/// Mappings and configurations are plain `Codable` values below; only here do they meet YAML. A key that the type does not ask for is
/// refused by name and line, because a misspelt setting that is silently ignored costs an afternoon.
public enum SettingsFile {
    /// Reads a file. An empty file is an empty mapping, so that every default holds.
    public static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws(SettingsFileError) -> Value {
        try read(type, yaml: text(of: path), file: path)
    }

    /// Reads a file whose settings stand over a base that one of its keys may name, such as `preset: tiny`. What the file leaves
    /// out is as in the base. What `check` refuses of the whole is told with the file and line of the setting.
    public static func read<Value: Codable>(
        _ type: Value.Type, from path: String, over base: (_ named: String?) -> Value?, named key: String,
        check: (Value) throws -> Void = { _ in }
    ) throws(SettingsFileError) -> Value {
        let text = try text(of: path)
        var root = try node(text, file: path)
        var name: String?
        if case .mapping(var mapping) = root, let entry = mapping.first(where: { $0.key.string == key }) {
            name = entry.value.string
            if name == nil {
                throw .badValue(file: path, line: entry.key.mark?.line ?? 1, key: key, reason: "expected one name")
            }
            if base(name) == nil {
                throw .badValue(file: path, line: entry.key.mark?.line ?? 1, key: key, reason: "there is no \(key) called \(name ?? "so")")
            }
            mapping[entry.key] = nil
            root = .mapping(mapping)
        }
        guard let value = base(name) else { throw .missingKey(file: path, line: 1, key: key) }
        let read = try read(type, node: merged(root, over: node(yaml(value), file: path)), file: path)
        do {
            try check(read)
        } catch {
            let place = (error as? any SettingFault)?.settingPath ?? []
            throw .refused(file: path, line: NodeReading.line(of: place, in: root), reason: "\(error)")
        }
        return read
    }

    private static func merged(_ node: Node, over base: Node) -> Node {
        if case .scalar(let scalar) = node, scalar.isNull, case .mapping = base { return base }
        guard case .mapping(var mapping) = node, case .mapping(let below) = base else { return node }
        for (key, value) in below {
            if let own = mapping.first(where: { $0.key.string == key.string }) {
                mapping[own.key] = merged(own.value, over: value)
            } else {
                mapping[key] = value
            }
        }
        return .mapping(mapping)
    }

    private static func text(of path: String) throws(SettingsFileError) -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw .unreadable(file: path, reason: Self.reason(error, path))
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw .malformed(file: path, line: 1, reason: "the file is not UTF-8 text")
        }
        return text
    }

    /// Reads a text; `file` names it in messages.
    public static func read<Value: Decodable>(
        _ type: Value.Type, yaml: String, file: String
    ) throws(SettingsFileError) -> Value {
        try read(type, node: node(yaml, file: file), file: file)
    }

    private static func node(_ yaml: String, file: String) throws(SettingsFileError) -> Node {
        do {
            return try compose(yaml: yaml) ?? Node.mapping(Node.Mapping([]))
        } catch let error as YamlError {
            throw Self.malformed(error, file: file)
        } catch {
            throw .malformed(file: file, line: 1, reason: "\(error)")
        }
    }

    private static func read<Value: Decodable>(_ type: Value.Type, node root: Node, file: String) throws(SettingsFileError) -> Value {
        let reading = NodeReading(file: file)
        do {
            let value = try Value(from: NodeDecoder(node: root, path: [], reading: reading))
            if let stray = reading.strayKeys.min(by: { $0.line < $1.line }) {
                throw SettingsFileError.unknownKey(file: file, line: stray.line, key: stray.key, known: stray.known)
            }
            return value
        } catch let error as SettingsFileError {
            throw error
        } catch let error as DecodingError {
            throw reading.located(error, in: root)
        } catch {
            let place = (error as? any SettingFault)?.settingPath ?? []
            throw .refused(file: file, line: NodeReading.line(of: place, in: root), reason: "\(error)")
        }
    }

    /// The lines on which settings stand in a text that was read before; each is a path of keys from the top, list entries by number.
    /// A setting that is not there has the line of the last part of its path that is.
    public static func lines(of paths: [[String]], yaml: String) -> [Int] {
        guard let root = try? compose(yaml: yaml) else { return paths.map { _ in 1 } }
        return paths.map { NodeReading.line(of: $0, in: root) }
    }

    /// The value as YAML, in the order in which the type encodes its keys.
    public static func yaml(_ value: some Encodable) throws(SettingsFileError) -> String {
        do {
            return try YAMLEncoder().encode(value)
        } catch {
            throw .malformed(file: "output", line: 1, reason: "\(error)")
        }
    }

    private static func malformed(_ error: YamlError, file: String) -> SettingsFileError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            .malformed(file: file, line: mark.line, reason: problem)
        case .duplicatedKeysInMapping(let keys, let context):
            .malformed(file: file, line: context.mark.line, reason: "keys given twice: \(keys.sorted().joined(separator: ", "))")
        default:
            .malformed(file: file, line: 1, reason: "\(error)")
        }
    }

    private static func reason(_ error: any Error, _ path: String) -> String {
        var isDirectory = false
        if let values = try? FileManager.default.attributesOfItem(atPath: path) {
            isDirectory = (values[.type] as? FileAttributeType) == .typeDirectory
        } else {
            return "there is no such file"
        }
        return isDirectory ? "it is a directory" : "it cannot be read"
    }
}

/// Why a settings file cannot be used.
public enum SettingsFileError: Error, Equatable {
    /// The file is not there or may not be read.
    case unreadable(file: String, reason: String)
    /// Not YAML.
    case malformed(file: String, line: Int, reason: String)
    /// A key that nothing reads; `known` are the keys read at this place.
    case unknownKey(file: String, line: Int, key: String, known: [String])
    /// A key that has to be there is not.
    case missingKey(file: String, line: Int, key: String)
    /// A value of the wrong kind or outside its range.
    case badValue(file: String, line: Int, key: String, reason: String)
    /// What the type itself refused while it was decoded.
    case refused(file: String, line: Int, reason: String)
}

/// A library's own error about one setting. Conforming tells the reader which line to name.
public protocol SettingFault: Error {
    /// Keys from the top of the file to the setting; list entries by number.
    var settingPath: [String] { get }
}
