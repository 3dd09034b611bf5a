import EventStream
import Foundation
import Recommendation
import Testing

/// Sessions of customers before decisions.
@Suite struct LinkTests {
    let tiny: TinyCorpus
    init() throws { tiny = try TinyCorpus() }

    private func decisions(_ corpus: Corpus, _ asked: [(id: String, seconds: Int, customer: String)]) -> Decisions {
        var index = CustomerIndex(corpus)
        return Decisions(
            ids: asked.map(\.id), times: asked.map { Int64($0.seconds) * 1_000_000 }, customers: asked.map { index.number(of: $0.customer) }
        )
    }

    private func keys(_ corpus: Corpus, _ linked: LinkedSessions) -> [[String]] {
        (0..<linked.count).map { linked[$0].map { corpus.sessionKey(Int($0)) } }
    }

    private static let asked: [(id: String, seconds: Int, customer: String)] = [
        ("before all", 900_000, "a"), ("within s1", 1_000_100, "a"), ("as s1 ends", 1_000_120, "a"), ("after s1", 1_000_121, "a"),
        ("after s3", 1_200_001, "a"), ("of b", 1_250_000, "b"), ("later of b", 1_310_000, "b"), ("of both", 1_500_000, "a"),
        ("a stranger", 1_500_000, "nobody"),
    ]

    @Test func onlyWhatEndedBeforeTheDecisionAndIsTheCustomers() throws {
        let corpus = try tiny.corpus(TinyCorpus.rows)
        let link = try WebToAppLink(corpus, SessionCustomers(corpus))
        let asked = decisions(corpus, Self.asked)
        let linked = try link.sessions(of: asked)
        #expect(keys(corpus, linked) == [[], [], [], ["s1"], ["s1", "s3"], [], ["s4"], ["s1", "s3"], []])
        let counts = link.customers.counts
        #expect(counts.sessions == 7 && counts.identified == 3 && counts.conflicts == 1 && counts.byVisitor == 0 && counts.linked == 3)
        let summary = LinkSummary(linked, of: asked, link: link)
        #expect(summary.decisions == 9 && summary.matched == 4 && summary.customers == 3 && summary.matchedCustomers == 2)
        #expect(summary.beforeData == 1 && summary.afterData == 0)
        // Delays: 1 s, 1 s, 9,500 s and 300,000 s.
        #expect(abs((summary.delayHours?.median ?? 0) - (1 + 9500) / 2.0 / 3600) < 1e-9)
        #expect(summary.delayHours?.maximum == 300_000.0 / 3600)
    }

    @Test func theWindowHoldsItsFirstMomentAndNothingBefore() throws {
        let corpus = try tiny.corpus(TinyCorpus.rows)
        let end = 1_000_120
        for (seconds, found) in [(end + 100, ["s1"]), (end + 101, [])] {
            let link = try WebToAppLink(corpus, SessionCustomers(corpus), windowSeconds: 100)
            #expect(try keys(corpus, link.sessions(of: decisions(corpus, [("d", seconds, "a")]))) == [found])
        }
        #expect(throws: LinkingError.self) { try WebToAppLink(corpus, SessionCustomers(corpus), windowSeconds: 0) }
    }

    @Test func otherSessionsOfAVisitorAreLinkedFromTheFirstLoginOn() throws {
        // v1 comes before the log-in, too; v4 is shared by a and b.
        let corpus = try tiny.corpus("v1,s0,900000,,home\n" + TinyCorpus.rows)
        let customers = try SessionCustomers(corpus, byVisitor: true)
        #expect(customers.counts.byVisitor == 2 && customers.counts.sharedVisitors == 1 && customers.counts.linked == 5)
        let link = try WebToAppLink(corpus, customers)
        let asked = decisions(corpus, [("not known yet", 1_000_000, "a"), ("known", 1_000_100, "a"), ("all", 1_460_000, "a")])
        #expect(try keys(corpus, link.sessions(of: asked)) == [[], ["s0"], ["s0", "s1", "s2", "s3"]])
    }

