/// The same numbers for a person, on standard error.
enum GrowthTable {
    static func show(sessions: [GrowthPoint], lengths: [GrowthPoint], imports: [ImportGrowth.Point]) {
        row(["sessions", "events", "train s", "embed s", "us/event", "MiB"])
        for point in sessions {
            row([
                "\(point.size)", "\(point.events)", decimal(point.trainingSeconds, 3), decimal(point.embeddingSeconds, 3),
                decimal(point.trainingSeconds / Double(point.events) * 1e6, 2), decimal(point.peakMebibytes, 0),
            ])
        }
        row(["length", "events", "train us/ev", "embed us/ev", "kFLOP/ev", "MiB"])
        for point in lengths {
            row([
                "\(point.size)", "\(point.events)", decimal(point.trainingSeconds / Double(point.events) * 1e6, 2),
                decimal(point.embeddingSeconds / Double(point.events) * 1e6, 2), decimal(point.operationsPerEvent / 1000, 1),
                decimal(point.peakMebibytes, 0),
            ])
        }
        row(["rows", "file MiB", "import s", "rows/s", "sessions", "MiB"])
        for point in imports {
            row([
                "\(point.rows)", "\(point.fileBytes >> 20)", decimal(point.seconds, 2), decimal(Double(point.rows) / point.seconds, 0),
                "\(point.sessions)", "\(point.peakBytes >> 20)",
            ])
        }
    }

    private static func row(_ cells: [String]) {
        FigureContext.say(cells.map { String(repeating: " ", count: max(0, 12 - $0.count)) + $0 }.joined())
    }

    private static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let whole = Int((value * scale).rounded())
        guard places > 0 else { return "\(whole)" }
        let digits = "\(whole % Int(scale))"
        return "\(whole / Int(scale))." + String(repeating: "0", count: places - digits.count) + digits
    }
}
