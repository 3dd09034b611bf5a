public import DurableFiles

/// Why a session could not be kept. Holds paths and numbers, never an id or a word of a session.
public enum SessionStoreError: Error, Sendable, Equatable, CustomStringConvertible, CarriesFileError {
    /// The session is larger than one may be; it is as it was before.
    case tooLarge(bytes: Int, most: Int)
    /// The id is empty or too long.
    case badID(bytes: Int, most: Int)
    /// The file is something else than a log of sessions.
    case notALog(path: String)
    /// The change holds in memory and is not safe on the disk; the next commit that succeeds makes it so.
    case file(FileError)

    /// The same failure, told of a file operation.
    public init(_ error: FileError) { self = .file(error) }

    /// Reason and remedy in one line.
    public var description: String {
        switch self {
        case .tooLarge(let bytes, let most): "the session would have \(bytes) bytes, the most is \(most); send fewer events"
        case .badID(let bytes, let most): "the session's id has \(bytes) bytes; give 1 to \(most)"
        case .notALog(let path): "\(path): this is no log of sessions — check the folder; move the file away to begin anew"
        case .file(let error): error.remedy == nil ? "\(error) — check the disk and try again" : "\(error)"
        }
    }
}
