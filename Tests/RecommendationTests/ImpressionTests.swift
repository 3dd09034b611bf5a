import Foundation
import Recommendation
import Testing

/// Logs of impressions in two forms, and everything that can be wrong with them.
@Suite struct ImpressionTests {
    static let header = "impression_id,time_ms,customer_id,tile,position,clicked,probability\n"

    static func read(_ text: String, _ change: (inout ImpressionFormat) -> Void = { _ in }) throws -> ImpressionLog {
        var format = ImpressionFormat()
        change(&format)
        var customers = CustomerIndex()
        return try ImpressionLog(
            DelimitedTable(Array(text.utf8), path: "i.csv", needed: format.impression), format: format, customers: &customers)
    }

    static func refused(_ rows: String, _ change: (inout ImpressionFormat) -> Void = { _ in }) throws -> [RowRejectReason: Int] {
        // One good impression, so that something is read.
        try read(header + "good,5,c,t1,1,0,0.5\n" + rows, change).rejects.counts
    }

    @Test func rowsThatStandApartAreOneImpressionByPosition() throws {
        let log = try Self.read(
            Self.header + "i1,1000,a,card,2,1,\ni2,2000,b,loan,1,0,0.25\ni1,1000,a,loan,1,0,0.75\ni1,1000,a,fund,,0,0\n")
        #expect(log.decisions == Decisions(ids: ["i1", "i2"], times: [1_000_000, 2_000_000], customers: [0, 1]))
        #expect(log.offsets == [0, 3, 4] && log.tiles.map { log.tileNames[Int($0)] } == ["loan", "card", "fund", "loan"])
        #expect(log.positions == [1, 2, 0, 1] && log.clicked == [false, true, false, false])
        #expect(log.click(0) == 1 && log.click(1) == nil)
        #expect(log.probabilities[0] == 0.75 && log.probabilities[1].isNaN && log.probabilities[2].isNaN && log.probabilities[3] == 0.25)
        var expected = ImpressionLog.Counts()
        (expected.rows, expected.impressions, expected.tiles, expected.withoutClick, expected.singleTile) = (4, 2, 4, 1, 1)
        (expected.scattered, expected.withoutPosition, expected.missingProbability, expected.zeroProbability) = (1, 1, 1, 1)
        #expect(log.counts == expected && log.rejects.total == 0)
    }

    @Test func homePagesThatAreYetToBeShownHaveNoClicks() throws {
        let long = "impression_id,time_ms,customer_id,tile\ni,1,a,card\ni,1,a,loan\n"
        let wide = "impression_id,time_ms,customer_id,tiles\ni,1,a,card|loan\n"
        let empty = Self.header + "i,1,a,card,1,,\ni,1,a,loan,2,,\n"
        for text in [long, wide, empty] {
            let log = try Self.read(text) { $0.needsClicks = false }
            #expect(log.tiles.count == 2 && log.clicked == [false, false] && log.rejects.total == 0)
            #expect(throws: TableError.self) { try Self.read(text) }
        }
    }

