internal import DurableFiles
internal import Glibc

/// `wrk` (https://github.com/wg/wrk), which posts one body over and over: each connection sends as soon as it has its answer.
struct LoadGenerator {
    /// What it measured of one run.
    struct Measurement: Decodable {
        let requests: Int
        let seconds: Double
        let p50_ms: Double
        let p99_ms: Double
        let p99_9_ms: Double
        let greatest_ms: Double
        /// Connections that failed, and answers that were none or told of an error.
        let failures: Int

        var rate: Double { Double(requests) / seconds }
    }

    /// Its version.
    let version: String
    private let folder: String

    /// Finds it.
    init(folder: String) throws {
        self.folder = folder
        let found = try? ChildRun(["wrk", "-v"], isQuiet: true)
        guard let line = found?.output.split(separator: "\n").first(where: { $0.hasPrefix("wrk ") }) else {
            throw FigureError(
                code: EX_UNAVAILABLE,
                description: "wrk, which makes the load, is not installed; on Debian and Ubuntu: apt-get install wrk")
        }
        version = line.split(separator: " ").dropFirst().first.map(String.init) ?? "unknown"
    }

    /// Posts a body for so long; a second before that is not measured.
    /// - Parameter begins: called between the two.
    func measure(port: Int, connections: Int, seconds: Int, body: [UInt8], begins: () -> Void) throws -> Measurement {
        let (script, sent) = ("\(folder)/load.lua", "\(folder)/load.json")
        try AtomicFile.write(body, to: sent)
        try AtomicFile.write(Array(Self.script(body: sent).utf8), to: script)
        func run(_ seconds: Int) throws -> ChildRun {
            try ChildRun(
                [
                    "wrk", "--threads", "1", "--connections", "\(connections)", "--duration", "\(seconds)s", "--timeout", "10s", "--script",
                    script, "http://127.0.0.1:\(port)\(ServedModels.scoreRoute)",
                ], isQuiet: true
            ).checked()
        }
        _ = try run(1)
        begins()
        return try run(seconds).json(Measurement.self)
    }

    /// Posts the file's content, and prints what was measured as one line of JSON.
    private static func script(body: String) -> String {
        """
        wrk.method = "POST"
        wrk.headers["Content-Type"] = "application/json"
        local file = assert(io.open("\(body)", "rb"))
        wrk.body = file:read("*a")
        file:close()

        function done(summary, latency, requests)
            local e = summary.errors
            io.write(string.format(
                '{"requests":%d,"seconds":%.6f,"p50_ms":%.4f,"p99_ms":%.4f,"p99_9_ms":%.4f,"greatest_ms":%.4f,"failures":%d}\\n',
                summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
                latency:percentile(99.9) / 1e3, latency.max / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
        end

        """
    }
}
