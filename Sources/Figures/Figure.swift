internal import DurableFiles
internal import Glibc

/// A named figure: what it shows, and how it is made.
struct Figure: Sendable {
    /// As on the command line; a part in capitals after a colon is the caller's.
    let pattern: String
    /// Whether a file is named after the figure.
    var needsTable = false
    let summary: String
    let run: @Sendable (FigureContext) throws -> FigureValue

    static let all = [
        importCounts, formats, reconcile, nextItem, determinism, probeSynthetic, speedTrain, speedEmbed, speedImport, kill, fuzz, growth,
        allocations, intents,
        distilSynthetic, speedLabel, tiles, speedRank, speedCredit, offPolicy, conversion, tabular, headToHeadSynthetic,
        creditUCI, creditGerman, creditTable, creditMonthly, creditSynthetic, speedExports, memoryExports, tamper, ledgerFaults,
        ledgerSpeed, replay, reviewCoverage, auditHotels, serveLoad, serveSoak, serveReload, serveParity,
    ]

    /// What figures start as processes of their own.
    private static let children = [ledgerWriter]

    /// The figure called so, and the set after its colon.
    static func named(_ name: String) -> (figure: Figure, set: String?)? {
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        for figure in all + children {
            let pattern = figure.pattern.split(separator: ":").map(String.init)
            guard pattern[0] == parts.first, pattern.count == parts.count else { continue }
            return (figure, parts.count > 1 ? parts[1] : nil)
        }
        return nil
    }
}

/// A run of a figure in a scratch folder of its own: its sets are read when it is made.
protocol FigureRun: SendableMetatype {
    init(_ context: FigureContext, _ folder: String) throws
    func figure() throws -> FigureValue
}

extension Figure {
    /// A figure that is made by runs of this kind.
    init<Run: FigureRun>(pattern: String, summary: String, by kind: Run.Type) {
        self.init(pattern: pattern, summary: summary) { context in
            try context.withScratchFolder { folder in try kind.init(context, folder).figure() }
        }
    }
}

/// Where a figure finds its data and settings.
struct FigureContext {
    let repository: String
    /// Root of the sets.
    let data: String
    /// Root of the test sets, when they are apart.
    let testData: String?
    let quick: Bool
    /// Folder of the programs that Tessera is measured beside.
    var peers = ""
    /// The Python that runs them; made when nil.
    var peersPython: String?
    /// Rounds of a race; each figure's own number when nil.
    var rounds: Int?
    /// What came after the colon of the name.
    let set: String?
    /// Root of the sets' labels, and of those of the test part when they are apart.
    var labels = ""
    var testLabels: String?
    /// A table of the caller's, the column to foretell, its value that counts as 1, and the column of times.
    var table: String?
    var target: String?
    var positive: String?
    var time: String?
    /// Threads of Tessera and of its peers in every figure that is timed.
    static let timedThreads = 2

    /// Whether the test part is of other files than the training part.
    var hasTestData: Bool { testData.map { $0 != data } ?? false }
    /// Whether the test part has labels of its own.
    var hasTestLabels: Bool { testLabels.map { $0 != labels } ?? false }

    /// A file beside the figures.
    func settings(_ name: String) -> String { "\(repository)/tools/figures.d/\(name)" }

    static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

    /// Talk, on standard error.
    static func say(_ text: String) {
        var line = "figures: \(text)\n"
        line.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }

    /// A folder of its own for the time of `body`, in the system's place for temporary files.
    func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(root)/tessera-figure-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw FigureError(code: EX_CANTCREAT, description: "\(root): no folder can be made there; set TMPDIR to a place with room")
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileSystem.live.removeTree(folder) }
        return try body(folder)
    }

    /// Seconds of a clock that never goes back.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// Why a figure cannot be made.
struct FigureError: Error, CustomStringConvertible {
    let code: Int32
    let description: String
    /// What was measured all the same: printed before the failure.
    var figure: FigureValue?
}

/// Any JSON value.
indirect enum FigureValue: Encodable, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    case number(Double)
    case integer(Int)
    case truth(Bool)
    case text(String)
    case object([String: FigureValue])
    case list([FigureValue])

    init(dictionaryLiteral elements: (String, FigureValue)...) { self = .object(Dictionary(elements) { $1 }) }
    init(arrayLiteral elements: FigureValue...) { self = .list(elements) }

    /// Numbers that are none become null, so that the output stays JSON.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let value): if value.isFinite { try container.encode(value) } else { try container.encodeNil() }
        case .integer(let value): try container.encode(value)
        case .truth(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        }
    }
}
