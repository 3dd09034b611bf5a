import EventStream
import Foundation
import Recommendation
import Testing

/// Vectors of linked sessions, and how matched and unmatched decisions differ.
@Suite struct LinkedVectorTests {
    let tiny: TinyCorpus
    init() throws { tiny = try TinyCorpus() }

    @Test func latestMeanAndCounts() throws {
        let corpus = try tiny.corpus(TinyCorpus.rows)
        let link = try WebToAppLink(corpus, SessionCustomers(corpus))
        var index = CustomerIndex(corpus)
        let (a, stranger) = (index.number(of: "a"), index.number(of: "x"))
        // One day after the end of s3.
        let time = Int64(1_200_000 + TinyCorpus.day) * 1_000_000
        let asked = Decisions(ids: ["1", "2"], times: [time, time], customers: [a, stranger])
        let linked = try link.sessions(of: asked)
        var floats = [Float](repeating: 0, count: 7 * 2)
        for session in 0..<7 {
            floats[2 * session] = corpus.sessionKey(session) == "s1" ? 2 : 8
            floats[2 * session + 1] = corpus.sessionKey(session) == "s3" ? .nan : 5
        }
        var settings = LinkedVectorSettings()
        settings.halfLifeDays = 2
        let vectors = try LinkedVectors(
            linked, of: asked, link: link, tables: [SessionFloats(name: "e", columns: ["0", "1"], floats: floats)], settings: settings)
        #expect(
            vectors.names == [
                "latest.e.0", "latest.e.1", "mean.e.0", "mean.e.1", "faded.e.0", "faded.e.1", "counts.log1p_sessions",
                "counts.log1p_days_since_latest",
                "counts.absent",
            ])
        let between = Double(1_200_000 - 1_000_120) / Double(TinyCorpus.day)
        let weight = exp2(-between / 2)
        let mean = (8 + weight * 2) / (1 + weight)
        let row = vectors.floats[0..<9]
        #expect(row[0] == 8 && row[1].isNaN && abs(Double(row[2]) - mean) < 1e-6 && row[3] == 5)
        // A day is half a half-life.
        #expect(abs(Double(row[4]) - 8 * exp2(-0.5)) < 1e-6 && row[5] == 0)
        #expect(abs(Double(row[6]) - log(3)) < 1e-6 && abs(Double(row[7]) - log(2)) < 1e-6 && row[8] == 0)
        let none = Array(vectors.floats[9...])
        #expect(none.prefix(4).allSatisfy { $0.isNaN } && none[4] == 0 && none[5] == 0)
        #expect(none[6] == 0 && none[7].isNaN && none[8] == 1)
        // What is known of the customer stands before it, in the same table.
        let led = try LinkedVectors(
            linked, of: asked, link: link, tables: [SessionFloats(name: "e", columns: ["0", "1"], floats: floats)], settings: settings,
            leading: LinkedVectors.Leading(["x", "y"]) { [Float($0), .nan] })
        #expect(led.names == ["x", "y"] + vectors.names && led.floats.count == 22)
        for decision in 0..<2 {
            let whole = led.floats[decision * 11..<(decision + 1) * 11].map(\.bitPattern)
            #expect(whole[0] == Float(decision).bitPattern && led.floats[decision * 11 + 1].isNaN)
            #expect(Array(whole[2...]) == vectors.floats[decision * 9..<(decision + 1) * 9].map(\.bitPattern))
        }
        settings.halfLifeDays = 0
        #expect(throws: LinkingError.self) { try LinkedVectors(linked, of: asked, link: link, tables: [], settings: settings) }
    }

    @Test func settingsAreReadStrictly() throws {
        func read(_ text: String) throws -> LinkedVectorSettings {
            try JSONDecoder().decode(LinkedVectorSettings.self, from: Data(text.utf8))
        }
        #expect(try read("{}") == LinkedVectorSettings() && read("{\"halfLifeDays\":3}").halfLifeDays == 3)
        for bad in ["{\"halflifeDays\":3}", "{\"halfLifeDays\":0}"] { #expect(throws: (any Error).self) { try read(bad) } }
    }

    @Test func standardisedDifferences() throws {
        let corpus = try tiny.corpus(TinyCorpus.rows)
        let link = try WebToAppLink(corpus, SessionCustomers(corpus))
        var index = CustomerIndex(corpus)
        let (a, x, y) = (index.number(of: "a"), index.number(of: "x"), index.number(of: "y"))
        let time: Int64 = 1_600_000_000_000
        let asked = Decisions(ids: ["1", "2", "3", "4"], times: [time, time, time, time], customers: [a, a, x, y])
        let linked = try link.sessions(of: asked)
        // Matched 1 and 3 (mean 2, variance 2), unmatched 5 and 9 (mean 7, variance 8): −5 / √5.
        let summary = LinkSummary(
            linked, of: asked, link: link, features: (["same", "far", "gone"], [1, 1, .nan, 1, 3, 2, 1, 5, .nan, 1, 9, .nan]))
        #expect(summary.differences.map(\.name) == ["far", "same"])
        #expect(abs(summary.differences[0].standardised + 5 / 5.0.squareRoot()) < 1e-12 && summary.differences[1].standardised == 0)
        #expect(summary.differences[0].matched == 2 && summary.differences[0].unmatched == 7)
        #expect(summary.matchRate == 0.5 && summary.sessionsPerMatch?.median == 2)
    }

    @Test func linesNameNoCustomer() throws {
        let corpus = try tiny.corpus(TinyCorpus.rows)
        let link = try WebToAppLink(corpus, SessionCustomers(corpus))
        var index = CustomerIndex(corpus)
        let asked = Decisions(
            ids: ["d,1", "d2"], times: [1_300_000_000_000, 5_000], customers: [index.number(of: "a"), index.number(of: "zz")])
        let lines = LinkLines(try link.sessions(of: asked), of: asked, link: link)
        try lines.write(to: tiny.path("l.csv"))
        try lines.write(to: tiny.path("l.jsonl"))
        #expect(
            try String(contentsOfFile: tiny.path("l.csv"), encoding: .utf8)
                == "decision_id,time_ms,session_id,ended_ms\n\"d,1\",1300000000,s1,1000120000\n\"d,1\",1300000000,s3,1200000000\nd2,5,,\n")
        #expect(
            try String(contentsOfFile: tiny.path("l.jsonl"), encoding: .utf8)
                == "{\"decision_id\":\"d,1\",\"time_ms\":1300000000,\"sessions\":[\"s1\",\"s3\"]}\n"
                + "{\"decision_id\":\"d2\",\"time_ms\":5,\"sessions\":[]}\n")
    }
}
