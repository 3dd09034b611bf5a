import Foundation
import InferenceServer
import InferenceService
import Testing

/// Connections: how long they may take, when they end, and that whoever asked is answered.
@Suite(.serialized) struct ConnectionTests {
    private static let live = "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let last = "GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    private static let body = "POST /v1/sessions:score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

    private func statuses(_ text: String) -> [Int] { RunningServer.statuses(text) }

    @Test func requestsOfOneConnectionAreAnsweredInOrder() async throws {
        try await RunningServer.running { server in
            let many = (0..<20).map { "GET /v2/health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: r\($0).\r\n\r\n" }
            let told = await server.talk([many.joined() + Self.last])
            #expect(statuses(told.text) == Array(repeating: 200, count: 21) && told.isEnded)
            let places = (0..<20).compactMap { told.text.firstRange(of: "r\($0).")?.lowerBound }
            #expect(places.count == 20 && places == places.sorted())
        }
    }

    @Test func whoSendsNoMoreIsAnswered() async throws {
        try await RunningServer.running { server in
            let told = await server.talk([Self.live + Self.live], halfCloses: true)
            #expect(statuses(told.text) == [200, 200] && told.isEnded && told.seconds < 3)
            let short = await server.talk([Self.body + "Content-Length: 10\r\n\r\n{}"], halfCloses: true)
            #expect(statuses(short.text) == [400] && short.isEnded)
        }
    }

    @Test func theOldVersionEndsWithItsAnswer() async throws {
        try await RunningServer.running { server in
            let told = await server.talk(["GET /v2/health/live HTTP/1.0\r\n\r\n"])
            #expect(statuses(told.text) == [200] && told.isEnded && told.seconds < 3)
            #expect(told.text.lowercased().contains("connection: close"))
            let kept = await server.talk(["GET /v2/health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"], seconds: 0.5)
            #expect(statuses(kept.text) == [200] && !kept.isEnded)
        }
    }

    @Test func aBodyIsAskedForAndNotWhenItIsRefused() async throws {
        try await RunningServer.running { server in
            let head = Self.body + "Expect: 100-continue\r\nConnection: close\r\n"
            let told = await server.talk([head + "Content-Length: 2\r\n\r\n", "{}"], pause: 0.3)
            #expect(statuses(told.text) == [100, 422])
            let long = await server.talk([head + "Content-Length: 1000000000\r\n\r\n"])
            #expect(statuses(long.text) == [413] && long.isEnded)
            let none = await server.talk([head.replacing("sessions:score", with: "none") + "Content-Length: 2\r\n\r\n"])
            #expect(statuses(none.text) == [404] && none.isEnded)
        }
    }

    @Test func headersAndBodiesHaveTheirTime() async throws {
        try await RunningServer.running(settings: { settings in
            (settings.timeouts.headerSeconds, settings.timeouts.requestSeconds) = (0.5, 0.8)
        }) { server in
            let drops = Self.live.dropLast().map { "\($0)" }
            let slow = await server.talk(drops, pause: 0.1)
            #expect(slow.isEnded && slow.text.isEmpty && (0.3..<2).contains(slow.seconds))
            let silent = await server.talk([])
            #expect(silent.isEnded && silent.text.isEmpty && (0.3..<2).contains(silent.seconds))
            let body = await server.talk([Self.body + "Content-Length: 100\r\n\r\n"] + drops, pause: 0.1)
            #expect(body.isEnded && statuses(body.text) == [408] && (0.6..<2.5).contains(body.seconds))
            // The time is that of each request.
            let patient = await server.talk([Self.live, Self.live, Self.live, Self.last], pause: 0.4)
            #expect(statuses(patient.text) == [200, 200, 200, 200])
        }
    }

    @Test func whoAsksNothingIsLetGoAndWhoWaitsIsNot() async throws {
        try await RunningServer.running(
            tokens: { _, _ in
                try? await Task.sleep(for: .seconds(1.5))
                return nil
            }, settings: { $0.timeouts.idleSeconds = 0.5 }
        ) { server in
            let silent = await server.talk([Self.live])
            #expect(silent.isEnded && statuses(silent.text) == [200] && (0.4..<2).contains(silent.seconds))
            let mute = await server.talk([])
            #expect(mute.isEnded && mute.text.isEmpty && (0.4..<2).contains(mute.seconds))
            // The answer takes three times as long as a connection may be idle.
            let waiting = await server.talk([Self.slow.replacing("Connection: close\r\n", with: "")])
            #expect(waiting.isEnded && statuses(waiting.text) == [401] && (1.9..<4).contains(waiting.seconds), "\(waiting.seconds)")
            let busy = await server.talk([Self.live, Self.live, Self.live, Self.last], pause: 0.3)
            #expect(statuses(busy.text) == [200, 200, 200, 200])
        }
    }

