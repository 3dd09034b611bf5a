import ArrowExchange
import Foundation
import Testing

/// Parquet at the command line: what is said without the plugin, and what is written with it.
@Suite struct ParquetCommandTests {
    @Test func withoutThePluginTheOneCommandIsNamed() throws {
        let bench = try Workbench()
        try bench.write("PAR1 and so on", to: "x.parquet")
        try bench.write("no library", to: "plugin.so")
        let elsewhere = ["XDG_DATA_HOME": bench.folder.path]
        let run = try CommandRun.tessera("import", "x.parquet", "--out", "c", in: bench.folder, environment: elsewhere)
        #expect(run.code == 69 && run.talk.contains("tools/install-arrow"), "\(run.code): \(run.talk)")
        let foreign = try CommandRun.tessera(
            "import", "x.parquet", "--out", "c", in: bench.folder, environment: ["TESSERA_ARROW_PLUGIN": "./plugin.so"])
        #expect(foreign.code == 69 && foreign.talk.contains("does not fit") && foreign.talk.contains("tools/install-arrow"))
        // Before any work: neither the corpus nor the model is there.
        let embed = try CommandRun.tessera(
            "embed", "c", "--model", "m", "--out", "e.parquet", in: bench.folder, environment: elsewhere)
        #expect(embed.code == 69 && embed.talk.contains("tools/install-arrow"), "\(embed.code): \(embed.talk)")
        #expect(bench.names.sorted() == ["plugin.so", "x.parquet"])
    }

    @Test func embeddingsAreTheSameToTheBit() throws {
        let plugin: ArrowPlugin
        do throws(ArrowError) { plugin = try ArrowPlugin() } catch {
            guard case .missingPlugin = error else { throw error }
            print("skipped: the Arrow plugin is not installed (tools/install-arrow)")
            return
        }
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        let here = ["TESSERA_ARROW_PLUGIN": plugin.path]
        for (name, threads) in [("e.npy", "2"), ("e.parquet", "2"), ("again.parquet", "1")] {
            let run = try CommandRun.tessera(
                "embed", "bank.corpus", "--model", "bank.model", "--out", name, "--threads", threads, in: bench.folder, environment: here)
            #expect(run.code == 0, "\(name): \(run.talk)")
        }
        #expect(try bench.data("e.parquet") == bench.data("again.parquet"), "the same bytes at any number of threads")
        let matrix = try bench.data("e.npy")
        let (stream, rows) = try plugin.read(bench.folder.appending(path: "e.parquet").path)
        #expect(rows == 80 && stream.fields.map(\.name) == ["session", "embedding"])
        let batch = try #require(try stream.next())
        let floats = try #require(batch.columns[1].floats())
        #expect(Data(buffer: floats) == matrix.suffix(floats.count * 4), "80 rows of the same floats")
        #expect(batch.columns[0].text(0).map { String(decoding: $0, as: UTF8.self) }?.isEmpty == false)
        // And back in: a text column beside vectors is an export like any other.
        try bench.write("visitor: session\ntime: { column: session, unit: s }\nfields: []\n", to: "odd.yaml")
        let odd = try CommandRun.tessera(
            "import", "e.parquet", "--mapping", "odd.yaml", "--out", "odd", in: bench.folder, environment: here)
        #expect(odd.code == 65 && odd.talk.contains("bad_time"), "\(odd.code): \(odd.talk)")
    }
}