    @Test func wideRows() throws {
        let log = try Self.read(
            "impression_id,time_ms,customer_id,tiles,clicked_tile,probabilities,f_price,f_day\n"
                + "i1,1,a,card|loan|fund,loan,0.5||0.25,1|2|3,7\ni2,2,a,card,,,,\ni3,3,a,card|loan,card|loan,,5,\n"
        ) {
            $0.featurePrefix = "f_"
            $0.severalClicks = .first
        }
        #expect(log.offsets == [0, 3, 4, 6] && log.clicked == [false, true, false, false, true, false])
        #expect(log.positions == [1, 2, 3, 1, 1, 2] && log.probabilities[0] == 0.5 && log.probabilities[1].isNaN)
        #expect(log.featureNames == ["f_price", "f_day"])
        #expect(
            log.features[0..<6].elementsEqual([1, 7, 2, 7, 3, 7]) && log.features[6].isNaN && log.features[8] == 5 && log.features[10] == 5)
        #expect(log.counts.severalClicks == 1 && log.counts.withoutClick == 1 && log.counts.singleTile == 1)
    }

    @Test func whatCannotBeInAnImpressionIsRefusedWithItsLine() throws {
        let wide = "impression_id,time_ms,customer_id,tiles,clicked_tile\ngood,1,a,card,\n"
        let log = try Self.read(wide + "i,1,a,card|loan,fund\nj,1,a,,\nk,1,a,card||loan,\ngood,1,a,loan,\nl,1,a,card|card,\nm,1,a,x,\n")
        #expect(
            log.rejects.counts == [
                .clickedNotShown: 1, .noTiles: 1, .missingIdentity: 1, .duplicateIdentity: 1, .partRefused: 1, .duplicateTile: 1,
            ])
        #expect(log.rejects.kept.first { $0.reason == .clickedNotShown }?.line == 3)
        #expect(log.decisions.ids == ["m"] && log.counts.rows == 7)
        for reject in log.rejects.kept { #expect(!reject.description.contains("fund") && !reject.description.contains("loan")) }
    }

    @Test func oneRefusedRowTakesItsImpressionWithIt() throws {
        #expect(try Self.refused("i,1,a,t1,1,0,\ni,1,a,t2,x,0,\ni,1,a,t3,3,0,\n") == [.badPosition: 1, .partRefused: 2])
        #expect(try Self.refused("i,1,a,t1,1,0,\ni,1,a,t2,1,0,\n") == [.duplicatePosition: 1, .partRefused: 1])
        #expect(try Self.refused("i,1,a,t1,1,0,\ni,1,a,t1,2,0,\n") == [.duplicateTile: 1, .partRefused: 1])
        #expect(try Self.refused("i,1,a,t1,1,0,\ni,1,b,t2,2,0,\n") == [.contradictingRows: 1, .partRefused: 1])
        #expect(try Self.refused("i,1,a,t1,1,0,\ni,2,a,t2,2,0,\n") == [.contradictingRows: 1, .partRefused: 1])
        #expect(try Self.refused("i,1,a,t1,1,0,1.5\n") == [.badProbability: 1])
        #expect(try Self.refused("i,1,a,t1,1,perhaps,\n") == [.badClick: 1])
        #expect(try Self.refused("i,1,a,t1,0,0,\n") == [.badPosition: 1])
        #expect(try Self.refused("i,noon,a,t1,1,0,\n") == [.badTime: 1])
        #expect(try Self.refused(",1,a,t1,1,0,\ni,1,,t1,1,0,\nj,1,a,,1,0,\n") == [.missingIdentity: 3])
        #expect(try Self.refused("i,1,a,t1\n\"i,1,a,t1,1,0,\n") == [.wrongFieldCount: 1, .badQuoting: 1])
        // The first row is refused, and what follows of the impression is, too.
        #expect(try Self.refused("i,1,a,t1,1,2,\ni,9,a,t2,2,1,\ni,9,a,t3,3,1,\n") == [.badClick: 1, .partRefused: 2])
    }

    @Test func severalClicksAreAPolicy() throws {
        let rows = "i,1,a,t1,2,1,\ni,1,a,t2,1,1,\n"
        #expect(try Self.refused(rows) == [.severalClicks: 1, .partRefused: 1])
        let log = try Self.read(Self.header + rows) { $0.severalClicks = .first }
        #expect(log.clicked == [true, false] && log.tileNames[Int(log.tiles[0])] == "t2" && log.counts.severalClicks == 1)
    }

    @Test func probabilitiesMayBeNeeded() throws {
        let rows = "i,1,a,t1,1,0,0\ni,1,a,t2,2,1,1\nj,1,a,t1,1,0,\nk,1,a,t1,1,0,1\n"
        #expect(try Self.refused(rows) == [:])
        #expect(
            try Self.refused(rows) { $0.missingProbabilities = .needed } == [.zeroProbability: 1, .partRefused: 1, .missingProbability: 1])
    }

    @Test func featuresAreNumbers() throws {
        let text = "impression_id,time_ms,customer_id,tile,clicked,price\ni,1,a,t,0,1e3\nj,1,a,t,1,\nk,1,a,t,0,dear\n"
        let log = try Self.read(text) { $0.features = ["price"] }
        #expect(log.features[0] == 1000 && log.features[1].isNaN && log.rejects.counts == [.badNumber: 1])
        #expect(log.positions == [0, 0])
        #expect(throws: TableError.self) { try Self.read(text) { $0.features = ["cost"] } }
    }

    @Test func otherNamesAndWrongHeaders() throws {
        let log = try Self.read("id;at;who;tile;clicked\n1;7;x;t;TRUE\n") {
            ($0.impression, $0.time, $0.customer, $0.timeUnit) = ("id", "at", "who", .seconds)
        }
        #expect(log.decisions.times == [7_000_000] && log.clicked == [true])
        for bad in ["", "nothing\n", "impression_id,time_ms\n1,2\n", "impression_id,impression_id\n", Self.header] {
            #expect(throws: TableError.self) { try Self.read(bad) }
        }
        do {
            _ = try Self.read(Self.header + "i,x,secret,t,1,0,\n")
            Issue.record("nothing was read, and nothing thrown")
        } catch let error as TableError {
            #expect(error.description.contains("i.csv:2: bad_time") && !error.description.contains("secret"))
        }
    }

    @Test func formatsAreReadStrictly() throws {
        func read(_ text: String) throws -> ImpressionFormat { try JSONDecoder().decode(ImpressionFormat.self, from: Data(text.utf8)) }
        #expect(try read("{}") == ImpressionFormat() && read("{\"severalClicks\":\"first\",\"timeUnit\":\"us\"}").severalClicks == .first)
        for bad in ["{\"tyle\":\"x\"}", "{\"separator\":\"||\"}", "{\"featurePrefix\":\"\"}", "{\"severalClicks\":\"last\"}"] {
            #expect(throws: (any Error).self) { try read(bad) }
        }
    }
}
