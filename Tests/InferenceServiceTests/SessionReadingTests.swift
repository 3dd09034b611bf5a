import EventStream
import InferenceService
import IntentTaxonomy
import SequenceEmbedding
import SequenceKernel
import Testing

/// Sessions that come one after another are read through dictionaries that stay: nothing of that may show in an answer.
@Suite struct SessionReadingTests {
    private let served: ServedShop
    private let wants: ScoreRequest.Wants = [.embedding, .intents]

    init() throws { served = try ServedShop(parts: [.encoder, .intents]) }

    private func bundle() throws -> ServingBundle { try #require(try served.bundles().bundle(nil)) }

    private func answer(_ bundle: ServingBundle, _ record: SessionRecord, evidence: Int = 0) throws -> [UInt8] {
        let score = try bundle.score(record, wants: wants, evidence: evidence, all: true)
        return (score.label ?? []) + Array("\(score.embedding) \(score.wording ?? []) \(score.values)".utf8)
    }

    /// A session of titles, a page and a price each.
    private func session(_ titles: [String?], pages: [String?] = [], name: String = "made") -> SessionRecord {
        let count = titles.count
        return SessionRecord(
            session: name, visitor: "", times: (0..<count).map { AppShop.start + Int64($0) * 20_000_000 },
            gaps: (0..<count).map { $0 == 0 ? nil : 20 }, dwells: (0..<count).map { $0 == count - 1 ? nil : 20 },
            hours: [UInt8](repeating: 9, count: count), weekdays: [UInt8](repeating: 0, count: count),
            texts: ["title": titles, "page": (0..<count).map { $0 < pages.count ? pages[$0] : "card" }],
            numbers: ["price": (0..<count).map { $0 % 3 == 0 ? nil : Double($0) }])
    }

    @Test func whatWasReadBeforeChangesNothing() throws {
        let own = try bundle()
        var random = RandomSource(3, 0x5E55)
        var order = Array(served.shop.sessions.indices) + Array(served.shop.sessions.indices)
        random.shuffle(&order)
        for (place, index) in order.enumerated() where place < 120 {
            let record = served.shop.sessions[index], evidence = place % 3
            #expect(try answer(own, record, evidence: evidence) == answer(bundle(), record, evidence: evidence))
        }
    }

    /// What the commands' way from a corpus gives for the same session.
    @Test func aWindowReadsAsACorpusDoes() throws {
        let own = try bundle()
        let prepared = try #require(own.classifier), encoder = try #require(own.encoder)
        var records = Array(served.shop.sessions.prefix(40))
        records.append(session(["about cards", "about nothing that anybody knows", nil], pages: ["card", "unheard of", nil]))
        for record in records {
            let corpus = Corpus([record], schema: served.shop.schema)
            let labeller = try SessionLabeller(prepared, corpus: corpus, .init(evidence: 0))
            let line = LabelLines(prepared.classifier, encoder: encoder.id, showsAll: true).line(
                labeller.label(0, .init(prepared)), key: record.session)
            let score = try own.score(record, wants: wants, evidence: 0, all: true)
            #expect(score.label.map { String(decoding: $0, as: UTF8.self) } == line)
            let values = try EncodedEvents(CorpusTable(corpus), encoder.encoding).countValues()
            #expect(score.values == values && values.known > 0)
        }
        let last = try own.score(records[40], wants: wants, evidence: 0, all: true)
        #expect(last.values.known >= 1 && last.values.unknown >= 1)
    }

    @Test func letterByLetterMeansByteByByte() throws {
        // Composed and decomposed: one text to Swift, two values to a corpus.
        let (one, two) = ("about caf\u{E9}s", "about cafe\u{301}s")
        let own = try bundle()
        for titles in [[one], [two], [one, two], [two, one, two]] as [[String?]] {
            #expect(try answer(own, session(titles)) == answer(bundle(), session(titles)))
        }
        #expect(try answer(own, session([one])) != answer(own, session([two])))
        let corpus = Corpus([session([one, two, one])], schema: served.shop.schema)
        #expect(corpus.dictionary("title")?.count == 2)
        let codes = try #require(corpus.codes("title"))
        #expect([codes[0], codes[1], codes[2]] == [1, 2, 1])
        // Beyond the few entries that are compared one by one, too.
        let many = (0..<12).map { "t\($0)" } + [one, two, one]
        #expect(Corpus([session(many)], schema: served.shop.schema).dictionary("title")?.count == 14)
    }

    @Test func moreValuesThanAreKeptAndLongerSessions() throws {
        let own = try bundle()
        let (first, odd) = (served.shop.sessions[0], session([nil, "about cards", nil], pages: [nil, "loan", nil]))
        let (wanted, wantedOdd) = (try answer(bundle(), first), try answer(bundle(), odd))
        for round in 0..<30 {
            // 30 × 500 values are more than a window keeps, and some sessions are longer than all before them.
            let long = session((0..<(500 + round * 7)).map { "title \(round) \($0)" }, pages: ["card", nil, "fund"])
            if round % 10 == 9 { #expect(try answer(own, long) == answer(bundle(), long)) } else { _ = try answer(own, long) }
            #expect(try answer(own, first) == wanted && answer(own, odd) == wantedOdd)
        }
    }

    @Test func fieldsThatASessionLacksAreMissing() throws {
        var bare = session(["about cards", "about loans"])
        (bare.texts, bare.numbers) = (["title": ["about cards", "about loans"]], [:])
        var spelt = session(["about cards", "about loans"], pages: [nil, nil])
        spelt.numbers = ["price": [nil, nil]]
        let own = try bundle()
        _ = try answer(own, session(["about funds"], pages: ["fund"]))
        #expect(try answer(own, bare) == answer(own, spelt))
    }
}