    @Test func aLaterLoginTakesNothingBack() throws {
        let early = "v1,s1,900,,home\nv1,s2,1000,a,login\nv1,s3,5000,,home\n"
        let moments = [("early", 6000, "a"), ("as b logs in", 9000, "a"), ("after", 9001, "a"), ("of b", 9600, "b")]
        let before = try tiny.corpus(early)
        let alone = try WebToAppLink(before, SessionCustomers(before, byVisitor: true))
        let all = ["s1", "s2", "s3"]
        #expect(try keys(before, alone.sessions(of: decisions(before, moments))) == [all, all, all, []])
        let corpus = try tiny.corpus(early + "v1,s4,9000,b,login\nv1,s5,9500,,home\n", name: "later")
        let customers = try SessionCustomers(corpus, byVisitor: true)
        #expect(customers.counts.sharedVisitors == 1 && customers.counts.byVisitor == 2 && customers.counts.linked == 4)
        let link = try WebToAppLink(corpus, customers)
        // Who logged in during a session keeps it; the others are nobody's once both are known.
        #expect(try keys(corpus, link.sessions(of: decisions(corpus, moments))) == [all, all, ["s2"], ["s4"]])
        let s3 = Int32((0..<corpus.sessionCount).first { corpus.sessionKey($0) == "s3" }!)
        let late = LinkedSessions(offsets: [0, 1], sessions: [s3])
        do throws(LinkingError) {
            try link.check(late, decisions(corpus, [("after", 9001, "a")]))
            Issue.record("a link that somebody else's log-in had ended was let through")
        } catch {
            guard case .leak(let found) = error else { throw error }
            #expect(found.otherCustomer == 1)
        }
        try link.check(late, decisions(corpus, [("as b logs in", 9000, "a")]))
    }

