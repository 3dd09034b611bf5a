import EventStream
import Testing

/// Sessions of an export against those of a rule; every cut here is made by hand.
@Suite struct ReconciliationTests {
    let folder: ImportFolder
    init() throws { folder = try ImportFolder() }

    /// Midday of a day, UTC.
    private static let noon = 20_000.0 * 86_400 + 43_200

    private func found(
        _ events: [TestEvent], _ change: (inout ReconciliationSettings) -> Void = { _ in }
    ) throws -> SessionReconciliation {
        try importEvents(events, folder) { $0.replacesCorpus = true }
        let corpus = try Corpus.open(folder("corpus"))
        var settings = ReconciliationSettings(corpus.schema)
        (settings.eventField, settings.campaignFields) = ("page", ["user"])
        change(&settings)
        return SessionReconciliation(corpus, settings)
    }

    private func event(_ session: String, _ seconds: Double, _ page: String = "home", visitor: String = "anna", user: String? = nil)
        -> TestEvent
    {
        TestEvent(visitor: visitor, session: session, seconds: Self.noon + seconds, page: page, user: user)
    }

    @Test func theSame() throws {
        let found = try found([event("a", 0), event("a", 1_800), event("b", 3_601), event("c", 5, visitor: "bert")])
        #expect(found.counts.export == 3 && found.counts.rule == 3 && found.counts.same == 3 && found.causes.isEmpty)
        #expect(found.events == 4 && found.visitors == 2 && found.before == found.ofRule && found.before.longest == 1_800)
    }

    /// What one of them cuts and the other does not, alone, is of its cause.
    @Test func causesOfTheExport() throws {
        // Twelve hours after noon it is another day.
        #expect(try found([event("a", 43_190), event("b", 43_210)]).causes == [.midnight: 1])
        #expect(try found([event("a", 43_190), event("b", 43_210)]) { $0.zoneMinutes = 60 }.causes == [.otherID: 1])
        #expect(try found([event("a", 43_190 - 3_600), event("b", 43_210 - 3_600)]) { $0.zoneMinutes = 60 }.causes == [.midnight: 1])
        #expect(try found([event("a", 0, user: "x"), event("b", 60, user: "y")]).causes == [.campaign: 1])
        // A campaign that is not known is no other one, nor is the same one behind it.
        #expect(try found([event("a", 0, user: "x"), event("a", 30), event("b", 60, user: "x")]).causes == [.otherID: 1])
        #expect(try found([event("a", 0, user: "x"), event("a", 30), event("b", 60, user: "y")]).causes == [.campaign: 1])
        #expect(try found([event("a", 0, user: "x"), event("b", 60)]).causes == [.otherID: 1])
        #expect(try found([event("a", 0), event("b", 60)]) { $0.limitEvents = 1 }.causes == [.hardLimit: 1])
        let long = [event("a", 0), event("a", 1_000), event("a", 2_000), event("b", 2_100)]
        #expect(try found(long) { $0.limitSeconds = 2_050 }.causes == [.hardLimit: 1])
        #expect(try found(long) { $0.limitSeconds = 2_150 }.causes == [.otherID: 1])
        let tabs = try found([event("a", 0), event("b", 10), event("a", 20)])
        #expect(tabs.causes == [.otherID: 1, .interleaved: 1] && tabs.counts.merged == 2 && tabs.counts.rule == 1)
        #expect(tabs.examples[.interleaved]?.map(\.pause) == [10])
    }

    @Test func causesOfTheRule() throws {
        let pinged = try found([event("a", 0), event("a", 10, "page_ping"), event("a", 90_000, "page_ping")])
        #expect(pinged.causes == [.latePing: 1] && pinged.settings.pings == ["page_ping"] && pinged.counts.split == 1)
        #expect(pinged.before.overADay == 1 && pinged.repaired.longest == 10 && pinged.ofRule.longest == 10 && pinged.ofRule.sessions == 2)
        let paused = try found([event("a", 0), event("a", 1_801)])
        #expect(paused.causes == [.pause: 1] && paused.repaired.longest == 0 && paused.before.longest == 1_801)
        let limited = try found([event("a", 0), event("a", 10), event("a", 20)]) { $0.rules.maximumEvents = 2 }
        #expect(limited.causes == [.ruleLimit: 1] && limited.counts.rule == 2)
        let changed = [event("a", 0, user: "x"), event("a", 10), event("a", 20, user: "y")]
        #expect(try found(changed) { $0.rules.splitOnChange = ["user"] }.causes == [.ruleLimit: 1])
    }

    /// A tab left open goes on under a new session id.
    @Test func sessionsOfPingsAlone() throws {
        let found = try found([
            event("a", 0), event("a", 10, "page_ping"), event("b", 90_000, "page_ping"), event("b", 90_010, "page_ping"),
            event("c", 0, visitor: "bert"),
        ])
        #expect(found.counts.stray == 1 && found.strays == [1] && found.counts.same == 3)
        #expect(try self.found([event("a", 0), event("b", 9_000)]).counts.stray == 0, "a session without pings is none of them")
    }

    /// A session that is cut, and a part of which lies with another.
    @Test func both() throws {
        let found = try found([event("a", 0), event("a", 4_000), event("b", 4_100), event("c", 0, visitor: "bert")])
        let own = found.counts
        #expect(own.export == 3 && own.rule == 3 && own.same == 1 && own.merged == 1 && own.both == 1 && own.split == 0)
        #expect(found.causes == [.pause: 1, .otherID: 1])
    }

    /// Every boundary is one of both, of neither, or has a cause: counted again another way, on drawn events.
    @Test func everyCutIsCounted() throws {
        var state: UInt64 = 7
        func draw(_ below: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % below
        }
        var events: [TestEvent] = []
        for visitor in 0..<40 {
            var (time, session) = (0.0, 0)
            for _ in 0..<(1 + draw(30)) {
                time += [5, 400, 1_900, 50_000][Int(draw(4))]
                if draw(5) == 0 { session += 1 }
                events.append(event("\(session)", time, ["home", "page_ping"][Int(draw(2))], visitor: "v\(visitor)"))
            }
        }
        let found = try found(events)
        var (export, rule, onlyExport, onlyRule) = (0, 0, 0, 0)
        for own in Dictionary(grouping: events, by: \.visitor).values {
            let sorted = own.sorted { $0.seconds! < $1.seconds! }
            (export, rule) = (export + Set(own.map(\.session)).count, rule + 1)
            for (last, now) in zip(sorted, sorted.dropFirst()) {
                let (cuts, begins) = (last.session != now.session, now.seconds! - last.seconds! > 1_800)
                if begins { rule += 1 }
                if cuts, !begins { onlyExport += 1 }
                if begins, !cuts { onlyRule += 1 }
            }
        }
        #expect(found.counts.export == export && found.counts.rule == rule && found.events == events.count)
        #expect(found.causes.filter { $0.key.isOfExport }.values.reduce(0, +) == onlyExport && onlyExport > 20)
        #expect(found.causes.filter { !$0.key.isOfExport }.values.reduce(0, +) == onlyRule && onlyRule > 20)
        let counts = found.counts
        #expect(counts.same + counts.split + counts.merged + counts.both == counts.export)
    }
}
