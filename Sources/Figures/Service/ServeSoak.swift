internal import DurableFiles
internal import Glibc

extension Figure {
    /// {soak: {requests, errors, memory, descriptors, …}, overload: {…}, recovery: {…}}.
    static let serveSoak = Figure(
        pattern: "serve-soak",
        summary:
            "ten minutes of mixed requests at full load: memory, open files, errors; then requests at four times the capacity: what is "
            + "answered, refused and lost, and how soon all is as before", by: ServeSoakRun.self)
}

/// One run of the figure `serve-soak`.
private struct ServeSoakRun: FigureRun {
    private let context: FigureContext
    private let folder: String
    private let models: ServedModels
    private let bundle: String

    private static let connections = 16
    /// Sessions that the service remembers: few, so that they are all there before memory is looked at.
    private static let remembered = 256

    init(_ context: FigureContext, _ folder: String) throws {
        (self.context, self.folder) = (context, folder)
        models = try .bank(context, in: folder)
        FigureContext.say("serve-soak: a ranker for its home pages")
        bundle = "\(folder)/soak.bundle"
        try models.pack(to: bundle, ranker: models.ranker())
    }

    func figure() throws -> FigureValue {
        let before = MachineLoad.average
        let soak = try self.soak()
        let overload = try Overload(context, folder, models, bundle: bundle)
        let isReached = soak.isReached && overload.isReached
        let figure: FigureValue = [
            "soak": soak.value, "overload": overload.value, "recovery": overload.recovery, "is_reached": .truth(isReached),
            "data": .text(models.source), "processors": .integer(MachineLoad.count),
            "load": .text("one thread on the same processors"),
            "load_average": ["before": .number(before), "after": .number(MachineLoad.average)], "quick": .truth(context.quick),
        ]
        guard isReached else {
            throw FigureError(code: EX_SOFTWARE, description: "the service does not hold what it should; see is_reached", figure: figure)
        }
        return figure
    }

    private func soak() throws -> (value: FigureValue, isReached: Bool) {
        let server = try ServingProcess([("bank", bundle)], ["--sessions-count", "\(Self.remembered)"], in: folder)
        let mix = try RequestMix(models, sessions: models.sessions(512), connections: Self.connections, hasRanker: true, seed: 11)
        try mix.learn(port: server.port)
        let seconds = context.quick ? 30 : 600
        FigureContext.say("serve-soak: \(seconds) s of mixed requests over \(Self.connections) connections")
        let driver = try LoadDriver(port: server.port, connections: Self.connections)
        var (latencies, memory, descriptors) = (Latencies(), [(x: Double, y: Double)](), [Int]())
        driver.next = { mix.next($0) }
        driver.done = { outcome in
            mix.judge(outcome)
            if outcome.answer != nil { latencies.add(outcome.seconds) }
        }
        let (began, worked) = (FigureContext.now(), server.processorSeconds)
        for second in 1...seconds {
            try driver.run(seconds: began + Double(second) - FigureContext.now())
            memory.append((FigureContext.now() - began, Double(server.residentBytes)))
            descriptors.append(server.descriptors)
            guard server.end == nil else {
                throw FigureError(code: EX_SOFTWARE, description: "the service ended: \(server.lastWords)", figure: mix.value)
            }
            if second % 60 == 0 { FigureContext.say("serve-soak: \(second) s, \(mix.errors) errors, \(server.residentBytes >> 20) MiB") }
        }
        let took = FigureContext.now() - began
        let isWhole = try driver.finish()
        let used = server.processorSeconds - worked
        let answered = mix.counts.values.reduce(0) { $0 + $1.answered }
        let trend = MemoryTrend(memory.filter { $0.x > took / 5 }, seconds: took)
        let steady = descriptors.dropFirst(descriptors.count / 5)
        let areDescriptorsSteady = (steady.max() ?? 0) - (steady.min() ?? 0) <= 2 * Self.connections
        let isReached = trend.isFlat && mix.errors == 0 && isWhole && areDescriptorsSteady
        let value: FigureValue = [
            "seconds": .number(took), "requests": .integer(answered), "requests_per_second": .number(Double(answered) / took),
            "latency_ms": latencies.figure, "kinds": mix.value, "errors": .integer(mix.errors),
            "first_error": .text(mix.firstError ?? "none"), "connections": .integer(Self.connections),
            "closed_while_idle": .integer(driver.closedIdle), "memory": trend.value,
            "descriptors": ["least": .integer(steady.min() ?? 0), "greatest": .integer(steady.max() ?? 0)],
            "processors_used": .number(used / took), "remembered_sessions": .integer(Self.remembered), "sessions": .integer(512),
            "is_reached": .truth(isReached),
        ]
        return (value, isReached)
    }
}

/// Resident memory over time, as a straight line.
struct MemoryTrend {
    private let line: StraightLine
    private let error: Double
    private let mean: Double
    private let least: Double
    private let greatest: Double
    private let seconds: Double

    /// - Parameters:
    ///   - points: seconds and bytes, without the beginning.
    ///   - seconds: of the whole run.
    init(_ points: [(x: Double, y: Double)], seconds: Double) {
        let line = StraightLine(points)
        let count = Double(points.count)
        let rests = points.map { $0.y - line.intercept - line.slope * $0.x }
        let square = rests.reduce(0) { $0 + $1 * $1 }
        // Neighbours are alike, so that there is less to learn from them than from as many strangers.
        let alike = square > 0 ? max(0, min(0.99, zip(rests, rests.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / square)) : 0
        let meanX = points.reduce(0) { $0 + $1.x } / count
        let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        error = (square / max(1, count - 2) / spread * (1 + alike) / (1 - alike)).squareRoot()
        mean = points.reduce(0) { $0 + $1.y } / count
        (least, greatest) = (points.map(\.y).min() ?? .nan, points.map(\.y).max() ?? .nan)
        (self.line, self.seconds) = (line, seconds)
    }

    /// Most that memory may grow over the run: 2 %, or 8 MiB where that is more.
    private var most: Double { max(0.02 * mean, 8 * 1_048_576) }
    var isFlat: Bool { line.slope * seconds < most }

    var value: FigureValue {
        func mebibytes(_ bytes: Double) -> FigureValue { .number(bytes / 1_048_576) }
        return [
            "mean_mib": mebibytes(mean), "least_mib": mebibytes(least), "greatest_mib": mebibytes(greatest),
            "growth_mib": mebibytes(line.slope * seconds),
            "growth_mib_interval": [
                mebibytes((line.slope - 1.96 * error) * seconds), mebibytes((line.slope + 1.96 * error) * seconds),
            ],
            "growth_mib_allowed": mebibytes(most), "is_flat": .truth(isFlat),
        ]
    }
}
