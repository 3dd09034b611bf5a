internal import DurableFiles
internal import FoundationEssentials
internal import Glibc

extension Figure {
    /// {reloads: {done, by_signal, by_route, damaged, requests, failed, …}, stops: {times, accepted, unanswered, exit_0, …}}.
    static let serveReload = Figure(
        pattern: "serve-reload",
        summary:
            "a hundred reloads of a repacked bundle under load, and some of a damaged one; then twenty times SIGTERM under load: requests "
            + "that failed, answers of neither bundle, and accepted requests without an answer", by: ServeReloadRun.self)
}

/// One run of the figure `serve-reload`.
private struct ServeReloadRun: FigureRun {
    private let context: FigureContext
    private let folder: String
    private let models: ServedModels
    private let bundle: String
    private let servings: [String]

    private static let connections = 8

    init(_ context: FigureContext, _ folder: String) throws {
        (self.context, self.folder) = (context, folder)
        models = try .bank(context, in: folder)
        FigureContext.say("serve-reload: other intents of the same sessions")
        servings = [models.packed, try models.otherIntents()]
        bundle = "\(folder)/live.bundle"
    }

    func figure() throws -> FigureValue {
        let before = MachineLoad.average
        let (reloads, areReloaded) = try reloads()
        let (stops, areStopped) = try stops()
        let figure: FigureValue = [
            "reloads": reloads, "stops": stops, "is_reached": .truth(areReloaded && areStopped), "data": .text(models.source),
            "processors": .integer(MachineLoad.count),
            "load_average": ["before": .number(before), "after": .number(MachineLoad.average)], "quick": .truth(context.quick),
        ]
        guard areReloaded, areStopped else {
            throw FigureError(code: EX_SOFTWARE, description: "requests failed, or were answered wrongly", figure: figure)
        }
        return figure
    }

    private struct Key: Decodable {
        let key: String
        let line: String
    }

    /// A key that may do all, and the file that knows it.
    private func key() throws -> (key: String, file: String) {
        let made = try context.tessera(["api-key", "figures", "--scopes", "embed,intents,admin", "--json"]).checked().json(Key.self)
        let file = "\(folder)/keys.txt"
        try AtomicFile.write(Array((made.line + "\n").utf8), to: file)
        chmod(file, 0o600)
        return (made.key, file)
    }

    // MARK: Reloads

    /// What was seen of the answers.
    private struct Seen {
        var (answered, failed, lost, ofNeither, otherBytes, stale) = (0, 0, 0, 0, 0, 0)
        var first: String?
        var latencies = Latencies()
        /// Digests that the service gave.
        var digests: [String: Int] = [:]
        /// Since when which digest is the only one; none while that is not sure.
        var current: (digest: String, since: Double)?

        var errors: Int { failed + lost + ofNeither + otherBytes + stale }
    }

    private func reloads() throws -> (FigureValue, Bool) {
        let (key, keyFile) = try key()
        let fields = [("Authorization", "Bearer \(key)")]
        let sessions = models.sessions(64)
        let requests = sessions.map {
            HTTPClient.request(
                "POST", ServedModels.scoreRoute, models.body($0, "\"want\":[\"intents\",\"embedding\"],\"evidence\":2"), fields: fields)
        }
        try models.pack(to: bundle, serving: servings[0])
        let server = try ServingProcess([("bank", bundle)], ["--access-key-file", keyFile], in: folder)
        let admin = try HTTPClient(port: server.port, seconds: 60)
        let reload = HTTPClient.request("POST", "/v1/admin:reload", fields: fields)
        // What each of the two answers, by its digest.
        var right: [String: [[UInt8]]] = [:]
        var digests: [String] = []
        for serving in servings.reversed() {
            try models.pack(to: bundle, serving: serving)
            guard try admin.ask(reload).status == 200 else { throw HTTPFault(description: "the first reload failed: \(server.lastWords)") }
            let answers = try requests.map { try admin.ask($0) }
            guard answers.allSatisfy({ $0.status == 200 }), let digest = Self.digest(answers[0].body) else {
                throw HTTPFault(description: "no answer before the load: \(answers[0].status) \(answers[0].text.prefix(300))")
            }
            right[digest] = answers.map(\.body)
            digests.insert(digest, at: 0)
        }
        let differing = zip(right[digests[0]]!, right[digests[1]]!).count { one, other in
            JSONSlice.member("label", of: one) != JSONSlice.member("label", of: other)
        }
        guard digests[0] != digests[1], differing > 0 else { throw HTTPFault(description: "the two bundles are alike") }

        var seen = Seen()
        seen.current = (digests[0], FigureContext.now())
        let driver = try LoadDriver(port: server.port, connections: Self.connections)
        var turn = 0
        driver.next = { _ in
            turn += 1
            return LoadDriver.Asked(bytes: requests[turn % requests.count], tag: turn % requests.count)
        }
        driver.done = { Self.judge($0, right, &seen) }
        let times = context.quick ? 10 : 100
        var (bySignal, byRoute, damaged, wrong) = (0, 0, 0, [String]())
        var durations = Rounds()
        for number in 1...times {
            if number % 10 == 0 { FigureContext.say("serve-reload: \(number) of \(times) reloads, \(seen.errors) errors") }
            try repack(number % 2, driver)
            seen.current = nil
            let began = FigureContext.now()
            if number % 4 < 2 {
                let told = server.lines("serve: reloaded")
                server.send(SIGHUP)
                try driver.run(seconds: 60) { server.lines("serve: reloaded") > told }
                if server.lines("serve: reloaded") > told { bySignal += 1 } else { wrong.append("reload \(number): \(server.lastWords)") }
            } else {
                let answer = try ask(reload, admin, driver)
                if answer.status == 200 {
                    byRoute += 1
                } else {
                    wrong.append("reload \(number): \(answer.status) \(answer.text.prefix(200))")
                }
            }
            durations.add(FigureContext.now() - began)
            seen.current = (digests[number % 2], FigureContext.now())
            if number % (times / 5) == 0 {
                let answer = try reloadDamaged(reload, admin, driver, number)
                if answer.status == 409 {
                    damaged += 1
                } else {
                    wrong.append("damaged bundle: \(answer.status) \(answer.text.prefix(200))")
                }
            }
            try driver.run(seconds: 0.05)
        }
        let isWhole = try driver.finish()
        let isReached = wrong.isEmpty && seen.errors == 0 && isWhole && driver.closedIdle == 0 && seen.digests.count == 2
        return (
            [
                "reloads": .integer(bySignal + byRoute), "by_signal": .integer(bySignal), "by_route": .integer(byRoute),
                "damaged_refused_with_409": .integer(damaged), "reload_seconds": .number(durations.median),
                "reload_seconds_range": durations.range, "requests": .integer(seen.answered + seen.lost),
                "answered": .integer(seen.answered),
                "failed": .integer(seen.failed), "lost": .integer(seen.lost), "of_neither_bundle": .integer(seen.ofNeither),
                "with_other_bytes": .integer(seen.otherBytes), "of_the_old_bundle_after_the_reload": .integer(seen.stale),
                "closed_connections": .integer(driver.closedIdle), "answers_by_digest": .object(seen.digests.mapValues { .integer($0) }),
                "sessions_that_the_bundles_label_differently": .integer(differing), "sessions": .integer(sessions.count),
                "latency_ms": seen.latencies.figure, "wrong": .list(wrong.prefix(5).map { .text($0) }),
                "first_error": .text(seen.first ?? "none"), "connections": .integer(Self.connections), "is_reached": .truth(isReached),
            ], isReached
        )
    }

