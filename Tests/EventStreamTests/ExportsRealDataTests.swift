import EventStream
import Glibc
import Testing

/// Public exports, where they are at hand: in `TESSERA_DATA` or in `../shared/data`.
@Suite struct ExportsRealDataTests {
    func path(_ name: String) -> String? {
        let root = getenv("TESSERA_DATA").map { String(cString: $0) } ?? "../shared/data"
        if access("\(root)/\(name)", R_OK) == 0 { return "\(root)/\(name)" }
        print("skipped: \(name) is not at hand; set TESSERA_DATA")
        return nil
    }

    @Test func eshop() throws {
        guard let path = path("eshop2008/e-shop_clothing_2008.csv.gz") else { return }
        var mapping = ExportMapping()
        (mapping.session, mapping.order) = ("session ID", ["order"])
        mapping.time = .init(compose: ["year", "month", "day"], zone: "UTC")
        mapping.fields = [.init(name: "page", column: "page 2 (clothing model)", kind: .categorical), .init(name: "price", kind: .numeric)]
        let rows = try readAll(path, mapping)
        #expect(rows.count == 165_474 && rows.rejects.total == 0 && Set(rows.sessions).count == 24_026 && rows.mapping.delimiter == ";")
        #expect(rows.times.min() == 1_207_008_000_000_000)
    }

    @Test func taobaoNeedsNoMapping() throws {
        guard let path = path("taobao_userbehavior_head/user_behavior.csv.gz") else { return }
        let guess = try ExportReaders.guess(ExportInput(path: path))
        #expect(guess.mapping.visitor == "user_id" && guess.mapping.time == .init(column: "timestamp", unit: .seconds))
        #expect(guess.mapping.fields.map(\.name) == ["item_id", "category_id", "behavior"])
        let rows = try readAll(path, guess.mapping)
        #expect(rows.count == 84_287 && rows.rejects.total == 0 && Set(rows.visitors).count == 814)
    }

    @Test func trivagoHasQuotedCities() throws {
        guard let path = path("trivago2019/events.csv.gz") else { return }
        var mapping = ExportMapping()
        (mapping.visitor, mapping.session, mapping.order) = ("user_id", "session_id", ["step"])
        mapping.time = .init(column: "timestamp", unit: .seconds)
        mapping.fields = [.init(name: "city", kind: .categorical)]
        let rows = try readAll(path, mapping)
        #expect(rows.count == 67_661 && rows.rejects.total == 0 && Set(rows.sessions).count == 5_037)
        #expect(rows.fields[0].contains("Port Dickson, Malaysia"))
    }

    @Test func itemSequences() throws {
        for (set, sessions, events, pairs) in [
            ("retailrocket_sessions", 126_168, 685_984, 15_132), ("tmall_sessions", 65_286, 416_554, 25_898),
        ] {
            guard let train = path("\(set)/train_sessions.txt.gz"), let test = path("\(set)/test_prefix_target.tsv.gz") else { continue }
            let rows = try readAll(train, ExportMapping())
            #expect(rows.count == events && Set(rows.sessions).count == sessions && !rows.hasPairs && rows.rejects.total == 0, "\(set)")
            let targets = try readAll(test, ExportMapping())
            #expect(Set(targets.sessions).count == pairs && targets.hasPairs && targets.rejects.total == 0, "\(set)")
        }
    }
}
