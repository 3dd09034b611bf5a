public import DurableFiles

/// Why Arrow data could not be read or written. Names files, columns and formats, never values.
public enum ArrowError: Error, Sendable, Equatable, CarriesFileError, CustomStringConvertible {
    /// A file operation failed.
    case file(FileError)
    /// There is no plugin at any of the places where it is looked for.
    case missingPlugin(path: String)
    /// There is a plugin, and it does not fit: built for another release of the Arrow libraries or of Tessera, or not a plugin.
    case foreignPlugin(path: String, reason: String)
    /// The file cannot be opened.
    case noInput(path: String, reason: String)
    /// The file, or the stream, is not what it says it is.
    case damaged(place: String, reason: String)
    /// There is no such column.
    case noColumn(place: String, reason: String)
    /// A column is of a type that is not read. `format` is the Arrow C data interface's string.
    case unsupported(place: String, column: String, format: String)
    /// Writing failed.
    case output(path: String, reason: String)
    /// The caller ended the writing.
    case stopped

    /// The command that adds the plugin.
    public static let installCommand = "tools/install-arrow"

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Where.
    public var place: String {
        switch self {
        case .file(let error): error.path
        case .missingPlugin(let path), .foreignPlugin(let path, _), .noInput(let path, _), .output(let path, _): path
        case .damaged(let place, _), .noColumn(let place, _), .unsupported(let place, _, _): place
        case .stopped: "the output"
        }
    }

    /// What is wrong.
    public var reason: String {
        switch self {
        case .file(let error): error.reason
        case .missingPlugin: "Parquet and Arrow files need the Arrow plugin, and it is not there"
        case .foreignPlugin(_, let reason): "this Arrow plugin does not fit: \(reason)"
        case .noInput(_, let reason), .damaged(_, let reason), .noColumn(_, let reason), .output(_, let reason): reason
        case .unsupported(_, let column, let format): "column `\(column)` is of Arrow format `\(format)`, which is not read"
        case .stopped: "it was stopped"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .file(let error): error.remedy ?? "try again"
        case .missingPlugin: "run `\(Self.installCommand)` of the repository once (some 170 MB), or name it in TESSERA_ARROW_PLUGIN"
        case .foreignPlugin: "run `\(Self.installCommand)` of the repository again"
        case .noInput: "check the name and the permissions of the file"
        case .damaged: "export the file again"
        case .noColumn: "name a column that is there"
        case .unsupported: "leave the column out, or convert it in the export to numbers, text, dates, timestamps, lists or structs of them"
        case .output: "free some space or choose another place; nothing half-written was kept"
        case .stopped: "run the command again"
        }
    }

    /// `place: reason; remedy`.
    public var description: String {
        if case .file(let error) = self { return error.description }
        return "\(place): \(reason); \(remedy)"
    }
}
