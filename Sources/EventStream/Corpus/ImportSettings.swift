public import DurableFiles

/// How an export becomes a corpus.
public struct ImportSettings: Sendable {
    /// Where sessions end.
    public var sessions = SessionRules.browsing
    /// Longest dwell kept, in seconds: a page left open over lunch was not read for an hour.
    public var dwellCapSeconds = 1800.0
    /// Bytes for rows and for the tables of distinct visitors, sessions and field values. Beyond it both are sorted on disk. Threads, files
    /// and the program itself take some 60 MiB besides, so that the default stays below 300 MiB whatever the size of the file. One
    /// very long row (up to 16 MiB are read) costs its length some times over for each thread.
    public var memoryLimit = 192 << 20
    /// Key under which visitors are replaced by digests; nil keeps them in clear.
    public var pseudonymKey: [UInt8]?
    /// Fields that identify people and are replaced likewise: a customer number, the signed-in user.
    public var identifierFields: [String] = []
    /// Whether rows equal in everything the mapping keeps are taken once. Only where the export has times or order columns.
    public var dropsDuplicates = true
    /// Threads that read, order and write; the corpus is the same with any number.
    public var threads = ImportSettings.processors
    /// Whether a corpus already at the place is replaced.
    public var replacesCorpus = false
    /// Whether threads share a file in blocks; without, it is read from front to back: slower, obvious, and the same.
    package var readsInBlocks = true
    /// The files; another value in tests.
    public var fileSystem = FileSystem.live

    /// The defaults.
    public init() {}

    /// Processors this process may use, up to 16.
    public static var processors: Int { ImportCrew.processors }
}

/// How far an import is.
public struct ImportProgress: Sendable, Equatable {
    /// What is being done.
    public enum Phase: String, Sendable {
        /// Rows are read.
        case reading
        /// Events are ordered and written.
        case writing
    }

    /// What is being done.
    public var phase: Phase
    /// Rows read, then events written, so far.
    public var rows: Int
    /// Rows to write; nil while reading.
    public var rowsTotal: Int?
    /// Number of the file being read, from 0.
    public var file: Int
    /// How far the reading of this file is.
    public var bytes: ExportProgress
    /// Rows refused so far.
    public var rejects: Int
}

/// What an import did.
public struct ImportSummary: Sendable, Equatable {
    /// Events, sessions, visitors, rejects by reason, duplicates.
    public var counts: EventSchema.Counts
    /// Digest of the corpus.
    public var digest: String
    /// Wall-clock seconds.
    public var seconds: Double
}

/// Why an import did not end in a corpus. Nothing is left at the place then, or what was there before.
public enum ImportError: Error, Sendable, Equatable, CustomStringConvertible, CarriesFileError {
    /// The export or its mapping cannot be read.
    case export(ExportError)
    /// The system refused a file.
    case file(FileError)
    /// The settings do not fit the export: what is wrong, and what to do.
    case settings(reason: String, remedy: String)
    /// More distinct values than a column can number.
    case tooManyValues(column: String)
    /// No row was accepted.
    case noEvents(rejects: Int)
    /// The caller asked to stop.
    case cancelled

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason and remedy in one line.
    public var description: String {
        switch self {
        case .export(let error): error.description
        case .file(let error): error.description
        case .settings(let reason, let remedy): "\(reason) — \(remedy)"
        case .tooManyValues(let column): "\(column): more than two thousand million distinct values — leave it out of the mapping"
        case .noEvents(let rejects):
            rejects == 0
                ? "the export: it holds no rows, at most a header; export again"
                : "the export: no event was accepted, \(rejects) rows were refused; look at the first refused rows, and check the mapping"
        case .cancelled: "the import was stopped; nothing was kept"
        }
    }
}
