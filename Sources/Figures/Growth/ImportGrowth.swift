internal import Glibc

/// `tessera import` on files of growing size, each made, read, checked and removed.
struct ImportGrowth {
    struct Point {
        let rows: Int
        let fileBytes: Int
        let seconds: Double
        let peakBytes: Int
        let sessions: Int
    }

    /// What was measured, and what was left out.
    struct Result {
        var points: [Point] = []
        var skipped: [FigureValue] = []

        var figure: FigureValue {
            let list = points.map { point -> FigureValue in
                [
                    "rows": .integer(point.rows), "file_mib": .number(Double(point.fileBytes) / 1_048_576),
                    "seconds": .number(point.seconds), "rows_per_second": .number(Double(point.rows) / point.seconds),
                    "peak_mib": .number(Double(point.peakBytes) / 1_048_576), "sessions": .integer(point.sessions),
                ]
            }
            var value: [String: FigureValue] = ["points": .list(list), "left_out": .list(skipped)]
            if points.count > 1 { value["fit"] = StraightLine.growth(points.map { (Double($0.rows), $0.seconds) }) }
            return .object(value)
        }
    }

    private let context: FigureContext

    init(_ context: FigureContext) { self.context = context }

    func run(_ sizes: [Int]) throws -> Result {
        var result = Result()
        for rows in sizes {
            try context.withScratchFolder { folder in
                // The file, the corpus, and what a sort may put on the disk: about three files' worth.
                let needed = rows * 100 * 3
                let free = Self.freeBytes(folder)
                guard free > needed + 1 << 30 else {
                    FigureContext.say("growth: import of \(rows) rows is left out: \(free >> 30) GiB free, \(needed >> 30) + 1 needed")
                    result.skipped.append([
                        "rows": .integer(rows), "reason": .text("too little room on the disk; set TMPDIR to a place with more"),
                    ])
                    return
                }
                FigureContext.say("growth: import of \(rows) rows")
                let file = try ClickFile(rows: rows, to: "\(folder)/clicks.csv")
                // Two runs of the smaller ones, the faster counts: a disk still busy with the file's own bytes is not what is measured.
                var best: ChildRun?
                var peak = 0
                for number in 0..<(rows > 10_000_000 ? 1 : 2) {
                    let run = try context.tessera([
                        "import", "\(folder)/clicks.csv", "--mapping", context.settings("growth.mapping.yaml"), "--out",
                        "\(folder)/\(number).corpus", "--threads", "\(FigureContext.timedThreads)", "--json",
                    ]).checked()
                    let counts = try run.json(ImportedCounts.self)
                    guard counts.events == rows, counts.sessions == file.sessions, counts.rejects == 0 else {
                        throw FigureError(
                            code: EX_SOFTWARE,
                            description:
                                "import of \(rows) rows: \(counts.events) events in \(counts.sessions) sessions, not \(file.sessions)")
                    }
                    peak = max(peak, run.peakBytes)
                    if run.seconds < best?.seconds ?? .infinity { best = run }
                }
                guard let best else { return }
                try Self.checkMemory(peak)
                result.points.append(
                    Point(rows: rows, fileBytes: file.bytes, seconds: best.seconds, peakBytes: peak, sessions: file.sessions))
            }
        }
        return result
    }

    /// Throws above what the manual promises for the default memory.
    static func checkMemory(_ bytes: Int) throws {
        guard bytes <= 300 << 20 else {
            throw FigureError(code: EX_SOFTWARE, description: "an import took \(bytes >> 20) MiB, more than the 300 that are promised")
        }
    }

    private static func freeBytes(_ folder: String) -> Int {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return 0 }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }
}
