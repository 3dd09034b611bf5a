internal import DurableFiles
internal import EventStream
internal import Glibc

extension Figure {
    /// {ga4, snowplow, one_visitor: {bytes, rows, seconds, peak_mib, …}, kill: {kills, left_behind, equal_after}}.
    static let memoryExports = Figure(
        pattern: "memory-exports",
        summary: "import of 5 GB as GA4 and Snowplow have them, and of one visitor's: memory, and what kills with signal 9 leave"
    ) { context in
        try context.withScratchFolder { folder in
            let bytes = context.quick ? 50_000_000 : 5_000_000_000
            var result: [String: FigureValue] = ["quick": .truth(context.quick), "threads": .integer(FigureContext.timedThreads)]
            for (name, kind, isOneVisitor) in [
                ("snowplow", ExportFile.snowplow, false), ("one_visitor", .snowplow, true), ("ga4", .ga4, false),
            ] {
                let file = "\(folder)/clicks.\(name)"
                FigureContext.say("memory-exports: making \(bytes >> 20) MiB of \(name)")
                let made = try kind.write(file, bytes: bytes, source: ClickSource(seed: 6, isOneVisitor: isOneVisitor))
                let large = LargeImport(context, file, folder)
                result[name] = try large.run(made)
                if name == "ga4" { result["kill"] = try large.kill() }
                guard unlink(file) == 0 else { throw FigureError(code: EX_IOERR, description: "\(file): cannot be removed") }
            }
            return .object(result)
        }
    }
}

/// One large file, imported whole, and by programs that are killed.
private final class LargeImport {
    private let context: FigureContext
    private let file: String
    private let folder: String
    private var seconds = 0.0
    private var digest = ""

    init(_ context: FigureContext, _ file: String, _ folder: String) { (self.context, self.file, self.folder) = (context, file, folder) }

    private var corpus: String { folder + "/large.corpus" }
    private var importing: [String] { ["import", file, "--out", corpus, "--threads", "\(FigureContext.timedThreads)", "--json"] }

    func run(_ made: (source: ClickSource, rows: Int, bytes: Int)) throws -> FigureValue {
        FigureContext.say("memory-exports: importing \(made.rows) rows")
        let run = try context.tessera(importing).checked()
        let counts = try run.json(ImportedCounts.self)
        guard counts.events == made.rows, counts.sessions == made.source.sessions, counts.rejects == 0 else {
            throw FigureError(
                code: EX_SOFTWARE,
                description: "\(counts.sessions) sessions of \(counts.events) events, not \(made.source.sessions) of \(made.rows)")
        }
        try ImportGrowth.checkMemory(run.peakBytes)
        (seconds, digest) = (run.seconds, try Corpus.open(corpus).digest)
        try FileSystem.live.removeTree(corpus)
        return [
            "bytes": .integer(made.bytes), "rows": .integer(made.rows), "sessions": .integer(counts.sessions),
            "visitors": .integer(made.source.visitors), "seconds": .number(seconds),
            "rows_per_second": .number(Double(made.rows) / seconds), "peak_mib": .number(Double(run.peakBytes) / 1_048_576),
        ]
    }

    /// Kills the same import in each of its stages; after every kill the command is given again.
    func kill() throws -> FigureValue {
        let (place, temporary) = (folder + "/killed", folder + "/temporary")
        for path in [place, temporary] { try FileSystem.live.makeDirectory(path) }
        let program = try CommandProcess.beside("tessera")
        var arguments = importing
        arguments[3] = place + "/large.corpus"
        var published = 0
        var leftBehind = 0
        var equal = 0
        let moments = context.quick ? [0.5, 0.9] : [0.1, 0.5, 0.8, 0.97]
        for moment in moments {
            FigureContext.say("memory-exports: killed after \(Int(moment * 100)) % of its time, and given again")
            let end = try CommandProcess(program, arguments, talk: folder + "/talk", temporary: temporary).kill(after: seconds * moment)
            guard end == .signal(SIGKILL) else {
                published += 1
                try FileSystem.live.removeTree(arguments[3])
                continue
            }
            guard try FileSystem.live.status(of: arguments[3]) == nil else {
                throw FigureError(code: EX_SOFTWARE, description: "a killed import left a corpus")
            }
            let again = try CommandProcess(program, arguments, talk: folder + "/talk", temporary: temporary).wait()
            guard again == .exit(0) else { throw FigureError(code: EX_SOFTWARE, description: "an import after a kill ended with \(again)") }
            if try Corpus.open(arguments[3]).digest == digest { equal += 1 }
            try FileSystem.live.removeTree(arguments[3])
            leftBehind += try [place, temporary].reduce(0) { try $0 + FileSystem.live.names(in: $1).count }
        }
        return [
            "kills": .integer(moments.count - published), "finished_before_the_kill": .integer(published), "equal_after": .integer(equal),
            "left_behind": .integer(leftBehind),
        ]
    }
}
