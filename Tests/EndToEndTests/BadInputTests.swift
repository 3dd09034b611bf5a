import DurableFiles
import Foundation
import Testing

/// Broken inputs: each has an exit code, a message with place and remedy, and leaves nothing half-written.
@Suite struct BadInputTests {
    /// One row of the table.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let code: Int32
        /// Words of which the message must have all.
        let says: [String]
        let arguments: [String]
        var shell: String? = nil
        let prepare: @Sendable (Workbench) throws -> Void
        var testDescription: String { name }
    }

    static let importing = ["import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "out.corpus"]

    static func mapped(_ bench: Workbench, _ data: Data) throws {
        try bench.write(data, to: "clicks.csv")
        try bench.write(TinyExports.mapping, to: "clicks.yaml")
    }

    static func gzip(_ text: String) throws -> Data {
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-c"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        return try output.fileHandleForReading.readToEnd() ?? Data()
    }

    /// A corpus, and a file of settings with one line under `training`.
    static func corpusAndSettings(_ setting: String) -> @Sendable (Workbench) throws -> Void {
        { bench in
            try mapped(bench, Data(TinyExports.clicks().utf8))
            try bench.write("training:\n  \(setting)\n", to: "c.yaml")
            _ = try CommandRun.tessera(importing, in: bench.folder)
        }
    }

    static let cases: [Case] = [
        Case(name: "no such file", code: 66, says: ["clicks.csv"], arguments: importing) {
            try $0.write(TinyExports.mapping, to: "clicks.yaml")
        },
        Case(name: "truncated gzip", code: 65, says: ["clicks.csv", "gzip"], arguments: importing) { bench in
            let whole = try gzip(TinyExports.clicks())
            try mapped(bench, whole.prefix(whole.count / 2))
        },
        Case(name: "empty file", code: 65, says: ["clicks.csv", "empty"], arguments: importing) { try mapped($0, Data()) },
        Case(name: "a folder without parts in place of a file", code: 66, says: ["clicks.csv", "no files"], arguments: importing) { bench in
            try bench.write("x", to: "clicks.csv/_inside")
            try bench.write(TinyExports.mapping, to: "clicks.yaml")
        },
        Case(name: "wrong delimiter", code: 78, says: ["clicks.csv", "delimiter"], arguments: importing) {
            try mapped($0, Data(TinyExports.clicks(delimiter: ";").utf8))
        },
        Case(name: "a column the file does not have", code: 78, says: ["visitor"], arguments: importing) { bench in
            try bench.write(TinyExports.clicks(), to: "clicks.csv")
            try bench.write(TinyExports.mapping.replacing("visitor_id", with: "client"), to: "clicks.yaml")
        },
        Case(name: "nothing but NUL bytes", code: 65, says: ["clicks.csv"], arguments: importing) { try mapped($0, Data(count: 4096)) },
        Case(name: "duplicate columns", code: 65, says: ["clicks.csv", "page"], arguments: importing) {
            try mapped($0, Data("visitor_id,time,page,page\na,1750000000,x,y\n".utf8))
        },
        Case(name: "unknown key in the mapping", code: 78, says: ["clicks.yaml:2", "visiter"], arguments: importing) { bench in
            try bench.write(TinyExports.clicks(), to: "clicks.csv")
            try bench.write("format: csv\nvisiter: visitor_id\n", to: "clicks.yaml")
        },
        Case(name: "a mapping that is not YAML", code: 78, says: ["clicks.yaml"], arguments: importing) { bench in
            try bench.write(TinyExports.clicks(), to: "clicks.csv")
            try bench.write("format: [csv\n", to: "clicks.yaml")
        },
        Case(name: "no such mapping", code: 78, says: ["clicks.yaml", "no such file"], arguments: importing) {
            try $0.write(TinyExports.clicks(), to: "clicks.csv")
        },
        Case(
            name: "output in a folder that is not there", code: 73, says: ["no/such"],
            arguments: Array(importing.dropLast()) + ["no/such/out.corpus"]
        ) {
            try mapped($0, Data(TinyExports.clicks().utf8))
        },
        Case(name: "output is there already", code: 73, says: ["out.corpus"], arguments: importing) { bench in
            try mapped(bench, Data(TinyExports.clicks().utf8))
            try bench.write("mine", to: "out.corpus/notes.txt")
        },
        Case(
            name: "file-size limit while importing", code: 74, says: ["out.corpus"], arguments: importing, shell: "ulimit -f 2; exec \"$@\""
        ) {
            try mapped($0, Data(TinyExports.clicks(visitors: 400).utf8))
        },
        Case(name: "standard output is full", code: 74, says: ["standard output"], arguments: ["version"], shell: "exec \"$@\" > /dev/full")
        { _ in },
        Case(name: "a gap that is no span of time", code: 64, says: ["--gap"], arguments: importing + ["--gap", "soon"]) {
            try mapped($0, Data(TinyExports.clicks().utf8))
        },
        Case(name: "a corpus that is a file", code: 66, says: ["clicks.csv"], arguments: ["pretrain", "clicks.csv", "--out", "m.model"]) {
            try mapped($0, Data(TinyExports.clicks().utf8))
        },
        Case(
            name: "a device as rejects file", code: 73, says: ["/dev/null", "device"], arguments: importing + ["--rejects", "/dev/null"]
        ) { try mapped($0, Data(TinyExports.clicks().utf8)) },
        Case(name: "rejects over the export", code: 73, says: ["clicks.csv", "input"], arguments: importing + ["--rejects", "clicks.csv"]) {
            try mapped($0, Data(TinyExports.clicks().utf8))
        },
        Case(name: "rejects in place of a directory", code: 73, says: ["here", "directory"], arguments: importing + ["--rejects", "here"]) {
            try mapped($0, Data(TinyExports.clicks().utf8))
            try $0.write("mine", to: "here/notes.txt")
        },
        Case(
            name: "rejects in a folder that is not there", code: 73, says: ["no/such"], arguments: importing + ["--rejects", "no/such.csv"]
        ) { try mapped($0, Data(TinyExports.clicks().utf8)) },
        Case(name: "a header and no rows", code: 65, says: ["no rows"], arguments: importing) {
            try mapped($0, Data("visitor_id,time,page,title,amount\n".utf8))
        },
        Case(name: "a key that is a directory", code: 66, says: ["key", "directory"], arguments: importing + ["--key", "key"]) {
            try mapped($0, Data(TinyExports.clicks().utf8))
            try $0.write("x", to: "key/inside")
        },
        Case(name: "a key that can be guessed", code: 78, says: ["key", "16"], arguments: importing + ["--key", "key"]) {
            try mapped($0, Data(TinyExports.clicks().utf8))
            try $0.write("secret", to: "key")
        },
        Case(
            name: "a setting out of range", code: 78, says: ["c.yaml:2", "epochs", "-3"],
            arguments: ["pretrain", "out.corpus", "--out", "m.model", "--config", "c.yaml"], prepare: corpusAndSettings("epochs: -3")),
        Case(
            name: "no epochs", code: 64, says: ["--epochs"], arguments: ["pretrain", "out.corpus", "--out", "m.model", "--epochs", "0"],
            prepare: corpusAndSettings("epochs: 1")),
        Case(
            name: "no threads", code: 64, says: ["--threads"], arguments: ["pretrain", "out.corpus", "--out", "m.model", "--threads", "0"],
            prepare: corpusAndSettings("epochs: 1")),
        Case(name: "no threads for an import", code: 64, says: ["--threads"], arguments: importing + ["--threads", "0"]) {
            try mapped($0, Data(TinyExports.clicks().utf8))
        },
        Case(name: "no timed runs", code: 64, says: ["--runs"], arguments: ["bench", "import", "clicks.csv", "--runs", "0"]) {
            try mapped($0, Data(TinyExports.clicks().utf8))
        },
        Case(name: "no such workload", code: 66, says: ["nope", "workload.json"], arguments: ["bench", "train", "nope"]) { _ in },
        Case(name: "no such corpus", code: 66, says: ["no.corpus"], arguments: ["pretrain", "no.corpus", "--out", "m.model"]) { _ in },
    ]

    @Test(arguments: cases) func isRefusedWithPlaceAndRemedy(_ row: Case) throws {
        let bench = try Workbench()
        try row.prepare(bench)
        let before = bench.names
        let run = try CommandRun.tessera(row.arguments, in: bench.folder, shell: row.shell)
        #expect(!run.died && run.code == row.code, "\(row.name): exit \(run.code), \(run.talk)")
        for word in row.says { #expect(run.talk.contains(word), "\(row.name) does not say \(word): \(run.talk)") }
        #expect(bench.names == before, "\(row.name) left something behind")
    }

    @Test func aFileWithoutItsHeaderDoesNotShowItsFirstVisitor() throws {
        let bench = try Workbench()
        let rows = TinyExports.clicks().split(separator: "\n").dropFirst()
        for text in [rows.joined(separator: "\n"), "person0,1750000000,person0,person0,1\n"] {
            try Self.mapped(bench, Data(text.utf8))
            let run = try CommandRun.tessera(Self.importing, in: bench.folder)
            #expect([65, 78].contains(run.code) && run.talk.contains("header: false"), "exit \(run.code): \(run.talk)")
            #expect(!run.talk.contains("person"), "\(run.talk)")
        }
    }

    @Test func badRowsAreCountedAndListed() throws {
        let bench = try Workbench()
        let bad = "person9,not-a-time,home,About home,1\nperson9,1750000000,ho\u{0}me,About home,1\nperson9,1750000000\n"
        try Self.mapped(bench, Data((TinyExports.clicks() + bad).utf8))
        let run = try CommandRun.tessera(Self.importing + ["--rejects", "bad.csv", "--json"], in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        #expect(try run.json()["rejects"] as? Int == 3)
        let lines = try String(decoding: bench.data("bad.csv"), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(!lines.joined().contains("person9"), "a reject shows an identifier")
        #expect(!run.talk.contains("person9"))
    }

    @Test func fullDiskWhileEmbedding() throws {
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        let before = bench.names
        let run = try CommandRun.tessera(
            ["embed", "bank.corpus", "--model", "bank.model", "--out", "all.jsonl"], in: bench.folder, shell: "ulimit -f 1; exec \"$@\"")
        #expect(!run.died && run.code == 74, "exit \(run.code): \(run.talk)")
        #expect(bench.names == before)
    }

    @Test func brokenModelsAreRefused() throws {
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        let embed = ["embed", "bank.corpus", "--model", "m.model", "--out", "all.csv"]
        let weights = try bench.data("bank.model/model.safetensors")
        let config = String(decoding: try bench.data("bank.model/config.json"), as: UTF8.self)
        func broken(_ what: String, _ file: String, _ data: Data) throws {
            let copy = bench.folder.appending(path: "m.model")
            try? FileManager.default.removeItem(at: copy)
            try FileManager.default.copyItem(at: bench.folder.appending(path: "bank.model"), to: copy)
            try data.write(to: copy.appending(path: file))
            let run = try CommandRun.tessera(embed, in: bench.folder)
            #expect(!run.died && [65, 78].contains(run.code), "\(what): exit \(run.code), \(run.talk)")
            #expect(run.talk.contains("m.model"), "\(what): \(run.talk)")
            #expect(!bench.exists("all.csv"), "\(what) wrote something")
        }
        try broken("truncated weights", "model.safetensors", weights.dropLast(100))
        try broken("empty weights", "model.safetensors", Data())
        var huge = weights
        huge.replaceSubrange(0..<8, with: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
        try broken("a header of exabytes", "model.safetensors", huge)
        var flipped = weights
        flipped[flipped.count - 5] ^= 0xFF
        try broken("one byte of the weights", "model.safetensors", flipped)
        try broken("a hand-edited configuration", "config.json", Data(config.replacing("8", with: "16").utf8))
        try broken("a configuration that is no JSON", "config.json", Data("{".utf8))
        try broken("an empty configuration", "config.json", Data())
    }

    /// A card whose digests were made to fit again is believed, and no number in it may stop the report.
    @Test func aCardWithAnAbsurdRateIsReported() throws {
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        func object(_ file: String) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: bench.data("bank.model/\(file)")) as? [String: Any])
        }
        func digest(_ data: Data) -> String { SHA256Digest.hex(of: Array(data)) }
        var card = try object("card.json")
        card["eventsPerSecond"] = 1e300
        let bytes = try JSONSerialization.data(withJSONObject: card)
        try bench.write(bytes, to: "bank.model/card.json")
        var manifest = try object("manifest.json")
        var files = try #require(manifest["files"] as? [String: [String: Any]])
        files["card.json"] = ["bytes": bytes.count, "sha256": digest(bytes)]
        manifest["files"] = files
        let lines = files.keys.sorted().map { "\($0) \(files[$0]!["bytes"]!) \(files[$0]!["sha256"]!)\n" }.joined()
        manifest["modelID"] = digest(Data(lines.utf8))
        try bench.write(try JSONSerialization.data(withJSONObject: manifest), to: "bank.model/manifest.json")
        let run = try CommandRun.tessera("report", "bank.corpus", "--model", "bank.model", "--out", "page.html", in: bench.folder)
        #expect(!run.died && run.code == 0, "exit \(run.code): \(run.talk)")

        let metric = #"{"estimate":0.5,"lower":0.9,"upper":0.1}"#
        try bench.write(
            #"{"study":{"embedding":\#(metric),"page_counts":\#(metric),"last_page":\#(metric),"difference":\#(metric),"majority":0.1,"#
                + #""pages":3,"sessions":{"training":1,"validation":1,"test":1}}}"#, to: "probe.json")
        let drawn = try CommandRun.tessera(
            "report", "bank.corpus", "--model", "bank.model", "--probe", "probe.json", "--out", "other.html", in: bench.folder)
        #expect(!drawn.died && drawn.code == 65 && drawn.talk.contains("probe.json"), "exit \(drawn.code): \(drawn.talk)")
    }

    @Test func aModelFromAnotherCorpusIsRefused() throws {
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        try bench.write("user,time,screen\na,1750000000,x\na,1750000060,y\n", to: "other.csv")
        try bench.write(
            "format: csv\nvisitor: user\ntime: { column: time, unit: s }\nfields:\n  - { name: screen, kind: categorical }\n",
            to: "other.yaml")
        let made = try CommandRun.tessera("import", "other.csv", "--mapping", "other.yaml", "--out", "other.corpus", in: bench.folder)
        try #require(made.code == 0, "\(made.talk)")
        let run = try CommandRun.tessera("embed", "other.corpus", "--model", "bank.model", "--out", "all.csv", in: bench.folder)
        #expect(!run.died && run.code == 78, "exit \(run.code): \(run.talk)")
        for field in ["page", "title", "amount"] {
            #expect(run.talk.contains(field), "the difference in \(field) is not named: \(run.talk)")
        }
        #expect(!bench.exists("all.csv"))
    }
}