    @Test func tablesOfLinksAreReadAlikeInAnyOrder() throws {
        let corpus = try tiny.corpus("v1,s1,900,,home\nv2,s2,900,,home\n")
        let rows = ["v1,b,9000000\n", "v1,c,20000000\n", "v1,a,1000000\n", "v1,b,8000000\n", "v2,a,\n", "v2,b,9000000\n", "v2,a,9500000\n"]
        for order in [rows, rows.reversed()] {
            var index = CustomerIndex(ids: ["a", "b", "c"])
            let text = "visitor_id,customer_id,time_ms\n" + order.joined()
            let table = try LinkTable(tiny.table(text, needed: "customer_id"), corpus: corpus, customers: &index)
            let link = try WebToAppLink(corpus, table.sessions)
            func found(_ seconds: Int, _ customer: Int32) throws -> [String] {
                try keys(corpus, link.sessions(of: Decisions(ids: ["d"], times: [Int64(seconds) * 1_000_000], customers: [customer])))[0]
            }
            #expect(try found(950, 0) == ["s2"] && found(5000, 0) == ["s1", "s2"] && found(8000, 0) == ["s1", "s2"])
            #expect(try found(8001, 0) == ["s2"] && found(9001, 0) == [] && found(9001, 1) == [] && found(30000, 2) == [])
            let leaking = LinkedSessions(offsets: [0, 1], sessions: [0])
            #expect(throws: LinkingError.self) {
                try link.check(leaking, Decisions(ids: ["d"], times: [8_001_000_000], customers: [0]))
            }
        }
    }

    @Test func faultsInReadingATableAreFoundInItsRows() throws {
        let corpus = try tiny.corpus("v1,s1,900,,home\nv2,s2,900,,home\n")
        for (ids, named, byVisitor) in [("visitor_id", "v1", false), ("session_id", "s1", false), ("session_id", "s1", true)] {
            var index = CustomerIndex(ids: ["a", "b"])
            let text = "\(ids),customer_id,time_ms\n\(named),a,1000000\n\(named),b,9000000\n"
            let right = try LinkTable(
                tiny.table(text, needed: "customer_id"), corpus: corpus, customers: &index, byVisitor: byVisitor
            ).sessions
            func found(_ customers: SessionCustomers, _ seconds: Int64, _ customer: Int32) throws -> LinkViolations? {
                do throws(LinkingError) {
                    let decisions = Decisions(ids: ["d"], times: [seconds * 1_000_000], customers: [customer])
                    _ = try WebToAppLink(corpus, customers).sessions(of: decisions)
                    return nil
                } catch {
                    guard case .leak(let found) = error else { throw error }
                    return found
                }
            }
            for (seconds, customer) in [(950, 0), (1001, 0), (9000, 0), (9001, 0), (9001, 1)] as [(Int64, Int32)] {
                #expect(try found(right, seconds, customer) == nil)
            }
            var wrong = right
            wrong.knownUntil[0] = .max
            #expect(try found(wrong, 9000, 0) == nil)
            #expect(try found(wrong, 9001, 0)?.otherCustomer == 1, "\(ids)")
            wrong = right
            wrong.knownFrom[0] = .min
            #expect(try found(wrong, 950, 0)?.notYetKnown == 1, "\(ids)")
            wrong = right
            wrong.customers[0] = 1
            #expect(try found(wrong, 1001, 1)?.otherCustomer == 1, "\(ids)")
            // A session that nobody named.
            (wrong.customers[1], wrong.knownFrom[1], wrong.customers[0]) = (0, .min, -1)
            #expect(try found(wrong, 1001, 0)?.notYetKnown == 1, "\(ids)")
        }
    }

    @Test func judgesAreChosenByTheirOwnIdWhereverItIsRead() throws {
        let ids = (0..<400).map { "c\($0)" }
        var (known, strange) = (CustomerIndex(ids: ids), CustomerIndex())
        let numbers = ids.reversed().map { strange.number(of: $0) }
        let (judges, others) = (known.judges(share: 0.3), strange.judges(share: 0.3))
        #expect((80...160).contains(judges.count), "\(judges.count)")
        #expect(Set(zip(ids.reversed(), numbers).filter { others.contains($0.1) }.map(\.0)) == Set(judges.map { ids[Int($0)] }))
        #expect(known.judges(share: 0).isEmpty && known.judges(share: 1).count == 400 && judges.isSubset(of: known.judges(share: 0.5)))
        _ = known.number(of: "late")
        #expect(known.judges(share: 1).count == 401)
        // Under a key the id in clear and its digest are the same customer.
        let key = Array("a key of sixteen bytes".utf8)
        var (clear, digests) = (CustomerIndex(key: key), CustomerIndex(ids: ids.map { CustomerIndex.pseudonym(of: $0, key: key) }))
        for id in ids { _ = clear.number(of: id) }
        #expect(clear.judges(share: 0.3) == digests.judges(share: 0.3) && clear.judges(share: 0.3) != judges)
        #expect(digests.number(of: "x") == 400)
    }

    @Test func plantedLeaksAreThrown() throws {
        let corpus = try tiny.corpus(TinyCorpus.rows)
        let customers = try SessionCustomers(corpus)
        let link = try WebToAppLink(corpus, customers)
        let asked = decisions(corpus, [("d", 1_200_001, "a")])
        let sessions = Dictionary(uniqueKeysWithValues: (0..<corpus.sessionCount).map { (corpus.sessionKey($0), Int32($0)) })
        func violations(_ names: [String], _ asked: Decisions, _ link: WebToAppLink) -> LinkViolations? {
            do throws(LinkingError) {
                try link.check(LinkedSessions(offsets: [0, names.count], sessions: names.map { sessions[$0]! }), asked)
                return nil
            } catch {
                guard case .leak(let found) = error else { return nil }
                return found
            }
        }
        #expect(violations(["s1", "s3"], asked, link) == nil)
        // A session that went on after the decision.
        let early = decisions(corpus, [("d", 1_200_000, "a")])
        #expect(violations(["s1", "s3"], early, link)?.afterDecision == 1)
        // Another customer's, one of two customers, and nobody's.
        #expect(violations(["s4"], decisions(corpus, [("d", 1_600_000, "a")]), link)?.otherCustomer == 1)
        #expect(violations(["s5"], decisions(corpus, [("d", 1_600_000, "a")]), link)?.otherCustomer == 1)
        #expect(violations(["s7"], decisions(corpus, [("d", 1_600_000, "a")]), link)?.otherCustomer == 1)
        #expect(violations(["s3", "s1"], asked, link)?.outOfOrder == 1)
        #expect(violations(["s1", "s1"], asked, link)?.outOfOrder == 1)
        let short = try WebToAppLink(corpus, customers, windowSeconds: 1000)
        #expect(violations(["s1"], asked, short)?.beforeWindow == 1)
        #expect(throws: LinkingError.self) { try link.check(LinkedSessions(offsets: [0, 2], sessions: [0]), asked) }
        #expect(throws: LinkingError.self) { try link.check(LinkedSessions(offsets: [0, 1], sessions: [99]), asked) }
        // A link by visitor to one who logs in later, and one of a browser that two share.
        let wide = try WebToAppLink(corpus, SessionCustomers(corpus, byVisitor: true))
        #expect(violations(["s2"], decisions(corpus, [("d", 1_460_000, "a")]), wide) == nil)
        #expect(violations(["s6"], decisions(corpus, [("d", 1_460_000, "a")]), wide)?.otherCustomer == 1)
        let later = try tiny.corpus("v1,s1,1000,,home\nv1,s2,9000,a,login\n", name: "later")
        let known = try WebToAppLink(later, SessionCustomers(later, byVisitor: true))
        let tooEarly = decisions(later, [("d", 5000, "a")])
        #expect(try known.sessions(of: tooEarly).sessions.isEmpty)
        do throws(LinkingError) {
            try known.check(LinkedSessions(offsets: [0, 1], sessions: [0]), tooEarly)
            Issue.record("a link that nobody could know of yet was let through")
        } catch {
            guard case .leak(let found) = error else { throw error }
            #expect(found.notYetKnown == 1 && found.otherCustomer == 0)
        }
        // What is made of links looks at them again.
        let leaking = LinkedSessions(offsets: [0, 1], sessions: [sessions["s4"]!])
        #expect(throws: LinkingError.self) { try LinkedVectors(leaking, of: asked, link: link, tables: []) }
    }

    @Test func customersAreDigestsUnderAKeyAndStillMatch() throws {
        let key = Array("a key of sixteen bytes".utf8)
        let corpus = try tiny.corpus(TinyCorpus.rows.replacing(",a,", with: ",secret-a,"), key: key)
        #expect(corpus.schema.pseudonymised == ["visitor", "customer"])
        for name in try FileManager.default.contentsOfDirectory(atPath: tiny.path("c")) {
            let bytes = try Data(contentsOf: tiny.folder.appending(path: "c/\(name)"))
            #expect(bytes.range(of: Data("secret-a".utf8)) == nil, "\(name)")
        }
        let times: [Int64] = [1_300_000_000_000]
        var index = CustomerIndex(corpus, key: key)
        let asked = Decisions(ids: ["d"], times: times, customers: [index.number(of: "secret-a")])
        let link = try WebToAppLink(corpus, SessionCustomers(corpus))
        #expect(try link.sessions(of: asked).sessions.count == 2)
        #expect(index.number(of: CustomerIndex.pseudonym(of: "secret-a", key: key)) == asked.customers[0])
        #expect(index.number(of: "new") == index.number(of: "new") && index.number(of: "new") != index.number(of: "newer"))
        var keyless = CustomerIndex(corpus)
        let lost = Decisions(ids: ["d"], times: times, customers: [keyless.number(of: "secret-a")])
        #expect(throws: LinkingError.keyNeeded(corpus: corpus.path)) { try keyless.refuseMissingKey(corpus, decisions: lost) }
    }

    @Test func nothingReadsTheCustomer() throws {
        let corpus = try tiny.corpus(TinyCorpus.rows)
        var plain = TinyCorpus.mapping
        plain.customer = nil
        let without = try tiny.corpus(TinyCorpus.rows, mapping: plain, name: "plain")
        #expect(corpus.schema.fields.map(\.role) == [.input, .identity] && corpus.schema.field("customer")?.kind == .categorical)
        #expect(corpus.codes("customer") == nil && corpus.dictionary("customer") == nil && corpus.customers?.ids.count == 2)
        #expect(corpus.schema.differences(from: without.schema).isEmpty && without.schema.differences(from: corpus.schema).isEmpty)
        #expect(without.customers == nil)
        #expect(throws: LinkingError.noCustomers(corpus: without.path)) { try SessionCustomers(without) }
    }

    @Test func aCorpusWithoutTimesIsRefused() throws {
        var mapping = TinyCorpus.mapping
        mapping.time = nil
        let corpus = try tiny.corpus(TinyCorpus.rows, mapping: mapping)
        #expect(throws: LinkingError.noTimes(corpus: corpus.path)) { try SessionCustomers(corpus) }
    }

    @Test func aTableOfLinksTakesThePlaceOfLogins() throws {
        let corpus = try tiny.corpus(TinyCorpus.rows)
        var index = CustomerIndex(corpus)
        let text = "visitor_id,customer_id,time_ms\nv1,b,\nv5,a,1500000500\nv9,a,\nv2,,\nv2,a,noon\nv3,a,\nv3,b,\n"
        let table = try LinkTable(tiny.table(text, needed: "customer_id"), corpus: corpus, customers: &index)
        #expect(table.rows == 7)
        #expect(table.rejects.counts == [.unknownVisitor: 1, .missingIdentity: 1, .badTime: 1])
        #expect(table.rejects.kept.map(\.line) == [4, 5, 6])
        #expect(table.sessions.counts.byVisitor == 3 && table.sessions.counts.sharedVisitors == 1)
        let link = try WebToAppLink(corpus, table.sessions)
        let asked = decisions(corpus, [("d", 1_600_000, "b"), ("known at the half second", 1_500_000, "a"), ("then", 1_500_001, "a")])
        #expect(try keys(corpus, link.sessions(of: asked)) == [["s1", "s2"], [], ["s7"]])
        let sessions = try LinkTable(
            tiny.table("session_id;customer_id\ns7;new\ns1;a\ns1;b\nzz;a\n", needed: "customer_id"), corpus: corpus, customers: &index)
        #expect(sessions.sessions.counts.identified == 1 && sessions.sessions.counts.conflicts == 1)
        #expect(sessions.rejects.counts == [.unknownSession: 1])
        // Where both are named, the session is meant, and other sessions of its visitor stay as they are.
        let both = try LinkTable(
            tiny.table("customer_id,session_id,visitor_id\na,s1,v1\n", needed: "customer_id"), corpus: corpus, customers: &index)
        #expect(both.sessions.counts.identified == 1 && both.sessions.counts.byVisitor == 0)
        for bad in ["customer_id,x\na,b\n", "customer_id,session_id\n", "a,b\n"] {
            #expect(throws: TableError.self) {
                try LinkTable(tiny.table(bad, needed: "customer_id"), corpus: corpus, customers: &index)
            }
        }
    }

    @Test func decisionsAreReadRowByRow() throws {
        var index = CustomerIndex()
        let text = "decision_id,time_ms,customer_id\nd1,1000,a\nd2,,a\nd1,5,b\n,5,b\nd3,99999999999999999,a\nd4,7,a,x\nd5,-5,\"a\"\n"
        let table = try DecisionTable(tiny.table(text, needed: "decision_id"), customers: &index)
        #expect(table.decisions == Decisions(ids: ["d1", "d5"], times: [1_000_000, -5000], customers: [0, 0]) && table.rows == 7)
        #expect(table.rejects.counts == [.badTime: 2, .duplicateIdentity: 1, .missingIdentity: 1, .wrongFieldCount: 1])
        #expect(table.rejects.csv.hasPrefix("file,line,reason,hint\nt.csv,3,bad_time,"))
    }

    @Test func decisionsMayHaveMicroseconds() throws {
        var index = CustomerIndex()
        let text = "decision_id,time_us,customer_id,time_ms\nd1,1001,a,9\nd2,1.5,a,9\n"
        let table = try DecisionTable(tiny.table(text, needed: "decision_id"), customers: &index)
        #expect(table.decisions.times == [1001] && table.rejects.kept.first?.hint == "expected whole microseconds since 1970")
    }

    /// A decision may be made again for which there was no session: then there is nothing to link, and no table is wrong for it.
    @Test func noSessionsNeedNoLinks() throws {
        let full = try tiny.corpus(TinyCorpus.rows), empty = Corpus([], schema: full.schema)
        var index = CustomerIndex(empty)
        let none = try tiny.table("customer_id,session_id\n", needed: "customer_id")
        let links = try LinkTable(none, corpus: empty, customers: &index)
        #expect(links.rows == 0 && links.sessions.counts == SessionCustomers.Counts())
        #expect(throws: TableError.self) { try LinkTable(none, corpus: full, customers: &index) }
        #expect(throws: TableError.self) {
            try LinkTable(tiny.table("customer_id,session_id\na,s1\n", needed: "customer_id"), corpus: empty, customers: &index)
        }
    }

    @Test func quotesAreDoubledWhateverFollowsThem() throws {
        for text in ["\"\u{301}x", "a\"\"b,", "\u{301},\"", "e\"\u{20DD}\n\"", "\r"] {
            let table = try tiny.table("id,text\n1,\(CSVText.quoted(text))\n", needed: "id")
            var (rejects, found) = (RejectedRows(), [String]())
            table.rows(&rejects) { row, _ in found.append(row.text(1)) }
            #expect(found.map { Array($0.utf8) } == [Array(text.utf8)] && rejects.total == 0)
        }
    }
}
