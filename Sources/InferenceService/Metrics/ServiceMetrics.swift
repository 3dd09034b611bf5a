internal import Synchronization

/// What operators watch: requests, latencies, load, batches, intents, and which models answer.
///
/// Counting is a few atomic additions and asks for no memory. All time series but those of intents and bundles exist from the start.
public final class ServiceMetrics: Sendable {
    /// What ``text()`` is, for the `Content-Type` field.
    public static let contentType = PrometheusText.contentType

    /// Why a request was turned away.
    public enum Refusal: String, Sendable, CaseIterable {
        /// Too many are unanswered (``LoadGate``), or it waited or took too long.
        case overload
        /// The principal asks too often (``RateLimiter``).
        case rate
        /// No key, or nobody's.
        case unauthenticated
        /// The key is for something else.
        case forbidden
        /// The request is larger than a limit.
        case limit
        /// Ledger or remembered sessions cannot be written.
        case storage
    }

    /// What kind of value is watched.
    public enum Watched: Sendable {
        /// Goes up and down.
        case gauge
        /// Only grows.
        case counter
    }

    /// Upper bounds of the latency buckets, nanoseconds.
    static let latencyBounds = [
        250_000, 500_000, 1_000_000, 2_000_000, 3_000_000, 5_000_000, 7_500_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]
    private static let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    private struct Extra: Sendable {
        var kind: Watched
        var name: String
        var help: String
        var read: @Sendable () -> Double
    }

    /// Intents told, by label.
    public let intents = LabelDistribution()
    private let routes: [String]
    private let requests: CountFamily
    private let latencies: HistogramFamily
    private let received: CountFamily
    private let sent: CountFamily
    private let refusals: CountFamily
    private let batches: HistogramFamily
    private let sessions: CountFamily
    private let values: CountFamily
    private let reloads: CountFamily
    private let bundles = Mutex<[String: String]>([:])
    private let extras = Mutex<[Extra]>([])

    /// All counts at zero.
    /// - Parameter routes: the templates of the routes, such as `/v1/sessions:score`; everything else is counted as `other`.
    public init(routes: [String]) {
        precondition(!routes.contains("other"), "ServiceMetrics: a route cannot be called other")
        self.routes = routes + ["other"]
        let route = MetricName.Label(name: "route", values: self.routes)
        requests = CountFamily(
            MetricName("tessera_requests_total", "Requests answered.", [route, .init(name: "status", values: Self.classes)]))
        latencies = HistogramFamily(
            MetricName("tessera_request_duration_seconds", "Time from a request's head to its answer; without streams.", [route]),
            .nanoseconds, bounds: Self.latencyBounds)
        received = CountFamily(MetricName("tessera_request_bytes_total", "Bytes of requests' bodies.", [route]))
        sent = CountFamily(MetricName("tessera_response_bytes_total", "Bytes of answers' bodies.", [route]))
        refusals = CountFamily(
            MetricName(
                "tessera_refusals_total", "Requests turned away, by the reason.",
                [.init(name: "reason", values: Refusal.allCases.map(\.rawValue))]))
        batches = HistogramFamily(
            MetricName("tessera_batch_sessions", "Sessions of a request with several, or lines of a stream that were read at once."),
            .plain, bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024])
        sessions = CountFamily(
            MetricName(
                "tessera_intent_sessions_total", "Sessions whose intents were asked for; unknown where none was told.",
                [.init(name: "outcome", values: ["told", "unknown"])]))
        values = CountFamily(
            MetricName(
                "tessera_input_values_total", "Values of events' fields; unknown where the vocabulary does not have them.",
                [.init(name: "vocabulary", values: ["known", "unknown"])]))
        reloads = CountFamily(
            MetricName("tessera_reloads_total", "Reloads of models.", [.init(name: "outcome", values: ["done", "failed"])]))
    }

    /// The number of a route's template, to be looked up once when the router is built.
    public func route(_ template: String) -> Int { routes.firstIndex(of: template) ?? routes.count - 1 }

    /// Counts an answered request.
    /// - Parameters:
    ///   - route: from ``route(_:)``.
    ///   - status: the answer's status code; anything outside 100…599 counts as 5xx.
    ///   - nanoseconds: from the request's head to its answer; nil for a stream, which lasts as long as its caller wishes.
    public func answered(route: Int, status: Int, nanoseconds: Int64?, received: Int = 0, sent: Int = 0) {
        let statusClass = (100...599).contains(status) ? status / 100 - 1 : 4
        requests.add(at: route * Self.classes.count + statusClass)
        if let nanoseconds { latencies.observe(Int(max(0, nanoseconds)), at: route) }
        self.received.add(received, at: route)
        self.sent.add(sent, at: route)
    }

    /// Counts a request that was turned away.
    public func refused(_ refusal: Refusal) {
        let series: Int =
            switch refusal {
            case .overload: 0
            case .rate: 1
            case .unauthenticated: 2
            case .forbidden: 3
            case .limit: 4
            case .storage: 5
            }
        refusals.add(at: series)
    }

    /// Counts the sessions of a request with several, or lines of a stream that were read at once.
    public func batch(sessions: Int) { batches.observe(sessions) }

    /// Counts a session whose intents were asked for.
    public func intentSession(isUnknown: Bool) { sessions.add(at: isUnknown ? 1 : 0) }

    /// Counts values of events' fields, by whether the vocabulary has them.
    public func inputValues(known: Int, unknown: Int) {
        values.add(known, at: 0)
        values.add(unknown, at: 1)
    }

    /// Counts a reload.
    public func reloaded(successfully: Bool) { reloads.add(at: successfully ? 0 : 1) }

    /// Says which model answers under a name.
    /// - Parameter digest: the model's id.
    public func serves(_ digest: String, as bundle: String) { bundles.withLock { $0[bundle] = digest } }

    /// Prints a value with the others that somebody else keeps, such as the length of a queue; call it at the start.
    /// - Parameter read: called at each scrape, from any thread; must not wait.
    public func watch(_ kind: Watched, _ name: String, help: String, read: @escaping @Sendable () -> Double) {
        precondition(PrometheusText.isName(name), "ServiceMetrics.watch: \(name) is not a metric's name")
        extras.withLock { extras in
            precondition(!extras.contains { $0.name == name }, "ServiceMetrics.watch: \(name) twice")
            extras.append(Extra(kind: kind, name: name, help: help, read: read))
        }
    }

    /// All metrics in the Prometheus text format 0.0.4, in the same order every time.
    public func text() -> [UInt8] {
        var text = PrometheusText()
        requests.write(into: &text)
        latencies.write(into: &text)
        received.write(into: &text)
        sent.write(into: &text)
        refusals.write(into: &text)
        batches.write(into: &text)
        sessions.write(into: &text)
        intents.write("tessera_intent_labels_total", "Intents told, by label.", label: "intent", into: &text)
        values.write(into: &text)
        reloads.write(into: &text)
        let bundles = bundles.withLock { $0 }
        text.head("tessera_bundle_info", .gauge, "The model that answers under a name; the value is always 1.")
        for name in bundles.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            text.sample("tessera_bundle_info", [("bundle", name), ("digest", bundles[name]!)], "1")
        }
        for extra in extras.withLock({ $0 }) {
            text.head(extra.name, extra.kind == .gauge ? .gauge : .counter, extra.help)
            text.sample(extra.name, [], PrometheusText.number(extra.read()))
        }
        return text.bytes
    }
}
