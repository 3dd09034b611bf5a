import DurableFiles
import EventStream
import Glibc
import Testing

/// Counts of public data sets; skipped where they are not at hand (`TESSERA_DATA`, or `../shared/data`).
@Suite struct ImportRealDataTests {
    static var root: String { getenv("TESSERA_DATA").map { String(cString: $0) } ?? "../shared/data" }
    static func has(_ file: String) -> Bool { access(root + "/" + file, R_OK) == 0 }

    static let taobao = "taobao_userbehavior_head/user_behavior.csv.gz"
    static let eshop = "eshop2008/e-shop_clothing_2008.csv.gz"
    static let trivago = "trivago2019/events.csv.gz"

    let folder: ImportFolder
    init() throws { folder = try ImportFolder() }

    func counts(_ file: String, _ change: (inout ExportMapping) -> Void) throws -> [Int] {
        var mapping = ExportMapping()
        mapping.format = .csv
        change(&mapping)
        var rejects = RejectCollector()
        let source = try ExportReaders.open(Self.root + "/" + file, mapping: mapping)
        let summary = try ExportImporter().run(sources: [source], to: folder("corpus"), rejects: &rejects)
        let corpus = try Corpus.open(folder("corpus"))
        #expect(corpus.eventCount == summary.counts.events && corpus.sessionCount == summary.counts.sessions)
        return [summary.counts.events, summary.counts.sessions, summary.counts.duplicates, rejects.total]
    }

    @Test(.enabled(if: has(taobao), "no \(taobao) under TESSERA_DATA or ../shared/data"))
    func taobaoAtThirtyMinutes() throws {
        let counts = try counts(Self.taobao) {
            $0.visitor = "user_id"
            $0.time = .init(column: "timestamp", unit: .seconds)
            $0.fields = ["item_id", "category_id", "behavior"].map { .init(name: $0, kind: .categorical) }
        }
        #expect(counts == [84_287, 14_096, 0, 0])
    }

    @Test(.enabled(if: has(eshop), "no \(eshop) under TESSERA_DATA or ../shared/data"))
    func eshopByItsOwnSessions() throws {
        let counts = try counts(Self.eshop) {
            $0.delimiter = ";"
            $0.session = "session ID"
            $0.time = .init(compose: ["year", "month", "day"], zone: "UTC")
            $0.order = ["order"]
            $0.fields = [
                .init(name: "model", column: "page 2 (clothing model)", kind: .categorical), .init(name: "price", kind: .numeric),
            ]
        }
        #expect(counts == [165_474, 24_026, 0, 0])
    }

    @Test(.enabled(if: has(trivago), "no \(trivago) under TESSERA_DATA or ../shared/data"))
    func trivagoByItsOwnSessions() throws {
        let counts = try counts(Self.trivago) {
            $0.visitor = "user_id"
            $0.session = "session_id"
            $0.time = .init(column: "timestamp", unit: .seconds)
            $0.order = ["step"]
            $0.fields = ["action_type", "reference", "platform", "city", "device"].map { .init(name: $0, kind: .categorical) }
        }
        #expect(counts == [67_661, 5_037, 0, 0])
    }
}
