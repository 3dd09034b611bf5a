import EventStream
import IntentTaxonomy
import SequenceKernel
import Testing

@Suite struct SummaryTests {
    @Test(arguments: [
        ("write to jane.doe@example.org now", "write to # now"), ("card 4929 1234 5678 9012 lost", "card # lost"),
        ("call +44 20 7946 0958", "call #"), ("12 or 24 months in 2026", "12 or 24 months in 2026"),
        ("order a1b2c3d4e5 late", "order # late"), ("deadbeefdeadbeefdead", "#"), ("IBAN GB29NWBK60161331926819", "IBAN #"),
        ("compare card rewards", "compare card rewards"), ("550e8400-e29b-41d4-a716-446655440000", "#"),
    ]) func identifiersAreMasked(_ text: String, _ masked: String) {
        #expect(IdentifierMask.words(of: text, isPath: false).joined(separator: " ") == masked)
    }

    @Test func addressesLoseHostAndQuery() {
        #expect(IdentifierMask.words(of: "https://bank.example/cards/compare?user=7&mail=a@b.c#top", isPath: true) == ["cards", "compare"])
        #expect(IdentifierMask.words(of: "/accounts/12345678/statement", isPath: true) == ["accounts", "#", "statement"])
    }

    @Test func sessionsReadWellAndNameNobody() throws {
        let bank = try Bank.shared.get()
        let summary = SessionSummary(bank.corpus)
        #expect(summary.stepFields == ["query", "title", "url"])
        #expect(summary.kindFields == ["event"])
        #expect(summary.contextFields.contains("device"))
        // Words that fewer than three visitors typed: none of them may be shown.
        let (codes, dictionary) = (bank.corpus.codes("query")!, bank.corpus.dictionary("query")!)
        var audiences: [Substring: Set<Int32>] = [:]
        for field in ["query", "title", "url"] {
            let (codes, dictionary) = (bank.corpus.codes(field)!, bank.corpus.dictionary(field)!)
            for session in 0..<bank.corpus.sessionCount {
                for event in bank.corpus.events(ofSession: session) where codes[event] > 0 {
                    for word in dictionary[Int(codes[event]) - 1].split(whereSeparator: { $0 == " " || $0 == "/" }) {
                        audiences[word, default: []].insert(bank.corpus.sessionVisitors[session])
                    }
                }
            }
        }
        var rare = 0
        for session in 0..<bank.corpus.sessionCount {
            let text = summary.text(session)
            #expect(!text.contains(bank.corpus.sessionKey(session)))
            #expect(!text.contains(bank.corpus.visitorKey(bank.corpus.visitor(ofSession: session))))
            let shown = Set(text.split { $0 == " " || $0 == "\n" })
            for event in bank.corpus.events(ofSession: session) where codes[event] > 0 {
                for word in dictionary[Int(codes[event]) - 1].split(separator: " ") where audiences[word]!.count < 3 {
                    rare += 1
                    #expect(!shown.contains(word))
                }
            }
        }
        #expect(rare > 20, "the corpus has no rare words: the test shows nothing")
    }

    @Test func longSessionsKeepTheirEnds() throws {
        let bank = try Bank.shared.get()
        let corpus = bank.corpus
        let longest = (0..<corpus.sessionCount).max { corpus.events(ofSession: $0).count < corpus.events(ofSession: $1).count }!
        let whole = SessionSummary(corpus, mostSteps: 1000).text(longest).split(separator: "\n")
        let short = SessionSummary(corpus, mostSteps: 6).text(longest).split(separator: "\n")
        #expect(short.count == 8 && short[0...3] == whole[0...3] && short.suffix(3) == whole.suffix(3))
        #expect(short[4] == "… \(whole.count - 7) more steps …")
    }
}
