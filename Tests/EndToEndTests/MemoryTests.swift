import Foundation
import Testing

/// What a run takes of the memory.
@Suite struct MemoryTests {
    /// Every row brings a visitor and a page that were never there before: the worst there is for tables.
    @Test func anImportOfTenTimesTheRowsTakesNoMoreMemory() throws {
        let bench = try Workbench()
        try bench.write(TinyExports.mapping, to: "mapping.yaml")
        func peak(_ rows: Int) throws -> Int {
            var text = "visitor_id,time,page,title,amount\n"
            for row in 0..<rows { text += "\(row * 7919 % rows)-person,\(1_750_000_000 + row),/shop/category/item/page-\(row),t,1\n" }
            try bench.write(text, to: "clicks.csv")
            // The system's own count of the most memory, as long as it can be asked.
            let watch = """
                "$@" & while grep -s VmHWM /proc/$!/status > asked; do cp asked peak; sleep 0.01; done; wait $!
                """
            let run = try CommandRun.tessera(
                "import", "clicks.csv", "--mapping", "mapping.yaml", "--out", "\(rows).corpus", "--memory", "8", "--json", in: bench.folder,
                shell: watch)
            #expect(run.code == 0, "\(run.talk)")
            #expect(try run.json()["visitors"] as? Int == rows)
            let words = String(decoding: try bench.data("peak"), as: UTF8.self).split { $0 == " " || $0 == "\t" }
            return try #require(words.dropFirst().first.flatMap { Int($0) }) >> 10
        }
        let (few, many) = (try peak(50_000), try peak(500_000))
        // Tables of all values would take some 80 MiB.
        #expect(many < few + 16, "\(few) MiB for a tenth of the rows, \(many) for all")
    }
}
