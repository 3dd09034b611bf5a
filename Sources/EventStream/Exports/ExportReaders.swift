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
    /// Bytes of the pieces in which an import shares a file among its threads; only a row longer than that makes one larger.
    package var blockBytes = 1 << 20
    /// Bytes of the stretch in which a reader looks for rows, before a longer row makes it grow.
    package var windowBytes = 1 << 20
    /// Bytes of the beginning that are looked at to find out what a file is.
    package var sampleBytes = 1 << 18

    /// The defaults.
    public init() {}
}

/// How far a reader is in its file, for progress lines.
public struct ExportProgress: Sendable, Equatable {
    /// Bytes of the file read so far, as they lie on disk.
    public var bytesRead: Int
    /// Size of the file; nil for standard input and pipes.
    public var bytesTotal: Int?

    /// So far, and in all where it is known.
    public init(bytesRead: Int, bytesTotal: Int?) {
        self.bytesRead = bytesRead
        self.bytesTotal = bytesTotal
    }
}

/// Opens exports: sees the format, fills in what the mapping leaves open, and gives the reader for it.
///
/// Takes: an export file (plain, gzip or zstd) and a mapping. Gives: batches of typed events, and a list of refused rows.
/// A vendor's format is a mapping (``VendorFormat``); another way to write rows is one more case in ``open(_:mapping:fileNumber:)`` with a
/// reader of its own; nothing else knows of formats.
public enum ExportReaders {
    /// Opens a file, or standard input for `-`.
    ///
    /// - Parameter fileNumber: which of several files this is, from 1; it keeps the sessions of item sequences apart.
    public static func open(
        _ path: String, mapping: ExportMapping, limits: ExportLimits = ExportLimits(), fileNumber: Int = 1
    ) throws(ExportError) -> any EventSource {
        try open(ExportInput(path: path, limits: limits), mapping: mapping, fileNumber: fileNumber)
    }

    /// Reads an input that has been opened before, for instance to guess its mapping. An input can be read once.
    public static func open(_ input: ExportInput, mapping: ExportMapping, fileNumber: Int = 1) throws(ExportError) -> any EventSource {
        try mapping.validate()
        if let columnar = input.columnar { return try ColumnarReader(columnar, mapping: mapping) }
        let sample = try input.sample(mapping.encoding)
        var mapping = mapping
        if mapping.format == .auto { mapping.format = try FormatSniffer(path: input.path, sample: sample).format(for: mapping) }
        switch mapping.format {
        case .items:
            if mapping.fields.isEmpty { mapping.fields = [.init(name: "item", kind: .categorical)] }
            try mapping.validate()
            return ItemSequenceReader(
                window: input.window(mapping.encoding), path: input.path, mapping: mapping,
                hasPairs: FormatSniffer(path: input.path, sample: sample).hasPairs, limits: input.limits, fileNumber: fileNumber,
                input: input)
        case .parquet:
            throw ExportError(
                .badMapping, place: "mapping, `format`", reason: "\(input.path) is neither a Parquet nor an Arrow file",
                remedy: "write `format: auto`, or name another file")
        case .jsonl:
            try mapping.validate()
            return JSONLinesReader(
                window: input.window(mapping.encoding), path: input.path, mapping: mapping, limits: input.limits, input: input)
        case .auto, .csv, .tsv:
            mapping = try DialectSniffer(path: input.path, sample: sample).complete(mapping)
            try mapping.validate()
            let companions = input.companions ?? CompanionFiles(of: input.path)
            input.companions = nil
            let encoding = mapping.encoding
            let lookups = try LookupTables(mapping) { (file) throws(ExportError) in try companions.content(file, encoding) }
            return try DelimitedReader(
                window: input.window(mapping.encoding), path: input.path, mapping: mapping, limits: input.limits, input: input,
                lookups: lookups)
        }
    }
}
