import DurableFiles
import EventStream
import Glibc
import Testing

@Suite struct ImportTests {
    let folder: ImportFolder
    init() throws { folder = try ImportFolder() }

    @Test(arguments: [false, true], 0..<4 as Range<UInt64>)
    func shuffledInputInLittleMemoryGivesTheSameBytes(_ native: Bool, _ seed: UInt64) throws {
        let events = randomEvents(seed, native: native).sorted { ($0.visitor ?? "") < ($1.visitor ?? "") }
        try importEvents(events, folder, "ordered")
        var random = TestRandom(seed + 1)
        let shuffled = events.shuffled(using: &random)
        try importEvents(shuffled, folder, "memory")
        try importEvents(shuffled, folder, "disk") { $0.memoryLimit = 1 }
        try importEvents(events, folder, "ordered-disk") { $0.memoryLimit = 1 }
        let expected = try folder.corpusBytes("ordered")
        for name in ["memory", "disk", "ordered-disk"] {
            #expect(try folder.corpusBytes(name) == expected, "seed \(seed), \(name)")
        }
    }

    @Test func everyFailingOperationLeavesNothingOrTheOldCorpus() throws {
        let events = randomEvents(5, count: 100).shuffled()
        func run(_ fileSystem: FileSystem, replacing: Bool) throws {
            try importEvents(events, folder) {
                $0.memoryLimit = 1
                $0.replacesCorpus = replacing
                $0.fileSystem = fileSystem
            }
        }
        for hasOld in [false, true] {
            if hasOld { try importEvents([TestEvent(seconds: 1)], folder) }
            let old = hasOld ? try folder.corpusBytes("corpus") : [:]
            let counting = FaultPlan(failing: -1, code: 0)
            try run(.failing(counting), replacing: hasOld)
            let new = try folder.corpusBytes("corpus")
            #expect(counting.operationsSeen > 100)
            for aftermath in [FaultPlan.Aftermath.recover, .dead] {
                for number in 0..<counting.operationsSeen {
                    for name in try folder.names() { try FileSystem.live.removeTree(folder(name)) }
                    if hasOld { try importEvents([TestEvent(seconds: 1)], folder) }
                    let place = "operation \(number), \(aftermath), old: \(hasOld)"
                    do {
                        try run(.failing(FaultPlan(failing: number, code: ENOSPC, aftermath: aftermath)), replacing: hasOld)
                    } catch let error as ImportError {
                        #expect(error.description.contains("No space left"), "\(place)")
                        #expect(!error.description.contains("visitor-"), "\(place)")
                    }
                    let visible = try folder.names().filter { !$0.hasPrefix(".") }
                    if visible.isEmpty {
                        #expect(!hasOld, "\(place)")
                    } else {
                        let found = try folder.corpusBytes("corpus")
                        #expect(found == new || (hasOld && found == old), "\(place)")
                    }
                }
            }
            for name in try folder.names() { try FileSystem.live.removeTree(folder(name)) }
        }
    }

    @Test func aSecondRunOnTheSamePlaceIsTurnedAway() throws {
        let claim = try DirectoryPublication(at: folder("corpus"), replacing: false)
        let error = #expect(throws: ImportError.self) { try importEvents([TestEvent(seconds: 1)], folder) }
        #expect(error?.description.contains("another run is writing here") == true)
        claim.abandon()
        try importEvents([TestEvent(seconds: 1)], folder)
        #expect(throws: ImportError.self) { try importEvents([TestEvent(seconds: 1)], folder) }
    }

    @Test func stoppingLeavesNothing() throws {
        for stop in 1...5 {
            var asked = 0
            var rejects = RejectCollector()
            #expect(throws: ImportError.cancelled) {
                try ExportImporter().run(
                    sources: [TestSource(randomEvents(1, count: 28))], to: folder("corpus"), rejects: &rejects,
                    isCancelled: {
                        asked += 1
                        return asked == stop
                    })
            }
            #expect(try folder.names().isEmpty)
        }
    }

    @Test func pseudonymsReplaceVisitorsEverywhere() throws {
        let key = Array("a key of this test".utf8)
        let events = (0..<50).map {
            TestEvent(visitor: "secret-\($0 % 5)", seconds: 1e9 + 1000 * Double($0), page: "p", user: "person-\($0 % 3)")
        }
        try importEvents(events, folder) {
            $0.pseudonymKey = key
            $0.identifierFields = ["user"]
        }
        for (name, bytes) in try folder.corpusBytes("corpus") {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("secret-") && !text.contains("person-"), "\(name)")
        }
        let corpus = try Corpus.open(folder("corpus"))
        let expected = SHA256Digest.hex(KeyedDigest.hmacSHA256(key: key, message: Array("secret-0".utf8))).prefix(32)
        #expect((0..<5).map(corpus.visitorKey).contains(String(expected)))
        #expect(SubjectPseudonym(key: key).pseudonym(of: "secret-0") == expected)
        #expect(corpus.sessionKey(0).hasPrefix(corpus.visitorKey(0)))
        #expect(corpus.schema.pseudonymised == ["visitor", "user"])
    }

    @Test func aSessionThatStandsForTheVisitorIsReplacedToo() throws {
        var source = TestSource([TestEvent(visitor: "s-secret", session: "s-secret", seconds: 1)])
        source.mapping.visitor = nil
        var settings = ImportSettings()
        settings.pseudonymKey = [1, 2, 3]
        var rejects = RejectCollector()
        _ = try ExportImporter(settings).run(sources: [source], to: folder("corpus"), rejects: &rejects)
        let corpus = try Corpus.open(folder("corpus"))
        #expect(corpus.sessionKey(0) == corpus.visitorKey(0) && corpus.sessionKey(0).utf8.count == 32)
    }

    @Test func settingsThatDoNotFitAreRefused() throws {
        let changes: [(inout ImportSettings) -> Void] = [
            { $0.sessions.splitOnChange = ["nothing"] }, { $0.identifierFields = ["amount"] }, { $0.sessions.gapSeconds = .nan },
            { $0.sessions.maximumEvents = 0 }, { $0.pseudonymKey = [] }, { $0.dwellCapSeconds = 0 },
        ]
        for change in changes {
            let error = #expect(throws: ImportError.self) { try importEvents([TestEvent(seconds: 1)], folder, "corpus", change) }
            guard case .settings = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(throws: ImportError.noEvents(rejects: 0)) { try importEvents([], folder) }
        #expect(try folder.names().isEmpty)
    }

    @Test func severalSourcesGoIntoOneCorpus() throws {
        let events = randomEvents(8)
        try importEvents(events, folder, "one")
        var rejects = RejectCollector()
        let halves = [Array(events[..<200]), Array(events[200...])].map { TestSource($0) as any EventSource }
        _ = try ExportImporter().run(sources: halves, to: folder("two"), rejects: &rejects)
        #expect(try folder.corpusBytes("one") == folder.corpusBytes("two"))
    }
}
