/// Limits that keep a hostile or broken file from taking the machine.
public struct ExportLimits: Sendable, Equatable {
    /// Longest row in bytes; longer ones are refused and skipped.
    public var maximumRowBytes = 16 << 20
    /// Deepest nesting of a JSON line.
    public var maximumNesting = 64
    /// Most columns of delimited text.
    public var maximumColumns = 100_000
    /// Most bytes a compressed byte may become, counted once ``bombCheckBytes`` have come out.
    public var maximumExpansion = 300
    /// Where the expansion is first looked at.
    public var bombCheckBytes = 256 << 20
    /// Most rows handed over at once.
    public var batchRows = 16_384

    /// The defaults.
    public init() {}
}

/// How far a reader is in its file, for progress lines.
public struct ExportProgress: Sendable, Equatable {
    /// Bytes of the file read so far, as they lie on disk.
    public var bytesRead: Int
    /// Size of the file; nil for standard input and pipes.
    public var bytesTotal: Int?
}

// Being built: the signatures the importer and the command line can rely on.
//
//   ExportInput(path:limits:) throws(ExportError)          opens a file or "-" once, sees compression by magic bytes
//   ExportReaders.open(_ path: String, mapping:, limits:, fileNumber: Int = 1) throws(ExportError) -> any EventSource
//   ExportReaders.open(_ input: ExportInput, mapping:, fileNumber: Int = 1) throws(ExportError) -> any EventSource
//   ExportReaders.guess(_ input: ExportInput) throws(ExportError) -> MappingGuess   { mapping, reasons: [String] }
//
// Item sequences: visitor missing, session = line number ("17"; "2:17" in the second file), time Int64.min, field `item`.
// Exports without visitor column: the batch's visitor is the session.
