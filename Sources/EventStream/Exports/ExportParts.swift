internal import DurableFiles

/// The files of one export, which are checked before anything is read and opened again when their turn comes.
///
/// Takes: paths of files, or `-`.   Gives: sources, of which all but the first are closed until they are read.
///
/// However many there are, at most two are open, and what one takes in memory is given back before the next is opened. Only standard
/// input and pipes, which can be opened once, stay open from the beginning. Where there are several, files that hold nothing are left
/// out: engines and hourly feeds write them.
public final class ExportParts {
    /// The files that hold something; never empty.
    public let paths: [String]
    /// Those that hold nothing and are left out.
    public let empty: [String]
    /// The number in ``paths`` of the file that mappings are guessed from: the first that has rows.
    public let sampled: Int
    /// That file, opened.
    public let sample: ExportInput
    private var open: [Int: ExportInput] = [:]
    private let limits: ExportLimits

    /// Opens every file once, in their order.
    /// - Throws: ``ExportError`` where one is missing, cannot be read or is no export, and where all are empty.
    public init(_ files: [String], limits: ExportLimits = ExportLimits()) throws(ExportError) {
        precondition(!files.isEmpty, "ExportParts: no files")
        self.limits = limits
        var found: (paths: [String], empty: [String]) = ([], [])
        var first: (place: Int, input: ExportInput)?
        var hasRows = false
        for path in files {
            guard let input = try Self.input(path, limits, skipsEmpty: files.count > 1) else {
                found.empty.append(path)
                continue
            }
            let place = found.paths.count
            found.paths.append(path)
            if !Self.canBeOpenedAgain(path) { open[place] = input }
            if !hasRows {
                hasRows = input.hasRows
                if first == nil || hasRows { first = (place, input) }
            }
        }
        guard let first else {
            throw ExportError(
                .empty, place: files[0], reason: files.count == 1 ? "it is empty" : "it is empty, and so are all \(files.count) files",
                remedy: "export again, or name other files")
        }
        (paths, empty) = found
        (sampled, sample) = first
        open[first.place] = first.input
    }

    /// Sources of all files by one mapping. Every file is looked at now, so that one that does not fit is told before an hour of reading.
    /// To be asked for once.
    public func sources(mapping: ExportMapping) throws(ExportError) -> [any EventSource] {
        try sources(MappingGuess(mapping: mapping, reasons: []))
    }

    /// The same by what was guessed from ``sample``. Of an Adobe feed every file is read by the names and tables that lie beside it.
    public func sources(_ guess: MappingGuess) throws(ExportError) -> [any EventSource] {
        var sources: [any EventSource] = []
        var brief = limits
        brief.windowBytes = min(brief.windowBytes, 1 << 16)
        for place in paths.indices {
            let (path, limits, number) = (paths[place], limits, place + 1)
            if let kept = open.removeValue(forKey: place) {
                let mapping = place == sampled ? guess.mapping : try ExportReaders.mapping(of: kept, following: guess)
                sources.append(try ExportReaders.open(kept, mapping: mapping, fileNumber: number))
                continue
            }
            let checked = try Self.source(path, brief, guess, number)
            sources.append(DeferredSource(checked) { () throws(ExportError) in try Self.source(path, limits, guess, number) })
        }
        return sources
    }

    private static func source(
        _ path: String, _ limits: ExportLimits, _ guess: MappingGuess, _ number: Int
    ) throws(ExportError) -> any EventSource {
        let input = try ExportInput(path: path, limits: limits)
        return try ExportReaders.open(input, mapping: ExportReaders.mapping(of: input, following: guess), fileNumber: number)
    }

    private static func input(_ path: String, _ limits: ExportLimits, skipsEmpty: Bool) throws(ExportError) -> ExportInput? {
        do throws(ExportError) { return try ExportInput(path: path, limits: limits) } catch {
            // Not as a pattern of the catch: compiler 6.3 fails on it.
            guard skipsEmpty, error.kind == .empty else { throw error }
            return nil
        }
    }

    private static func canBeOpenedAgain(_ path: String) -> Bool {
        path != "-" && (try? FileSystem.live.status(of: path))?.kind == .file
    }
}

/// A source that is opened when it is read first, or by the importer when its turn comes.
struct DeferredSource: EventSource {
    let mapping: ExportMapping
    let hasPairs: Bool
    private let total: Int?
    private let reopen: () throws(ExportError) -> any EventSource
    private var source: (any EventSource)?

    /// - Parameters:
    ///   - checked: the source as it was when it was looked at; it is not kept.
    ///   - reopen: opens it again.
    init(_ checked: any EventSource, reopen: @escaping () throws(ExportError) -> any EventSource) {
        (mapping, hasPairs, total) = (checked.mapping, checked.hasPairs, checked.progress.bytesTotal)
        self.reopen = reopen
    }

    var progress: ExportProgress { source?.progress ?? ExportProgress(bytesRead: 0, bytesTotal: total) }

    /// The source, opened.
    func opened() throws(ExportError) -> any EventSource {
        if let source { return source }
        return try reopen()
    }

    mutating func read(into batch: inout EventBatch, rejects: inout RejectCollector) throws(ExportError) -> Bool {
        var opened = try opened()
        defer { source = opened }
        return try opened.read(into: &batch, rejects: &rejects)
    }
}

extension ExportInput {
    /// Whether there is more than a header, as far as that can be told: an object, a row of columns, or a second line.
    var hasRows: Bool {
        // What is no text in UTF-8 is somebody else's to tell.
        guard columnar == nil, let sample = try? sample(.utf8) else { return true }
        var (lines, isBlank, first) = (0, true, UInt8(0))
        for byte in sample.text {
            if byte == 0x0A {
                isBlank = true
            } else if isBlank, byte != 0x20, byte != 0x09, byte != 0x0D {
                (lines, isBlank) = (lines + 1, false)
                if lines == 1 { first = byte } else { break }
            }
        }
        return lines > 0 && (!sample.isWhole || first == UInt8(ascii: "{") || lines == 2)
    }
}
