import Foundation
import Testing

/// What a run takes of the memory.
@Suite struct MemoryTests {
    /// Imports `clicks.csv` and gives the most memory it took, in MiB, and its summary.
    private func importing(_ arguments: [String], to corpus: String, _ bench: Workbench) throws -> (peak: Int, summary: [String: Any]) {
        // The system's own count of the most memory, as long as it can be asked.
        let watch = """
            "$@" & while grep -s VmHWM /proc/$!/status > asked; do cp asked peak; sleep 0.01; done; wait $!
            """
        let run = try CommandRun.tessera(
            ["import", "clicks.csv", "--mapping", "mapping.yaml", "--out", corpus, "--json"] + arguments, in: bench.folder, shell: watch)
        #expect(run.code == 0, "\(run.talk)")
        let words = String(decoding: try bench.data("peak"), as: UTF8.self).split { $0 == " " || $0 == "\t" }
        return (try #require(words.dropFirst().first.flatMap { Int($0) }) >> 10, try run.json())
    }

    /// Every row brings a visitor and a page that were never there before: the worst there is for tables.
    private func writeClicks(_ rows: Int, _ bench: Workbench) throws {
        try bench.write(TinyExports.mapping, to: "mapping.yaml")
        var text = "visitor_id,time,page,title,amount\n"
        for row in 0..<rows { text += "\(row * 7919 % rows)-person,\(1_750_000_000 + row),/shop/category/item/page-\(row),t,1\n" }
        try bench.write(text, to: "clicks.csv")
    }

    @Test func anImportOfTenTimesTheRowsTakesNoMoreMemory() throws {
        let bench = try Workbench()
        func peak(_ rows: Int) throws -> Int {
            try writeClicks(rows, bench)
            let (peak, summary) = try importing(["--memory", "8"], to: "\(rows).corpus", bench)
            #expect(summary["visitors"] as? Int == rows)
            return peak
        }
        let (few, many) = (try peak(50_000), try peak(500_000))
        // Tables of all values would take some 80 MiB.
        #expect(many < few + 16, "\(few) MiB for a tenth of the rows, \(many) for all")
    }

    /// As the help of `tessera import` says. All rows and tables together would take more.
    @Test func theDefaultStaysBelowItsCeiling() throws {
        let bench = try Workbench()
        try writeClicks(1_500_000, bench)
        let peak = try importing([], to: "clicks.corpus", bench).peak
        #expect(peak < 300, "\(peak) MiB")
        #expect(peak > 150, "\(peak) MiB: too few rows to say anything")
    }

    /// A file with another delimiter and hardly a byte in a row: half a million refused rows in every block.
    @Test func shortRefusedRowsTakeNoMoreMemory() throws {
        let bench = try Workbench()
        try writeClicks(1000, bench)
        let usual = try importing(["--memory", "8"], to: "usual.corpus", bench).peak
        let good = String(decoding: try bench.data("clicks.csv"), as: UTF8.self)
        try bench.write(good + String(repeating: ";\n", count: 3 << 20), to: "clicks.csv")
        let (peak, summary) = try importing(["--memory", "8"], to: "refused.corpus", bench)
        #expect(summary["rejects"] as? Int == 3 << 20)
        // Kept until their block is done they would take some 50 MiB a thread. The blocks themselves take some.
        #expect(peak < usual + 24, "\(usual) MiB without them, \(peak) with")
    }
}
