import Audit
import EventStream
import Foundation
import InferenceService
import Recommendation
import Studies
import Testing

/// Tiles for a request are ranked to the byte as `tessera rank score` ranks them from files.
@Suite struct RankAnswerTests {
    let shop: AppShop
    let files: FilePath
    init() throws {
        shop = try AppShop.made.get()
        files = try FilePath(shop)
    }

    private var input: SessionInput { SessionInput(schema: shop.schema, limits: .init(events: 64, fields: 32, fieldBytes: 256)) }

    private func request(_ json: String, now: Int64 = AppShop.start) throws -> RankRequest {
        try reading(json) { try RankRequest(&$0, input, numbers: ["fee"], now: now) }
    }

    private static func time(_ sessions: [SessionRecord]) -> Int64 {
        // Whole milliseconds, which the command's tables have.
        (sessions.compactMap { $0.times.last! }.max() ?? AppShop.start) / 1000 * 1000 + 60_000_000
    }

    private func links(_ sessions: [SessionRecord], _ customer: String) throws -> String {
        // A table of links must have a row; nobody's does not matter.
        let rows = sessions.map { "\($0.session),\(customer)\n" }.joined()
        return try files.folder.write("session_id,customer_id\n" + rows, to: "links.csv")
    }

    /// The request, and the same in files.
    private func both(
        _ sessions: [SessionRecord], time: Int64? = nil, customer: [(String, String)] = [("age", "44"), ("segment", "\"private\"")],
        tiles: [String]? = nil, fees: [String]? = nil, top: Int? = nil, rules: EligibilityRules? = nil, catalogue: String? = nil
    ) throws -> (answer: String, line: String) {
        let time = time ?? Self.time(sessions)
        let path = catalogue ?? shop.folder("tiles.csv"), catalogue = try TileCatalogue(path)
        let own = tiles ?? catalogue.tiles
        let columns = customer.map(\.0), values = customer.map { $0.1 == "null" ? "" : $0.1.replacing("\"", with: "") }
        let attributes = customer.map { ",\"\($0.0)\":\($0.1)" }.joined()
        var json = "{\"impression_id\":\"i\\u0031\",\"time_us\":\(time),\"customer\":{\"customer_id\":\"c7\"\(attributes)}"
        json += ",\"sessions\":[\(sessions.map(\.request).joined(separator: ","))]"
        if let tiles {
            let texts = tiles.enumerated().map { place, name in
                fees.map { "{\"fee\":\($0[place]),\"tile\":\"\(name)\"}" } ?? "\"\(name)\""
            }
            json += ",\"tiles\":[\(texts.joined(separator: ","))]"
        }
        json += (top.map { ",\"top\":\($0)" } ?? "") + "}"
        let answer = try shop.ranking(rules: rules, catalogue: catalogue).answer(request(json))

        var tables = AppTables.Files(
            customers: try files.folder.write(
                (["customer_id"] + columns).joined(separator: ",") + "\n" + (["c7"] + values).joined(separator: ",") + "\n",
                to: "customers.csv"),
            impressions: try files.folder.write(
                "impression_id,time_ms,customer_id,tiles,fee\ni1,\(time / 1000),c7,\(own.joined(separator: "|")),"
                    + "\((fees ?? own.map { _ in "" }).map { $0 == "null" ? "" : $0 }.joined(separator: "|"))\n", to: "impressions.csv"),
            tiles: path, links: try links(sessions, "c7"))
        tables.format.features = ["fee"]
        return (answer, try files.rank(tables, files.corpus(sessions), top: top, rules: rules))
    }

    @Test func sameBytes() throws {
        let sessions = Array(shop.sessions[4..<7])
        let all = try both(sessions)
        #expect(all.answer == all.line && all.answer.hasPrefix("{\"impression_id\":\"i1\",\"tiles\":[{\"tile\":\"t-"))
        #expect(all.answer.utf8.count(where: { $0 == UInt8(ascii: "{") }) == 6 && all.answer.hasSuffix("\"removed\":[]}\n"))
        let some = try both(sessions, tiles: ["t-loan", "t-card"], fees: ["2.50", "null"], top: 1)
        #expect(some.answer == some.line && some.answer != all.answer)
        let other = try both(Array(shop.sessions[40..<41]), customer: [("segment", "\"business\""), ("age", "19.5"), ("hobby", "7")])
        #expect(other.answer == other.line && other.answer != all.answer)
    }

