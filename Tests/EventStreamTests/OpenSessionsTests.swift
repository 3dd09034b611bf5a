import EventStream
import Testing

/// Rows without a session id join the session that their visitor had open, and the others stand where they came in time.
@Suite struct OpenSessionsTests {
    let folder: ImportFolder
    let scratch = ScratchDirectory()

    init() throws { folder = try ImportFolder() }

    private static let mapping = plainMapping { mapping in
        mapping.format = .csv
        mapping.delimiter = ","
        mapping.session = ExportMapping.SessionKey([.init("u"), .init("s")])
    }

    private func run(_ text: String, _ change: (inout ImportSettings) -> Void = { _ in }) throws -> (Corpus, ImportSummary) {
        var settings = ImportSettings()
        settings.replacesCorpus = true
        change(&settings)
        var rejects = RejectCollector()
        let source = try ExportReaders.open(scratch.file("export.csv", text), mapping: Self.mapping)
        let summary = try ExportImporter(settings).run(sources: [source], to: folder("corpus"), rejects: &rejects)
        return (try Corpus.open(folder("corpus")), summary)
    }

    private static func sizes(_ corpus: Corpus) -> [String] {
        (0..<corpus.sessionCount).map { "\(corpus.sessionKey($0)) \(corpus.events(ofSession: $0).count)" }
    }

    @Test("A row between two of a session is of that session; a pause of just the limit is one, too")
    func between() throws {
        let (corpus, summary) = try run("u,t,p,s\na,0,k,x\na,60,k,\na,1860,k,\na,1900,k,x\n")
        #expect(Self.sizes(corpus) == ["a/x 4"])
        #expect(summary.counts.withoutSession == 2 && summary.counts.joinedSession == 2)
        #expect(corpus.schema.counts.joinedSession == 2)
    }

    @Test("After a longer pause a session without an id begins, and stands by its own beginning")
    func apart() throws {
        let (corpus, summary) = try run(
            "u,t,p,s\na,0,k,\na,10,k,x\na,1811,k,\na,1812,k,\na,9000,k,y\na,9001,k,\na,20000,k,\nb,5,k,\nb,6,k,\n")
        #expect(Self.sizes(corpus) == ["a:1 1", "a/x 1", "a:2 2", "a/y 2", "a:3 1", "b:1 2"])
        #expect(summary.counts.withoutSession == 7 && summary.counts.joinedSession == 1)
        let gap = try run("u,t,p,s\na,10,k,x\na,1811,k,\n") { $0.sessions.gapSeconds = 3600 }
        #expect(Self.sizes(gap.0) == ["a/x 2"])
    }

    @Test("Of two open sessions that of the row just before is meant; nobody joins another visitor's")
    func interleaved() throws {
        let (corpus, _) = try run("u,t,p,s\na,0,k,x\na,10,k,y\na,20,k,\na,30,k,x\na,40,k,\nb,15,k,\n")
        #expect(Self.sizes(corpus) == ["a/x 3", "a/y 2", "b:1 1"])
    }

    @Test("Who has more rows than are looked at together is cut by pauses alone, at any memory")
    func manyRows() throws {
        let rows = 1 << 16
        for extra in [0, 1] {
            var text = "u,t,p,s\na,0,k,x\n"
            for row in 1..<(rows + extra) { text += "a,\(row),k,\(row == 9 ? "" : "x")\n" }
            text += "b,0,k,y\nb,1,k,\n"
            for memory in [1 << 28, 1 << 16] {
                let (corpus, summary) = try run(text) { $0.memoryLimit = memory }
                let expected = extra == 0 ? ["a/x \(rows)", "b/y 2"] : ["a/x \(rows)", "a:1 1", "b/y 2"]
                #expect(Self.sizes(corpus) == expected, "\(extra) more, \(memory) bytes")
                #expect(summary.counts.joinedSession == 2 - extra)
            }
        }
    }

    /// The rule told row by row.
    @Test func agreesWithTheRuleRowByRow() throws {
        var random = TestRandom(5)
        var lines: [(visitor: Int, time: Int, session: Int?)] = []
        for _ in 0..<4000 {
            let session = Int.random(in: 0..<4, using: &random)
            lines.append(
                (Int.random(in: 0..<40, using: &random), Int.random(in: 0..<60_000, using: &random), session == 0 ? nil : session))
        }
        // Rows of one moment are told apart by their places, and equal ones are one.
        let text =
            "u,t,p,s\n" + lines.enumerated().map { "v\($1.visitor),\($1.time),k\($0),\($1.session.map { "s\($0)" } ?? "")\n" }.joined()
        var expected: [String: Int] = [:]
        var joined = 0
        for visitor in 0..<40 {
            var open: (key: String, time: Int, isNamed: Bool)?
            var unnamed = 0
            let own = lines.enumerated().filter { $0.element.visitor == visitor }
                .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            for (_, row) in own {
                if let session = row.session {
                    open = ("v\(visitor)/s\(session)", row.time, true)
                } else if let last = open, row.time - last.time <= 1800 {
                    open = (last.key, row.time, last.isNamed)
                    if last.isNamed { joined += 1 }
                } else {
                    unnamed += 1
                    open = ("v\(visitor):\(unnamed)", row.time, false)
                }
                expected[open!.key, default: 0] += 1
            }
        }
        for memory in [1 << 28, 30_000] {
            let (corpus, summary) = try run(text) { $0.memoryLimit = memory }
            var found: [String: Int] = [:]
            for session in 0..<corpus.sessionCount { found[corpus.sessionKey(session)] = corpus.events(ofSession: session).count }
            #expect(found == expected)
            #expect(summary.counts.joinedSession == joined && joined > 100)
            for session in 1..<corpus.sessionCount where corpus.visitor(ofSession: session) == corpus.visitor(ofSession: session - 1) {
                let (first, second) = (corpus.events(ofSession: session - 1).lowerBound, corpus.events(ofSession: session).lowerBound)
                #expect(corpus.timesMicroseconds[first] <= corpus.timesMicroseconds[second])
            }
        }
    }
}