    @Test func whatIsNoRequestIsTold() async throws {
        try await RunningServer.running { server in
            for text in [
                "hello\r\n\r\n", Self.body + "Content-Length: -1\r\n\r\n", Self.body + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
            ] {
                let told = await server.talk([text])
                #expect(told.isEnded && statuses(told.text) == [400], "\(text)")
                #expect(told.text.contains("\"bad_request\"") && told.text.lowercased().contains("x-request-id: "), "\(told.text)")
            }
            let long = await server.talk(["GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 100_000) + "\r\n\r\n"])
            #expect(long.isEnded && statuses(long.text) == [400] && long.text.contains("16384 bytes"), "\(long.text)")
            #expect(statuses(await server.talk([Self.last]).text) == [200])
        }
    }

    @Test func whatIsNoRequestIsToldBehindTheAnswersThatAreOwed() async throws {
        let slow = Self.slow.replacing("Connection: close\r\n", with: "")
        try await Self.slowly { server in
            let told = await server.talk([slow + "hello\r\n\r\n", "and more\r\n", "and more\r\n"], pause: 0.1)
            #expect(statuses(told.text) == [401, 400] && told.isEnded && told.seconds < 4)
            let closing = await server.talk([Self.slow + "hello\r\n\r\n", "and more\r\n"], pause: 0.1)
            #expect(statuses(closing.text) == [401] && closing.isEnded)
            let short = await server.talk([slow + Self.body + "Content-Length: 10\r\n\r\n{}"], halfCloses: true)
            #expect(statuses(short.text) == [401, 401] && short.isEnded && short.seconds < 4)
            let chunk = await server.talk([slow + Self.body + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nx\r\n"])
            #expect(statuses(chunk.text) == [401, 401] && chunk.isEnded && chunk.seconds < 4)
        }
    }

    @Test func whoReadsLateIsAnsweredWhole() async throws {
        try await RunningServer.running { server in
            // Many megabytes of answers, asked for before the first byte of one is read.
            let documents = String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", count: 400)
            let told = await server.talk([documents, Self.last], pause: 0.3, readsLate: 1)
            #expect(statuses(told.text) == Array(repeating: 200, count: 401) && told.isEnded)
        }
    }

    @Test func whoAsksForAnotherProtocolIsAnsweredAndLetGo() async throws {
        try await RunningServer.running { server in
            let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
            let told = await server.talk([Self.live.dropLast(2) + upgrade])
            #expect(statuses(told.text) == [200] && told.isEnded && told.seconds < 3)
            let posted = await server.talk([Self.body + "Content-Length: 2\r\n" + upgrade + "{}"])
            #expect(statuses(posted.text) == [422] && posted.isEnded && posted.seconds < 3)
            #expect(posted.text.lowercased().contains("connection: close"))
        }
    }

    @Test func whatIsRefusedUnreadIsToldToWhoSendsOn() async throws {
        try await RunningServer.running { server in
            let piece = String(repeating: " ", count: 1 << 20)
            let told = await server.talk([Self.body + "Content-Length: 1000000000\r\n\r\n"] + Array(repeating: piece, count: 4))
            #expect(statuses(told.text) == [413] && told.isEnded && told.seconds < 3)
        }
    }

    @Test func answersTellTheTime() async throws {
        try await RunningServer.running { server in
            let format = DateFormatter()
            (format.locale, format.timeZone) = (Locale(identifier: "en_US_POSIX"), TimeZone(identifier: "GMT"))
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            let told = await server.talk([Self.last])
            let line = try #require(told.text.split(separator: "\r\n").first { $0.hasPrefix("Date: ") })
            let date = try #require(format.date(from: String(line.dropFirst(6))))
            #expect(abs(date.timeIntervalSinceNow) < 10)
        }
    }

    @Test func aTargetMayNameItsHostAndABodyMayNotBeCompressed() async throws {
        try await RunningServer.running { server in
            let whole = await server.talk([Self.last.replacing("GET /", with: "GET http://x:80/")])
            #expect(statuses(whole.text) == [200])
            let packed = await server.talk([Self.body + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}" + Self.last])
            #expect(statuses(packed.text) == [415, 200] && packed.text.contains("without Content-Encoding"))
        }
    }

    /// Whose tokens are looked at for as long as a test wishes: requests that are not answered.
    private static func slowly(_ body: @Sendable (RunningServer) async throws -> Void) async throws {
        try await RunningServer.running(
            tokens: { _, _ in
                try? await Task.sleep(for: .seconds(1.5))
                return nil
            }, settings: { $0.load.queue = 1 }, body)
    }

    private static let slow = "GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a.b.c\r\nConnection: close\r\n\r\n"

    @Test func whoFindsNoRoomIsToldAtOnce() async throws {
        try await Self.slowly { server in
            async let first = server.talk([Self.slow])
            try await Task.sleep(for: .milliseconds(300))
            #expect(server.service.gate.unanswered == 1)
            let told = await server.talk(
                [Self.body + "X-Request-Id: r1\r\nContent-Length: 2\r\n\r\n{", "}" + Self.live + Self.last], pause: 0.1)
            #expect(statuses(told.text) == [503, 200, 200] && told.isEnded && told.seconds < 1)
            let fields = told.text.lowercased()
            #expect(fields.contains("retry-after: 1") && fields.contains("x-request-id: r1") && told.text.contains("\"overloaded\""))
            let asked = await server.talk([Self.body + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"])
            #expect(statuses(asked.text) == [503] && asked.isEnded && asked.seconds < 1)
            let open = await server.talk([
                Self.body.replacing("v1/sessions:score", with: "v2/models/m/infer") + "Content-Length: 0\r\n\r\n" + Self.last
            ])
            #expect(statuses(open.text) == [503, 200] && open.text.contains("{\"error\":\"too much"))
            #expect(statuses(await first.text) == [401])
            #expect(server.service.gate.unanswered == 0)
            #expect(statuses(await server.talk([Self.body + "Connection: close\r\nContent-Length: 2\r\n\r\n{}"]).text) == [401])
        }
    }

    @Test func whoSendsManyAtATimeTakesTheRoomOfOne() async throws {
        try await Self.slowly { server in
            async let many = server.talk([String(repeating: Self.slow.replacing("Connection: close\r\n", with: ""), count: 40)], seconds: 1)
            try await Task.sleep(for: .milliseconds(500))
            #expect(server.service.gate.unanswered == 1)
            _ = await many
        }
    }

    @Test func whoSendsSlowlyTakesNoRoomAndWhoLeavesGivesItBack() async throws {
        try await Self.slowly { server in
            async let half = server.talk([Self.body + "Content-Length: 100\r\n\r\n{"], seconds: 0.6)
            try await Task.sleep(for: .milliseconds(200))
            #expect(server.service.gate.unanswered == 0)
            _ = await server.talk([Self.slow], seconds: 0.2)
            // Whether somebody left or only sends no more is known when they are answered.
            for _ in 0..<100 where server.service.gate.unanswered > 0 { try await Task.sleep(for: .milliseconds(50)) }
            #expect(server.service.gate.unanswered == 0)
            #expect(statuses(await server.talk([Self.body + "Connection: close\r\nContent-Length: 2\r\n\r\n{}"]).text) == [401])
            _ = await half
        }
    }

    @Test func whyItCannotListenIsTold() async throws {
        try await RunningServer.running { server in
            for (address, port, words) in [
                ("127.0.0.1", server.port, "another program"), ("192.0.2.1", 0, "no such address"),
            ] {
                do {
                    try await RunningServer.running(settings: { ($0.address, $0.port) = (address, port) }) { _ -> Void in
                        Issue.record("it serves")
                    }
                } catch { #expect((error as? ListenFault)?.reason.contains(words) == true, "\(error)") }
            }
        }
    }

    @Test func whoDrainsEndsConnectionsWithTheirAnswers() async throws {
        try await RunningServer.running { server in
            let before = await server.talk([Self.live], seconds: 0.4)
            #expect(statuses(before.text) == [200] && !before.isEnded)
            server.service.drain()
            let told = await server.talk([Self.live])
            #expect(statuses(told.text) == [200] && told.isEnded && told.text.lowercased().contains("connection: close"))
            let ready = await server.talk([Self.live.replacing("live", with: "ready")])
            #expect(statuses(ready.text) == [503] && ready.isEnded)
        }
    }

    @Test func onlyAsManyConnectionsAsMayBe() async throws {
        try await RunningServer.running(settings: { settings in
            (settings.limits.connections, settings.timeouts.headerSeconds) = (2, 0.7)
        }) { server in
            async let one = server.talk([], seconds: 3)
            async let two = server.talk([], seconds: 3)
            try await Task.sleep(for: .milliseconds(200))
            // Waits until the silent ones are gone, and is answered then.
            let third = await server.talk([Self.last])
            #expect(statuses(third.text) == [200])
            let (first, second) = (await one, await two)
            #expect(first.isEnded && second.isEnded)
        }
    }
}