    /// Whoever has no session, no feature, or tiles that nobody knows.
    @Test func coldStart() throws {
        let nobody = try both([], time: AppShop.start, customer: [("age", "null")])
        #expect(nobody.answer == nobody.line)
        let unknown = try both(Array(shop.sessions[0..<2]), customer: [], tiles: ["t-new", "t-unknown", "t-fund"])
        #expect(unknown.answer == unknown.line && unknown.answer.contains("t-unknown"))
    }

    /// What ended after the decision or before the window is left out, and order of time does not matter.
    @Test func otherTimes() throws {
        let sessions = [shop.sessions[9], shop.sessions[4], shop.sessions[8]]
        let middle = sessions[1].times.last!! / 1000 * 1000 + 1000
        let early = try both(sessions, time: middle)
        #expect(early.answer == early.line)
        #expect(try both([sessions[1]], time: middle).answer == early.answer)
        let late = try both(sessions, time: Self.time(sessions) + 31 * 24 * AppShop.hour)
        #expect(late.answer == late.line)
        #expect(try both([], time: Self.time(sessions)).answer == late.answer)
    }

    /// Tiles of later days, whose texts alone would make other features.
    @Test func otherCatalogue() throws {
        let path = try files.folder.write("price,tile,colour,kind\n9,t-next,red,loan\n,t-card,,bond\n3,t-fund,blue,fund\n", to: "tiles.csv")
        let found = try both(Array(shop.sessions[30..<33]), catalogue: path)
        #expect(found.answer == found.line && found.answer.contains("t-next") && !found.answer.contains("t-loan"))
    }

