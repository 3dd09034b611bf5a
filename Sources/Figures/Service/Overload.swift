internal import EventStream
internal import Glibc

/// Four times as many requests as the service can answer, and what comes after.
struct Overload {
    private(set) var value: FigureValue = [:]
    private(set) var recovery: FigureValue = [:]
    private(set) var isReached = false

    /// As clients with a rate of their own have it: nearly as many as the service takes.
    private static let connections = 1000
    /// Least that must have been sent for it to be an overload, in capacities; more waits where nobody is refused.
    private static let least = 3.0
    private static let calm = 8
    /// Seconds within which the slowest hundredth of what is answered must be: the longest wait at the gate, and the reading of what came
    /// before on as many connections.
    private static let bound = 0.5
    /// Seconds after which all must be as before.
    private static let soon = 2.0
    /// Seconds of one look at how things are after the overload.
    private static let window = 0.25

    /// What was seen while a load was on.
    private struct Seen {
        var latencies = Latencies()
        var refusals = Latencies()
        /// Of the first answer on each connection, which waits for the connection to be taken, too.
        var firsts = Latencies()
        private var connections = Set<Int>()
        var (answered, refused, refusedWithoutTime, others, lost) = (0, 0, 0, 0, 0)
        var first: String?

        mutating func add(_ outcome: LoadDriver.Outcome) {
            guard let answer = outcome.answer else {
                lost += 1
                first = first ?? outcome.fault
                return
            }
            if connections.insert(outcome.connection).inserted { firsts.add(outcome.seconds) }
            switch answer.status {
            case 200:
                answered += 1
                latencies.add(outcome.seconds)
            case 503:
                refused += 1
                refusals.add(outcome.seconds)
                if answer.field("retry-after").flatMap({ Int($0) }) == nil { refusedWithoutTime += 1 }
            default:
                others += 1
                first = first ?? "status \(answer.status), \(answer.text.prefix(200))"
            }
        }
    }

    init(_ context: FigureContext, _ folder: String, _ models: ServedModels, bundle: String) throws {
        Self.allowDescriptors()
        let server = try ServingProcess(
            [("bank", bundle)], ["--load-queue", "32", "--load-wait-seconds", "0.1"], in: folder, called: "overload")
        // Of the longest sessions, so that four times as many can be sent by the processors that answer them.
        let longest = models.longestSessions(128)
        let events = longest.reduce(0) { $0 + models.corpus.events(ofSession: $1).count }
        let mix = try RequestMix(models, sessions: longest, connections: Self.connections, hasRanker: false, seed: 12)
        let calm = try LoadDriver(port: server.port, connections: Self.calm)
        _ = try Self.look(calm, mix, seconds: 1)
        FigureContext.say("serve-soak: the capacity")
        let before = try (0..<(context.quick ? 12 : 40)).map { _ in try Self.look(calm, mix, seconds: Self.window) }
        try calm.finish()
        let capacity = before.map(\.rate).reduce(0, +) / Double(before.count)
        var latencies = Latencies()
        for look in before { latencies.add(look.seen.latencies) }

        let seconds = context.quick ? 6.0 : 30.0
        FigureContext.say("serve-soak: \(seconds) s at four times \(Int(capacity)) requests a second")
        let driver = try LoadDriver(port: server.port, connections: Self.connections)
        var during = Seen()
        driver.next = { mix.next($0, only: .evidence) }
        driver.done = { during.add($0) }
        driver.rate = 4 * capacity
        try driver.run(seconds: seconds)
        let stopped = FigureContext.now()
        let begun = during.answered + during.refused + during.others + during.lost + driver.pending
        let isWhole = try driver.finish()
        let drained = FigureContext.now() - stopped

        let sent = Double(begun) / seconds
        let p99 = during.latencies.quantiles([0.99])[0]
        let isBounded = p99 <= Self.bound
        value = [
            "capacity_per_second": .number(capacity), "capacity_latency_ms": latencies.figure,
            "asked_per_second": .number(4 * capacity), "sent_per_second": .number(sent),
            "sent_to_capacity": .number(sent / capacity), "sent_to_capacity_target": .number(Self.least),
            "sent_is_reached": .truth(sent >= Self.least * capacity),
            "events_of_a_session": .number(Double(events) / Double(longest.count)),
            "connections": .integer(Self.connections),
            "answered_per_second": .number(Double(during.answered) / seconds), "answered": .integer(during.answered),
            "refused_with_503": .integer(during.refused), "refused_without_retry_after": .integer(during.refusedWithoutTime),
            "other_statuses": .integer(during.others), "lost": .integer(during.lost), "unanswered": .integer(driver.pending),
            "first_error": .text(during.first ?? "none"), "latency_of_answers_ms": during.latencies.figure,
            "latency_of_refusals_ms": during.refusals.figure, "latency_of_first_answers_of_connections_ms": during.firsts.figure,
            "p99_bound_ms": .number(Self.bound * 1000),
            "p99_is_bounded": .truth(isBounded),
            "settings": .text("--load-queue 32 --load-wait-seconds 0.1"), "seconds": .number(seconds),
        ]
        try measureRecovery(server.port, mix, before, since: stopped, drained: drained)
        isReached =
            isReached && isBounded && isWhole && sent >= Self.least * capacity && during.others == 0 && during.lost == 0
            && during.refusedWithoutTime == 0
            && during.answered > 0
    }

