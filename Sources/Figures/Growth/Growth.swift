internal import Glibc
internal import SequenceEmbedding
internal import SequenceKernel

extension Figure {
    /// {training, embedding: {sessions, lengths}, import: {…}}: points, the fitted exponent and line, memory.
    static let growth = Figure(
        pattern: "growth",
        summary: "how time and memory grow: training and embedding with sessions and their lengths, import with rows (up to 50 million)"
    ) { context in
        // First, while this process is small: a child's peak is not less than its parent's memory.
        let imports = try ImportGrowth(context).run(context.quick ? [100_000, 200_000, 400_000] : [1_000_000, 10_000_000, 50_000_000])
        let pool = WorkerPool(threads: FigureContext.timedThreads)
        FigureContext.say("growth: sessions")
        let base = context.quick ? 250 : 2000
        let factors = [1, 2, 4, 8, 16]
        let sessions = factors.map { factor in
            GrowthPoint(
                SyntheticSessions(lengths: SyntheticSessions.usualLengths(base * factor)), size: base * factor, pool,
                repeats: context.quick ? 1 : 3)
        }
        FigureContext.say("growth: session lengths")
        let events = context.quick ? 8192 : 65_536
        let lengths = [8, 16, 32, 64, 128, 256, 512].map { length in
            GrowthPoint(
                SyntheticSessions(lengths: [Int](repeating: length, count: events / length)), size: length, pool,
                repeats: context.quick ? 1 : 3)
        }
        GrowthTable.show(sessions: sessions, lengths: lengths, imports: imports.points)
        return [
            "training": ["sessions": bySessions(sessions, \.trainingSeconds), "lengths": byLength(lengths, \.trainingSeconds)],
            "embedding": ["sessions": bySessions(sessions, \.embeddingSeconds), "lengths": byLength(lengths, \.embeddingSeconds)],
            "import": imports.figure, "threads": .integer(FigureContext.timedThreads), "quick": .truth(context.quick),
        ]
    }

    private static func bySessions(_ points: [GrowthPoint], _ seconds: KeyPath<GrowthPoint, Double>) -> FigureValue {
        [
            "points": .list(
                points.map {
                    [
                        "sessions": .integer($0.size), "events": .integer($0.events), "seconds": .number($0[keyPath: seconds]),
                        "peak_mib": .number($0.peakMebibytes),
                    ]
                }), "fit": StraightLine.growth(points.map { (Double($0.size), $0[keyPath: seconds]) }),
        ]
    }

    /// An event of a longer session attends to more others: its products and the exponentials of its attention grow by a straight line
    /// with the session's length (a session's by the square), and so should the time of an event.
    private static func byLength(_ points: [GrowthPoint], _ seconds: KeyPath<GrowthPoint, Double>) -> FigureValue {
        let first = points[0]
        return [
            "points": .list(
                points.map { point in
                    let time = point[keyPath: seconds] / Double(point.events)
                    let firstTime = first[keyPath: seconds] / Double(first.events)
                    return [
                        "length": .integer(point.size), "microseconds_per_event": .number(time * 1e6),
                        "operations_per_event": .number(point.operationsPerEvent),
                        "attention_exponentials_per_event": .integer(point.exponentialsPerEvent),
                        "time_to_shortest": .number(time / firstTime),
                        "operations_to_shortest": .number(point.operationsPerEvent / first.operationsPerEvent),
                        "peak_mib": .number(point.peakMebibytes),
                    ]
                }),
            "fit_of_seconds_per_event": StraightLine.growth(
                points.map { (Double($0.size), $0[keyPath: seconds] / Double($0.events)) }),
            "fit_of_operations_per_event": StraightLine.growth(points.map { (Double($0.size), $0.operationsPerEvent) }),
        ]
    }
}

/// Training for an epoch, and embedding everything, at one size.
struct GrowthPoint {
    let size: Int
    let events: Int
    let trainingSeconds: Double
    let embeddingSeconds: Double
    let operationsPerEvent: Double
    /// For sessions of equal length: one for each head, layer and event attended to.
    let exponentialsPerEvent: Int
    let peakMebibytes: Double

    /// The first epoch grows the buffers and is not timed; the median of `repeats` counts.
    init(_ sessions: SyntheticSessions, size: Int, _ pool: WorkerPool, repeats: Int) {
        self.size = size
        events = sessions.lengths.reduce(0, +)
        operationsPerEvent = sessions.lengths.reduce(0.0) { $0 + Double($1) * sessions.operations(length: $1) } / Double(events)
        let settings = sessions.model.configuration
        exponentialsPerEvent = settings.heads * settings.layers * (sessions.lengths.max() ?? 0)
        ProcessMemory.forgetPeak()
        // As many events in every batch, so that only the length of sessions differs.
        let perBatch = max(1, min(128, 2048 * sessions.lengths.count / events))
        let (trainer, batcher) = sessions.trainer(pool, batchSessions: perBatch)
        var training = Rounds()
        var embedding = Rounds()
        for epoch in 0...repeats {
            let start = FigureContext.now()
            for number in 0..<batcher.batchCount(epoch: epoch) { _ = trainer.step(batcher.batch(number, epoch: epoch), learningRate: 1e-3) }
            if epoch > 0 { training.add(FigureContext.now() - start) }
        }
        let embedder = SessionEmbedder(sessions.model, sessions.weights)
        for pass in 0...repeats {
            let start = FigureContext.now()
            let table = EmbeddingTable.make(embedder, sessions.events, sessions: 0..<sessions.lengths.count, pool: pool)
            precondition(table.allSatisfy(\.isFinite), "growth: an embedding that is no number")
            if pass > 0 { embedding.add(FigureContext.now() - start) }
        }
        (trainingSeconds, embeddingSeconds) = (training.median, embedding.median)
        peakMebibytes = ProcessMemory.peakMebibytes
    }
}

/// The most memory that this process has had at once.
enum ProcessMemory {
    /// Starts anew, where the system allows it.
    static func forgetPeak() {
        let file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, "5", 1)
        close(file)
    }

    static var peakMebibytes: Double {
        guard let file = fopen("/proc/self/status", "r") else { return .nan }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix("VmHWM:") { return (Double(text.filter(\.isNumber)) ?? .nan) / 1024 }
        }
        return .nan
    }
}
