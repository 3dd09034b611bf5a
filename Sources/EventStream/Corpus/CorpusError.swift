public import DurableFiles

/// Why a corpus cannot be opened: the file, what was expected, what was found, what to do. Never a value of an event.
public enum CorpusError: Error, Sendable, Equatable, CustomStringConvertible, CarriesFileError {
    /// The system refused a file.
    case file(FileError)
    /// The directory holds no corpus.
    case notACorpus(path: String)
    /// Written by a newer Tessera.
    case unsupportedVersion(path: String, found: Int, newestSupported: Int)
    /// Truncated or edited.
    case damaged(file: String, expected: String, found: String)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason and remedy in one line.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .notACorpus(let path):
            "\(path): not a corpus: it holds no \(CorpusFormat.schemaFile) — name a directory that an import wrote"
        case .unsupportedVersion(let path, let found, let newest):
            "\(path): corpus format \(found), the newest known here is \(newest) — update Tessera, or import the export again"
        case .damaged(let file, let expected, let found):
            "\(file): expected \(expected), found \(found) — the corpus was cut short or edited: import the export again"
        }
    }
}
