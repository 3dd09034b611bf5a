public import DurableFiles
public import EventStream

/// Why a table of impressions, tiles, customers, decisions or links cannot be read. Texts never hold what stands in a field.
public enum TableError: Error, Sendable, Equatable, CustomStringConvertible, CarriesFileError {
    /// A file could not be read.
    case file(FileError)
    /// It could not be unpacked or is not text.
    case input(ExportError)
    /// The header does not name what is needed.
    case badHeader(file: String, reason: String, remedy: String)
    /// A row of a table that must be right throughout is not.
    case badRow(file: String, line: Int, reason: String, remedy: String)
    /// Not one row could be used; with those refused.
    case nothingRead(file: String, rejects: RejectedRows)
    /// The rules do not fit the tables they speak of.
    case badRule(place: String, reason: String, remedy: String)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .input(let error): "\(error)"
        case .badHeader(let file, let reason, let remedy): "\(file):1: \(reason); \(remedy)"
        case .badRow(let file, let line, let reason, let remedy): "\(file):\(line): \(reason); \(remedy)"
        case .nothingRead(let file, let rejects):
            rejects.kept.first.map {
                "\(file): not one row can be used, \(rejects.total) were refused, the first: \($0); list them with --rejects FILE"
            } ?? "\(file): there is not one row below the header; check that the file is the right one"
        case .badRule(let place, let reason, let remedy): "\(place): \(reason); \(remedy)"
        }
    }
}
