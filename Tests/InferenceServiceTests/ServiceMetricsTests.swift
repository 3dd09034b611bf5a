import InferenceService
import Testing

@Suite struct ServiceMetricsTests {
    @Test func whatIsCountedIsPrinted() throws {
        let metrics = ServiceMetrics(routes: ["/v1/sessions:score", "/v1/sessions/{id}"])
        let score = metrics.route("/v1/sessions:score")
        metrics.answered(route: score, status: 200, nanoseconds: 1_500_000, received: 900, sent: 70)
        metrics.answered(route: score, status: 204, nanoseconds: 2_000_000)
        metrics.answered(route: score, status: 503, nanoseconds: 2_000_001)
        metrics.answered(route: score, status: 200, nanoseconds: 11_000_000_000)
        metrics.answered(route: metrics.route("/nowhere"), status: 404, nanoseconds: 1)
        metrics.answered(route: score, status: 1000, nanoseconds: -5)
        metrics.answered(route: metrics.route("/v1/sessions/{id}"), status: 200, nanoseconds: nil, received: 5, sent: 6)
        for refusal in ServiceMetrics.Refusal.allCases { metrics.refused(refusal) }
        metrics.refused(.rate)
        metrics.batch(sessions: 3)
        metrics.intentSession(isUnknown: true)
        metrics.intentSession(isUnknown: false)
        metrics.intentSession(isUnknown: false)
        metrics.inputValues(known: 40, unknown: 2)
        metrics.reloaded(successfully: false)
        metrics.serves("abc", as: "retail")
        metrics.serves("def", as: "retail")
        metrics.watch(.gauge, "tessera_queue_length", help: "Requests waiting.") { 2.5 }
        let told = metrics.intents.counts(for: ["b", "a"])
        told.count(label: 0)
        told.count(label: 0)
        let read = try PrometheusChecker(metrics.text())
        let route = ["route": "/v1/sessions:score"]
        #expect(read.value("tessera_requests_total", route.merging(["status": "2xx"]) { $1 }) == 3)
        #expect(read.value("tessera_requests_total", route.merging(["status": "5xx"]) { $1 }) == 2)
        #expect(read.value("tessera_requests_total", ["route": "other", "status": "4xx"]) == 1)
        let buckets = ["0.00025": 1.0, "0.001": 1, "0.002": 3, "0.003": 4, "10": 4, "+Inf": 5]
        for (bound, count) in buckets {
            #expect(read.value("tessera_request_duration_seconds_bucket", route.merging(["le": bound]) { $1 }) == count, "le \(bound)")
        }
        #expect(read.value("tessera_request_duration_seconds_count", route) == 5)
        #expect(read.value("tessera_request_duration_seconds_sum", route) == 11.005500001)
        let stream = ["route": "/v1/sessions/{id}"]
        #expect(read.value("tessera_request_duration_seconds_count", stream) == 0)
        #expect(read.value("tessera_requests_total", stream.merging(["status": "2xx"]) { $1 }) == 1)
        #expect(read.value("tessera_request_bytes_total", route) == 900)
        #expect(read.value("tessera_response_bytes_total", route) == 70)
        for refusal in ServiceMetrics.Refusal.allCases {
            #expect(read.value("tessera_refusals_total", ["reason": refusal.rawValue]) == (refusal == .rate ? 2 : 1))
        }
        #expect(read.value("tessera_batch_sessions_bucket", ["le": "2"]) == 0)
        #expect(read.value("tessera_batch_sessions_bucket", ["le": "4"]) == 1)
        #expect(read.value("tessera_intent_sessions_total", ["outcome": "unknown"]) == 1)
        #expect(read.value("tessera_intent_sessions_total", ["outcome": "told"]) == 2)
        #expect(read.value("tessera_intent_labels_total", ["intent": "b"]) == 2)
        #expect(read.value("tessera_intent_labels_total", ["intent": "a"]) == 0)
        #expect(read.value("tessera_input_values_total", ["vocabulary": "unknown"]) == 2)
        #expect(read.value("tessera_reloads_total", ["outcome": "failed"]) == 1)
        #expect(read.samples.filter { $0.name == "tessera_bundle_info" }.map(\.labels) == [["bundle": "retail", "digest": "def"]])
        #expect(read.value("tessera_queue_length") == 2.5 && read.types["tessera_queue_length"] == "gauge")
        #expect(metrics.text() == metrics.text())
    }