    private static func digest(_ answer: [UInt8]) -> String? {
        let digest = JSONSlice.member("bundle", of: answer).flatMap { JSONSlice.member("digest", of: $0) }
        return digest.map { String(decoding: $0.dropFirst().dropLast(), as: UTF8.self) }
    }

    private static func judge(_ outcome: LoadDriver.Outcome, _ right: [String: [[UInt8]]], _ seen: inout Seen) {
        func note(_ text: String) { if seen.first == nil { seen.first = text } }
        guard let answer = outcome.answer else {
            seen.lost += 1
            return note(outcome.fault ?? "")
        }
        seen.answered += 1
        seen.latencies.add(outcome.seconds)
        guard answer.status == 200 else {
            seen.failed += 1
            return note("status \(answer.status), \(answer.text.prefix(200))")
        }
        guard let digest = digest(answer.body), let bodies = right[digest] else {
            seen.ofNeither += 1
            return note(String(answer.text.suffix(200)))
        }
        seen.digests[digest, default: 0] += 1
        if answer.body != bodies[outcome.asked.tag] {
            seen.otherBytes += 1
            return note("other bytes: \(answer.text.prefix(200))")
        }
        if let current = seen.current, outcome.began > current.since, digest != current.digest {
            seen.stale += 1
            note("the old bundle answered after the reload")
        }
    }

    /// Asks while the load goes on.
    private func ask(_ request: [UInt8], _ client: HTTPClient, _ driver: LoadDriver) throws -> HTTPAnswer {
        try client.send(request)
        try driver.run(seconds: 60) { client.hasBytes }
        return try client.receive()
    }

    /// Packs one of the two bundles anew while the load goes on.
    private func repack(_ which: Int, _ driver: LoadDriver) throws {
        let process = try CommandProcess(
            CommandProcess.beside("tessera"), models.packing(to: bundle, serving: servings[which]), talk: "\(folder)/pack.log",
            temporary: folder)
        var end: CommandProcess.End?
        try driver.run(seconds: 60) {
            if end == nil { end = process.endIfOver() }
            return end != nil
        }
        guard (end ?? process.wait()) == .exit(0) else {
            let told = String(decoding: try FileSystem.live.contents(of: "\(folder)/pack.log"), as: UTF8.self)
            throw FigureError(code: EX_SOFTWARE, description: "tessera pack: \(told)")
        }
    }

    /// Reloads when a bundle with one byte changed stands in the place of the good one, and puts that back.
    private func reloadDamaged(_ reload: [UInt8], _ admin: HTTPClient, _ driver: LoadDriver, _ number: Int) throws -> HTTPAnswer {
        let (good, file) = ("\(folder)/good.bundle", "\(bundle)/intents/classifier.safetensors")
        guard rename(bundle, good) == 0 else { throw HTTPFault(description: "\(bundle): \(String(cString: strerror(errno)))") }
        defer {
            try? FileSystem.live.removeTree(bundle)
            _ = rename(good, bundle)
        }
        try FileManager.default.copyItem(atPath: good, toPath: bundle)
        var bytes = try FileSystem.live.contents(of: file)
        bytes[(number * 7919) % bytes.count] ^= 1
        unlink(file)
        try AtomicFile.write(bytes, to: file)
        return try ask(reload, admin, driver)
    }

    // MARK: Stops

    private func stops() throws -> (FigureValue, Bool) {
        try models.pack(to: bundle, serving: servings[0])
        let times = context.quick ? 5 : 20
        var counts = StopCounts()
        for number in 0..<times {
            FigureContext.say("serve-reload: SIGTERM \(number + 1) of \(times)")
            try counts.stop(models, bundle, in: folder, after: 0.3 + 0.05 * Double(number % 8))
        }
        return (counts.value, counts.isReached)
    }
}