    /// Lets this process, and those that it starts, have as many sockets as the system allows.
    private static func allowDescriptors() {
        var limits = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        limits.rlim_cur = max(limits.rlim_cur, min(limits.rlim_max, 4096))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }

    /// A short while of calm load.
    private struct Look {
        let seen: Seen
        let rate: Double
        let p99: Double
        let began: Double
    }

    private static func look(_ driver: LoadDriver, _ mix: RequestMix, seconds: Double) throws -> Look {
        var seen = Seen()
        driver.next = { mix.next($0, only: .evidence) }
        driver.done = { seen.add($0) }
        let began = FigureContext.now()
        try driver.run(seconds: seconds)
        let rate = Double(seen.answered) / (FigureContext.now() - began)
        return Look(seen: seen, rate: rate, p99: seen.latencies.quantiles([0.99])[0], began: began)
    }

    /// How soon rate and p99 are what they were: the first look from which four in a row are no worse than the worst before.
    private mutating func measureRecovery(
        _ port: Int, _ mix: RequestMix, _ before: [Look], since stopped: Double, drained: Double
    ) throws {
        let calm = try LoadDriver(port: port, connections: Self.calm)
        let (least, longest) = (before.map(\.rate).min() ?? 0, before.map(\.p99).max() ?? 0)
        var (found, run, looks) = (Double.nan, 0, [Look]())
        while looks.count < 40, run < 4 {
            let look = try Self.look(calm, mix, seconds: Self.window)
            looks.append(look)
            let isAsBefore = look.rate >= least && look.p99 <= longest && look.seen.lost + look.seen.others == 0
            if isAsBefore, run == 0 { found = look.began - stopped }
            run = isAsBefore ? run + 1 : 0
        }
        try calm.finish()
        isReached = run == 4 && found <= Self.soon
        recovery = [
            "seconds": .number(run == 4 ? found : .nan), "seconds_until_all_were_answered": .number(drained),
            "requests_per_second": .list(looks.map { .number($0.rate) }), "p99_ms": .list(looks.map { .number($0.p99 * 1000) }),
            "least_requests_per_second_before": .number(least), "greatest_p99_ms_before": .number(longest * 1000),
            "as_before": .text("four windows of \(Self.window) s in a row within the worst of \(before.count) before"),
            "seconds_target": .number(Self.soon), "is_reached": .truth(isReached),
        ]
    }
}
