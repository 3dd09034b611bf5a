internal import FoundationEssentials
internal import Yams

/// Takes: a YAML file (or text) and a `Codable` type of the libraries. Gives: the value, or the line of what is wrong.
///
/// Mappings and configurations are plain `Codable` values below; only here do they meet YAML. A key that the type does not ask for is
/// refused by name and line, because a misspelt setting that is silently ignored costs an afternoon.
public enum SettingsFile {
    /// Reads a file. An empty file is an empty mapping, so that every default holds.
    public static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws(SettingsFileError) -> Value {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw .unreadable(file: path, reason: Self.reason(error, path))
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw .malformed(file: path, line: 1, reason: "the file is not UTF-8 text")
        }
        return try read(type, yaml: text, file: path)
    }

    /// Reads a text; `file` names it in messages.
    public static func read<Value: Decodable>(
        _ type: Value.Type, yaml: String, file: String
    ) throws(SettingsFileError) -> Value {
        let root: Node
        do {
            root = try compose(yaml: yaml) ?? Node.mapping(Node.Mapping([]))
        } catch let error as YamlError {
            throw Self.malformed(error, file: file)
        } catch {
            throw .malformed(file: file, line: 1, reason: "\(error)")
        }
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
            throw .malformed(file: file, line: (root.mark?.line ?? 1), reason: "\(error)")
        }
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
}
