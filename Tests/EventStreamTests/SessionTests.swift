import EventStream
import Testing

@Suite struct SessionTests {
    let folder: ImportFolder
    init() throws { folder = try ImportFolder() }

    func lengths(_ events: [TestEvent], _ rules: SessionRules = .browsing) throws -> [Int] {
        try importEvents(events, folder) {
            $0.sessions = rules
            $0.replacesCorpus = true
        }
        return try Corpus.open(folder("corpus")).readSessions.map(\.pages.count)
    }

    @Test(arguments: [(1799.0, [2]), (1800.0, [2]), (1800.000001, [1, 1]), (1801.0, [1, 1])])
    func aGapStrictlyAboveTheLimitSplits(_ gap: Double, _ expected: [Int]) throws {
        #expect(try lengths([TestEvent(seconds: 1e9), TestEvent(seconds: 1e9 + gap)]) == expected)
    }

    @Test func theCreditPresetAllowsAnHour() throws {
        let events = [0.0, 3600, 7201].map { TestEvent(seconds: 1e9 + $0) }
        #expect(try lengths(events, .credit) == [2, 1])
        #expect(try lengths(events) == [1, 1, 1])
    }

    @Test func lengthCountAndUserLimitSessions() throws {
        let events = (0..<10).map { TestEvent(seconds: 1e9 + 600 * Double($0)) }
        #expect(try lengths(events, SessionRules(maximumLengthSeconds: 1800)) == [4, 4, 2])
        #expect(try lengths(events, SessionRules(maximumEvents: 3)) == [3, 3, 3, 1])
        // Signing in is no change of user; another user is.
        let users = [nil, "a", nil, "a", "b", nil, "b", "c"].enumerated().map {
            TestEvent(seconds: 1e9 + Double($0.offset), user: $0.element)
        }
        #expect(try lengths(users, SessionRules(splitOnChange: ["user"])) == [4, 3, 1])
    }

    @Test func nativeIDsCountPerVisitorAndIgnoreTheGap() throws {
        let events = [
            TestEvent(visitor: "a", session: "1", seconds: 0), TestEvent(visitor: "a", session: "1", seconds: 9000),
            TestEvent(visitor: "a", session: "0", seconds: 9001), TestEvent(visitor: "b", session: "1", seconds: 10),
        ]
        try importEvents(events, folder)
        let sessions = try Corpus.open(folder("corpus")).readSessions
        #expect(sessions.map(\.key) == ["1", "0", "1"])
        #expect(sessions.map(\.visitor) == ["a", "a", "b"])
        #expect(sessions.map(\.seconds) == [[0, 9000], [9001], [10]])
    }

    @Test func derivedValuesOfEvents() throws {
        // 1970-01-01 was a Thursday; 100 000 s later it is Friday, 3 h.
        let events = [0.0, 60, 60 + 1800, 100_000, 100_001].map { TestEvent(seconds: $0) }
        try importEvents(events, folder) { $0.dwellCapSeconds = 100 }
        let corpus = try Corpus.open(folder("corpus"))
        #expect(corpus.readSessions.map(\.pages.count) == [3, 2])
        #expect(Array(corpus.gaps).map { $0.isNaN ? -1 : $0 } == [-1, 60, 1800, -1, 1])
        #expect(Array(corpus.dwells).map { $0.isNaN ? -1 : $0 } == [60, 100, -1, 1, -1])
        #expect(Array(corpus.hours) == [0, 0, 0, 3, 3])
        #expect(Array(corpus.weekdays) == [3, 3, 3, 4, 4])
    }

    @Test func hoursAreThoseOfTheMappingsZone() throws {
        var source = TestSource([TestEvent(seconds: 0)])
        source.mapping.time?.zone = "-01:00"
        var rejects = RejectCollector()
        _ = try ExportImporter().run(sources: [source], to: folder("corpus"), rejects: &rejects)
        let corpus = try Corpus.open(folder("corpus"))
        #expect(corpus.hours[0] == 23 && corpus.weekdays[0] == 2)
    }

