import Dispatch
import DurableFiles
import Foundation
import Glibc
import InferenceServer
import InferenceService

/// A server on a port of the system's choosing, of a bundle without models: what it says of itself is enough for connections.
struct RunningServer: Sendable {
    let service: ScoringService
    let port: Int

    /// Runs a server while the body runs.
    static func running<Result: Sendable>(
        keys: APIKeyFile? = nil, tokens: Authenticator.Tokens? = nil, settings change: (inout ServiceSettings) -> Void = { _ in },
        _ body: @Sendable (RunningServer) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-server-\(UUID().uuidString)").path
        try BundleFolder.write(
            .init(description: .init(parts: [:], purpose: nil, software: "test")), parts: [:], to: folder, replacing: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var settings = ServiceSettings()
        settings.port = 0
        // Beside other tests a request may wait for seconds; none is to be shed for that.
        settings.load.waitSeconds = 60
        settings.timeouts.requestSeconds = 60
        change(&settings)
        let own = settings.sessions
        let limits = SessionLimits(sessions: own.count, bytes: own.bytes, idleSeconds: own.idleSeconds, ageSeconds: own.ageSeconds)
        let service = ScoringService(
            .init(
                settings: settings, bundles: try BundleSet(["empty": folder]) { _, _ throws(BundleError) in [] },
                authenticator: Authenticator(.init(keys: keys, tokens: tokens)), version: "test"),
            remembered: SessionStore(limits: limits, size: RememberedSession.size))
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = HTTPServer(service) { event in
            if case .listening(_, let own, _) = event { port.yield(own) }
        }
        let task = Task {
            defer { port.finish() }
            try await server.run()
        }
        defer { task.cancel() }
        for await own in ports { return try await body(RunningServer(service: service, port: own)) }
        try await task.value
        preconditionFailure("a server that neither listens nor says why not")
    }

    /// What comes back for some bytes until the other side ends the connection, or for so long.
    /// - Parameters:
    ///   - pause: seconds behind each piece, in which answers are read.
    ///   - readsLate: seconds before the first byte of an answer is read.
    func talk(
        _ pieces: [String], pause: Double = 0, readsLate: Double = 0, halfCloses: Bool = false, seconds: Double = 5
    ) async -> (text: String, isEnded: Bool, seconds: Double) {
        let port = port
        // A blocking socket on a thread of its own: those of tasks must not wait.
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Self.talk(port, pieces, pause: pause, readsLate: readsLate, halfCloses: halfCloses, seconds: seconds))
            }
        }
    }

    private static func talk(
        _ port: Int, _ pieces: [String], pause: Double, readsLate: Double, halfCloses: Bool, seconds: Double
    ) -> (text: String, isEnded: Bool, seconds: Double) {
        let begin = ContinuousClock.now
        func passed() -> Double {
            let passed = (ContinuousClock.now - begin).components
            return Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
        }
        let own = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(own) }
        var address = sockaddr_in()
        (address.sin_family, address.sin_port) = (sa_family_t(AF_INET), in_port_t(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(own, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        guard isConnected else { return ("", true, passed()) }
        var wait = timeval(tv_sec: 0, tv_usec: 20_000)
        setsockopt(own, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var received: [UInt8] = []
        var isEnded = false
        func read() {
            var bytes = [UInt8](repeating: 0, count: 65536)
            let count = recv(own, &bytes, bytes.count, 0)
            if count > 0 { received += bytes[..<count] } else if count == 0 || errno != EAGAIN { isEnded = true }
        }
        for piece in pieces where !isEnded {
            let bytes = Array(piece.utf8)
            _ = send(own, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            let end = passed() + pause
            while pause > 0, !isEnded, passed() < end {
                if passed() < readsLate { usleep(10_000) } else { read() }
            }
        }
        if halfCloses { shutdown(own, Int32(SHUT_WR)) }
        while !isEnded, passed() < seconds { read() }
        return (String(decoding: received, as: UTF8.self), isEnded, passed())
    }

    /// The statuses in what came back.
    static func statuses(_ text: String) -> [Int] {
        text.split(separator: "HTTP/1.1 ").dropFirst(text.hasPrefix("HTTP/1.1 ") ? 0 : 1).compactMap { Int($0.prefix(3)) }
    }
}