    @Test func rules() throws {
        let rules = try JSONDecoder().decode(
            EligibilityRules.self,
            from: Data(
                #"{"rules":[{"id":"grown","tiles":["t-loan"],"requires":{"age":{"atLeast":30}},"reason":"Loans are for adults."},"#.utf8)
                + Data(#"{"id":"mine","where":{"kind":{"is":["fund"]}},"excludes":{"holds":{"is":["fund"]}}}]}"#.utf8))
        let young = try both(
            Array(shop.sessions[2..<4]), customer: [("age", "20"), ("segment", "null"), ("holds", "\"card|fund\"")], rules: rules)
        #expect(young.answer == young.line && young.answer.contains("\"rule\":\"grown\"") && young.answer.contains("\"rule\":\"mine\""))
        let old = try both(Array(shop.sessions[2..<4]), customer: [("age", "60"), ("segment", "null"), ("holds", "\"\"")], rules: rules)
        #expect(old.answer == old.line && old.answer.contains("\"removed\":[]"))
        // A column that the request lacks is missing, and a rule of columns or tiles that are not there is refused when the bundle is read.
        #expect(try shop.ranking(rules: rules).customerColumns.contains("holds"))
        var wrong = rules
        wrong.rules[0].tiles = ["t-lone"]
        #expect(throws: TableError.self) { try shop.ranking(rules: wrong) }
    }

    @Test func defaultTime() throws {
        let session = shop.sessions[3]
        let json = "{\"impression_id\":\"i\",\"customer\":{\"customer_id\":7},\"sessions\":[\(session.request)]}"
        let own = try request(json)
        #expect(own.decision.time == session.times.last!! + 1 && own.decision.customerID == "7" && own.tiles == nil && own.top == nil)
        #expect(try request("{\"impression_id\":\"i\",\"customer\":{\"customer_id\":\"c\"}}", now: 77).decision.time == 77)
        let text =
            "{\"time\":\"2026-01-05T10:00:00+01:00\",\"impression_id\":\"i\",\"customer\":{\"customer_id\":\"c\"},\"consent\":\"given\"}"
        let zoned = try request(text).decision
        #expect(zoned.time == AppShop.start && zoned.consent == .given)
        // Several sessions of one name are several sessions.
        let pair = [shop.sessions[3], shop.sessions[60]]
        func answer(_ sessions: [String]) throws -> String {
            let text = "{\"impression_id\":\"i\",\"customer\":{\"customer_id\":\"c\"},\"sessions\":[\(sessions.joined(separator: ","))]}"
            return try shop.ranking().answer(request(text))
        }
        let nameless = pair.map { $0.request.replacing("\"session\":\"\($0.session)\",", with: "") }
        #expect(try answer(nameless) == answer(pair.map(\.request)) && answer(nameless) != answer([nameless[1]]))
    }

    @Test(arguments: [
        (#"{"customer":{"customer_id":"c"}}"#, "impression_id"),
        (#"{"impression_id":"","customer":{"customer_id":"c"}}"#, "impression_id"),
        (#"{"impression_id":"i"}"#, "customer"),
        (#"{"impression_id":"i","customer":{"age":"9"}}"#, "customer.customer_id"),
        (#"{"impression_id":"i","customer":{"customer_id":null}}"#, "customer.customer_id"),
        (#"{"impression_id":"i","customer":{"customer_id":"c","age":[1]}}"#, "customer.age"),
        (#"{"impression_id":"i","customer":{"customer_id":"c","age":"1","age":"2"}}"#, "customer.age"),
        (#"{"impression_id":"i","customer":"c"}"#, "customer"),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"who":1}"#, "who"),
        (#"{"impression_id":"i","impression_id":"i","customer":{"customer_id":"c"}}"#, "impression_id"),
        (#"{"impression_id":"i","time_ms":1,"time_us":1000,"customer":{"customer_id":"c"}}"#, "time_us"),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"top":0}"#, "top"),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"tiles":[]}"#, "tiles"),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"tiles":["a","a"]}"#, "tiles[1]"),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"tiles":[{"fee":1}]}"#, "tiles[0]"),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"tiles":[{"tile":"a","fee":"1"}]}"#, "tiles[0].fee"),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"tiles":[{"tile":"a","fee":1e30}]}"#, "tiles[0].fee"),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"tiles":[{"tile":"a","fees":1}]}"#, "tiles[0].fees"),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"sessions":[{"events":[]}]}"#, "sessions[0].events"),
        (
            #"{"impression_id":"i","customer":{"customer_id":"c"},"sessions":[{"events":[{"time_us":1,"pages":"x"}]}]}"#,
            "sessions[0].events[0].pages"
        ),
        (#"{"impression_id":"i","customer":{"customer_id":"c"},"sessions":[{"events":[{"page":"x"}]}]}"#, "sessions[0].events[0]"),
    ]) func refused(_ json: String, _ place: String) throws {
        let fault = try #require(refusal { _ = try request(json) }, "\(json) was taken")
        #expect(fault.code == .unprocessable && fault.place == place && !fault.remedy.isEmpty, "\(json): \(fault)")
    }

    @Test func tooMuch() throws {
        let head = #"{"impression_id":"i","customer":{"customer_id":"c"}"#
        let session = #"{"events":[{"time_us":1,"page":"x"}]}"#
        func many(_ count: Int, _ text: (Int) -> String) -> String { (0..<count).map(text).joined(separator: ",") }
        _ = try request("\(head),\"sessions\":[\(many(64) { _ in session })],\"tiles\":[\(many(1000) { "\"t\($0)\"" })]}")
        for (json, place) in [
            ("\(head),\"sessions\":[\(many(65) { _ in session })]}", "sessions[64]"),
            ("\(head),\"tiles\":[\(many(1001) { "\"t\($0)\"" })]}", "tiles[1000]"),
            ("{\"impression_id\":\"i\",\"customer\":{\"customer_id\":\"c\",\(many(200) { "\"a\($0)\":1" })}}", "customer.a199"),
            ("\(head),\"tiles\":[\"\(many(200) { _ in "t" })\"]}", "tiles[0]"),
        ] {
            let fault = try #require(refusal { _ = try request(json) })
            #expect(fault.code == .unprocessable && fault.place == place, "\(fault)")
        }
    }

    /// Models that do not fit are refused when the bundle is read, and texts that no table should have do no harm.
    @Test func oddThings() throws {
        #expect(throws: StudyError.self) {
            try TileRanking(
                shop.ranker, shop.rankerInputs, catalogue: shop.catalogue, rules: nil, schema: shop.schema,
                models: PreparedModels(encoder: shop.encoder))
        }
        var schema = shop.schema
        schema.hasTime = false
        #expect(throws: LinkingError.self) {
            try TileRanking(
                shop.ranker, shop.rankerInputs, catalogue: shop.catalogue, rules: nil, schema: schema, models: shop.models)
        }
        let odd = #"\u0301,\"\u0301\u2028\n\r\u0000;|"#
        let json =
            "{\"impression_id\":\"\(odd)\",\"customer\":{\"customer_id\":\"\(odd)\",\"segment\":\"\(odd)\"},"
            + "\"sessions\":[\(shop.sessions[0].request)],\"tiles\":[\"t-card\",\"\(odd)\"]}"
        let answer = try shop.ranking().answer(request(json))
        let decoded = try #require(try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any])
        #expect((decoded["tiles"] as? [Any])?.count == 2)
        let id = try #require(decoded["impression_id"] as? String)
        #expect(Array(id.utf8) == Array("\u{301},\"\u{301}\u{2028}\n\r\0;|".utf8))
    }
}