    @Test func theTextIsThatOfTheFormat() {
        var text = PrometheusText()
        CountFamily(MetricName("a_total", "Help with \\ and\nlines, \"quotes\" stay.", [.init(name: "x", values: ["q\"\\\n", "é"])]))
            .write(into: &text)
        let sizes = HistogramFamily(
            MetricName("s_seconds", "S.", [.init(name: "r", values: ["/"])]), .nanoseconds, bounds: [1000, 2_500_000_000])
        sizes.observe(1000)
        sizes.observe(1001)
        sizes.observe(3_000_000_000)
        sizes.write(into: &text)
        #expect(
            String(decoding: text.bytes, as: UTF8.self) == #"""
                # HELP a_total Help with \\ and\nlines, "quotes" stay.
                # TYPE a_total counter
                a_total{x="q\"\\\n"} 0
                a_total{x="é"} 0
                # HELP s_seconds S.
                # TYPE s_seconds histogram
                s_seconds_bucket{r="/",le="0.000001"} 1
                s_seconds_bucket{r="/",le="2.5"} 2
                s_seconds_bucket{r="/",le="+Inf"} 3
                s_seconds_sum{r="/"} 3.000002001
                s_seconds_count{r="/"} 3

                """#)
    }

    @Test func numbersAreThoseOfGo() {
        let numbers: [(Double, String)] = [(0, "0"), (2, "2"), (-0.5, "-0.5"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN")]
        for (number, text) in numbers { #expect(PrometheusText.number(number) == text) }
        #expect(Double(PrometheusText.number(1e300)) == 1e300 && Double(PrometheusText.number(0.1)) == 0.1)
        #expect(PrometheusText.seconds(0) == "0" && PrometheusText.seconds(1) == "0.000000001")
        #expect(PrometheusText.seconds(60_000_000_000) == "60" && PrometheusText.seconds(-500_000_000) == "-0.5")
    }

    @Test func seriesAreInTheOrderOfTheirLabels() {
        let name = MetricName("m", "M.", [.init(name: "a", values: ["1", "2"]), .init(name: "b", values: ["x", "y", "z"])])
        #expect(name.series == 6)
        #expect((0..<6).map { name.values(of: $0).map(\.value).joined() } == ["1x", "1y", "1z", "2x", "2y", "2z"])
    }

    @Test func aLabelGoesOnWhereItWasAndTooManyAreOther() throws {
        let metrics = ServiceMetrics(routes: [])
        metrics.intents.counts(for: ["card", "loan"]).count(label: 1)
        metrics.intents.counts(for: ["loan", "house\n"]).count(label: 0)
        let many = metrics.intents.counts(for: (0..<2000).map { "label\($0)" })
        for label in 0..<2000 { many.count(label: label) }
        let read = try PrometheusChecker(metrics.text())
        #expect(read.value("tessera_intent_labels_total", ["intent": "loan"]) == 2)
        #expect(read.value("tessera_intent_labels_total", ["intent": "house\n"]) == 0)
        let labels = read.samples.filter { $0.name == "tessera_intent_labels_total" }
        #expect(labels.count == LabelDistribution.most + 1)
        #expect(labels.reduce(0) { $0 + $1.value } == 2002)
        #expect(read.value("tessera_intent_labels_total", ["intent": "other"]) == 1003)
    }

    @Test func nothingIsLostBetweenThreads() async throws {
        let metrics = ServiceMetrics(routes: ["/a"])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for turn in 0..<5000 { metrics.answered(route: 0, status: 200, nanoseconds: Int64(turn) * 1000) }
                }
            }
            group.addTask { for _ in 0..<20 { _ = try? PrometheusChecker(metrics.text()) } }
        }
        let read = try PrometheusChecker(metrics.text())
        #expect(read.value("tessera_requests_total", ["route": "/a", "status": "2xx"]) == 20_000)
        #expect(read.value("tessera_request_duration_seconds_count", ["route": "/a"]) == 20_000)
    }

    /// The checker must itself be able to fail.
    @Test(arguments: [
        "a_total 1\n", "# HELP a_total A.\n# TYPE a_total counter\na_total -1\n", "# HELP a_total A.\n# TYPE a_total counter\na_total 1",
        "# HELP a_total A.\n# TYPE a_total counter\na_total 1\na_total 2\n", "# HELP a A.\n# TYPE a gauge\na{b=\"\\x\"} 1\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n", "# HELP a A.\n# TYPE a gauge\na one\n",
    ])
    func theCheckerRefuses(_ text: String) { #expect(throws: PrometheusChecker.Fault.self) { try PrometheusChecker(Array(text.utf8)) } }
}