    @Test func withoutTimesTheOrderIsThatOfTheInput() throws {
        let events = ["z", "b", "a", "b"].map { TestEvent(visitor: $0, page: "p", amount: 1) }
        try importEvents(events, folder)
        let corpus = try Corpus.open(folder("corpus"))
        #expect(corpus.readSessions.map(\.visitor) == ["z", "b", "a"])
        #expect(corpus.readSessions.map(\.pages.count) == [1, 2, 1], "equal rows without a time are no duplicates")
        #expect(corpus.gaps.allSatisfy(\.isNaN) && corpus.dwells.allSatisfy(\.isNaN))
        #expect(corpus.hours.allSatisfy { $0 == 255 } && corpus.timesMicroseconds.allSatisfy { $0 == .min })
        #expect(!corpus.schema.hasTime)
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func sessionsInARowRestoreTheStream(_ seed: UInt64) throws {
        let events = randomEvents(seed)
        try importEvents(events.shuffled(), folder)
        let sessions = try Corpus.open(folder("corpus")).readSessions
        for visitor in Set(events.compactMap(\.visitor)) {
            let stream = events.filter { $0.visitor == visitor }
            let own = sessions.filter { $0.visitor == visitor }
            #expect(own.flatMap(\.pages) == stream.map(\.page), "seed \(seed)")
            for (before, after) in zip(own, own.dropFirst()) {
                #expect(after.seconds[0] - before.seconds.last! > 1800, "seed \(seed)")
            }
            for session in own {
                for (before, after) in zip(session.seconds, session.seconds.dropFirst()) { #expect(after - before <= 1800, "seed \(seed)") }
            }
        }
    }

    @Test func exactRepetitionsAreDroppedAndCounted() throws {
        let one = TestEvent(seconds: 5, page: "x", amount: 1)
        let other = TestEvent(seconds: 5, page: "y")
        var events = [one, other, one, TestEvent(seconds: 6, page: "x", amount: 1), other, one]
        let summary = try importEvents(events, folder)
        #expect(summary.counts.duplicates == 3 && summary.counts.events == 3)
        #expect(try Corpus.open(folder("corpus")).readSessions[0].pages == ["x", "y", "x"])
        // A moment with more rows than are compared one by one.
        events = (0..<200).map { TestEvent(seconds: 5, page: "\($0 % 50)") }
        #expect(try importEvents(events, folder, "many").counts.duplicates == 150)
        #expect(try importEvents(events, folder, "kept") { $0.dropsDuplicates = false }.counts.events == 200)
    }

    @Test func splitsByTimeAndVisitor() throws {
        let events = (0..<20).map { TestEvent(visitor: "v\($0 % 5)", seconds: 1e9 + 10_000 * Double($0)) }
        try importEvents(events, folder)
        let corpus = try Corpus.open(folder("corpus"))
        func starts(_ sessions: [Int]) -> [Int64] { sessions.map { corpus.timesMicroseconds[corpus.events(ofSession: $0).lowerBound] } }
        let shares = ChronologicalSplit.sessions(of: corpus, validationShare: 0.2, testShare: 0.25)
        #expect([shares.training.count, shares.validation.count, shares.test.count] == [11, 4, 5])
        #expect(starts(shares.training).max()! < starts(shares.validation).min()!)
        #expect(starts(shares.validation).max()! < starts(shares.test).min()!)
        let cut = Int64(1e15) + 100_000 * 1_000_000
        let dates = ChronologicalSplit.sessions(of: corpus, validationFrom: cut, testFrom: cut + 1)
        #expect([dates.training.count, dates.validation.count, dates.test.count] == [10, 1, 9])
        let visitors = ChronologicalSplit.visitors(of: corpus, validationShare: 0.2, testShare: 0.2)
        #expect(visitors.training.count == 12)
        #expect(Set(visitors.training.map(corpus.visitor)).isDisjoint(with: Set((visitors.validation + visitors.test).map(corpus.visitor))))
    }
}
