import Foundation
import Testing

/// From an export to embeddings and scores, by the command line alone.
@Suite struct JourneyTests {
    /// A corpus and a tiny model in a folder of their own.
    static func trained(_ bench: Workbench) throws {
        try bench.write(TinyExports.clicks(), to: "clicks.csv")
        try bench.write(TinyExports.mapping, to: "clicks.yaml")
        try bench.write(TinyExports.config, to: "tiny.yaml")
        for arguments in [
            ["import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "bank.corpus"],
            ["pretrain", "bank.corpus", "--out", "bank.model", "--config", "tiny.yaml", "--seed", "3", "--threads", "1"],
        ] {
            let run = try CommandRun.tessera(arguments, in: bench.folder)
            try #require(run.code == 0, "\(arguments.joined(separator: " ")): \(run.talk)")
        }
    }

    @Test func exportBecomesEmbeddings() throws {
        let bench = try Workbench()
        try bench.write(TinyExports.clicks(), to: "clicks.csv")
        try bench.write(TinyExports.mapping, to: "clicks.yaml")
        try bench.write(TinyExports.config, to: "tiny.yaml")

        let imported = try CommandRun.tessera(
            "import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "bank.corpus", "--json", in: bench.folder)
        try #require(imported.code == 0, "\(imported.talk)")
        let counts = try imported.json()
        #expect(Set(["events", "sessions", "visitors", "rejects", "seconds"]).isSubset(of: counts.keys))
        #expect(counts["sessions"] as? Int == 80)
        #expect(counts["visitors"] as? Int == 40)
        #expect(counts["rejects"] as? Int == 0)
        #expect(counts["events"] as? Int == TinyExports.clicks().split(separator: "\n").count - 1)

        let looked = try CommandRun.tessera("inspect", "bank.corpus", "--json", in: bench.folder)
        #expect(looked.code == 0, "\(looked.talk)")
        #expect(try looked.json()["sessions"] as? Int == 80)

        let trained = try CommandRun.tessera(
            "pretrain", "bank.corpus", "--out", "bank.model", "--config", "tiny.yaml", "--seed", "3", "--threads", "2", "--json",
            in: bench.folder)
        try #require(trained.code == 0, "\(trained.talk)")
        let course = try trained.json()
        #expect(
            Set(["model_id", "epochs", "steps", "events_per_second", "train_loss", "validation_loss", "seconds"]).isSubset(of: course.keys))
        #expect(course["epochs"] as? Int == 2)
        #expect((course["train_loss"] as? Double).map { $0.isFinite && $0 > 0 } == true)
        #expect(try CommandRun.tessera("inspect", "bank.model", in: bench.folder).code == 0)

        let embedded = try CommandRun.tessera(
            "embed", "bank.corpus", "--model", "bank.model", "--out", "all.npy", "--json", in: bench.folder)
        try #require(embedded.code == 0, "\(embedded.talk)")
        let summary = try embedded.json()
        #expect(Set(["sessions", "dimension", "seconds", "sessions_per_second"]).isSubset(of: summary.keys))
        #expect(summary["sessions"] as? Int == 80)
        let dimension = try #require(summary["dimension"] as? Int)
        let matrix = try bench.data("all.npy")
        #expect(matrix.starts(with: [0x93] + Array("NUMPY".utf8)))
        let headerBytes = 10 + Int(matrix[8]) + Int(matrix[9]) << 8
        #expect(matrix.count == headerBytes + 80 * dimension * 4)

        for name in ["all.csv", "all.jsonl", "all.safetensors"] {
            let run = try CommandRun.tessera("embed", "bank.corpus", "--model", "bank.model", "--out", name, in: bench.folder)
            #expect(run.code == 0, "\(name): \(run.talk)")
            #expect(try !bench.data(name).isEmpty)
        }
        #expect(try String(decoding: bench.data("all.jsonl"), as: UTF8.self).split(separator: "\n").count == 80)
        #expect(try String(decoding: bench.data("all.csv"), as: UTF8.self).split(separator: "\n").count == 81)
    }

    @Test func anExportFileIsEmbeddedWithoutACorpus() throws {
        let bench = try Workbench()
        try Self.trained(bench)
        let whole = try CommandRun.tessera("embed", "bank.corpus", "--model", "bank.model", "--out", "a.csv", in: bench.folder)
        let file = try CommandRun.tessera("embed", "clicks.csv", "--model", "bank.model", "--out", "b.csv", in: bench.folder)
        #expect(whole.code == 0 && file.code == 0, "\(whole.talk) \(file.talk)")
        #expect(try bench.data("a.csv") == bench.data("b.csv"))
    }

    @Test func theSameSeedGivesTheSameModelAtAnyThreadCount() throws {
        let bench = try Workbench()
        try Self.trained(bench)
        let run = try CommandRun.tessera(
            "pretrain", "bank.corpus", "--out", "again.model", "--config", "tiny.yaml", "--seed", "3", "--threads", "2", in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        #expect(try bench.data("bank.model/model.safetensors") == bench.data("again.model/model.safetensors"))
    }

    @Test func nextItemsAreScoredBesideBaselines() throws {
        let bench = try Workbench()
        try bench.write(TinyExports.items(), to: "train.txt")
        try bench.write(TinyExports.pairs(), to: "test.tsv")
        try bench.write("format: items\n", to: "items.yaml")
        let made = try CommandRun.tessera(
            "import", "train.txt", "--mapping", "items.yaml", "--out", "items.corpus", "--json", in: bench.folder)
        try #require(made.code == 0, "\(made.talk)")
        #expect(try made.json()["sessions"] as? Int == 200)
        let trained = try CommandRun.tessera(
            "pretrain", "items.corpus", "--out", "items.model", "--preset", "next-item", "--epochs", "2", in: bench.folder)
        try #require(trained.code == 0, "\(trained.talk)")
        let scored = try CommandRun.tessera("evaluate", "next", "test.tsv", "--model", "items.model", "--json", in: bench.folder)
        try #require(scored.code == 0, "\(scored.talk)")
        let result = try scored.json()
        #expect(result["pairs"] as? Int == 40)
        for key in ["hit@20", "mrr@20"] {
            let rate = try #require(result[key] as? Double)
            #expect((0...1).contains(rate))
            let baselines = try #require(result["baselines"] as? [String: [String: Double]])
            for name in ["popularity", "markov"] { #expect((0...1).contains(try #require(baselines[name]?[key]))) }
        }
        let markov = try #require((result["baselines"] as? [String: [String: Double]])?["markov"]?["hit@20"])
        #expect(markov > 0.9, "the next item follows from the last in this made-up export")
    }

    @Test func aGuessIsPrintedAsAMapping() throws {
        let bench = try Workbench()
        try bench.write(TinyExports.clicks(), to: "clicks.csv")
        let guessed = try CommandRun.tessera("import", "clicks.csv", "--out", "a.corpus", in: bench.folder)
        try #require(guessed.code == 0, "\(guessed.talk)")
        #expect(guessed.talk.contains("visitor: visitor_id"))
        let yaml = guessed.talk.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasPrefix("format:") }.prefix { !$0.isEmpty }.joined(separator: "\n")
        try bench.write(yaml + "\n", to: "guess.yaml")
        let again = try CommandRun.tessera("import", "clicks.csv", "--mapping", "guess.yaml", "--out", "b.corpus", in: bench.folder)
        #expect(again.code == 0, "\(again.talk)")
    }

    @Test func standardInputIsAFile() throws {
        let bench = try Workbench()
        try bench.write(TinyExports.mapping, to: "clicks.yaml")
        let run = try CommandRun.tessera(
            "import", "-", "--mapping", "clicks.yaml", "--out", "a.corpus", "--json", in: bench.folder, input: TinyExports.clicks())
        #expect(run.code == 0, "\(run.talk)")
        #expect(try run.json()["sessions"] as? Int == 80)
    }

    @Test func identifiersAreNotKeptInClearWhenAKeyIsGiven() throws {
        let bench = try Workbench()
        try bench.write(TinyExports.clicks(), to: "clicks.csv")
        try bench.write(TinyExports.mapping, to: "clicks.yaml")
        let plain = ["import", "clicks.csv", "--mapping", "clicks.yaml", "--out"]
        #expect(try CommandRun.tessera(plain + ["open.corpus"], in: bench.folder).code == 0)
        let keyed = try CommandRun.tessera(
            plain + ["keyed.corpus"], in: bench.folder, environment: ["TESSERA_KEY": "0123456789abcdef0123456789abcdef"])
        #expect(keyed.code == 0, "\(keyed.talk)")
        func holds(_ corpus: String) throws -> Bool {
            let folder = bench.folder.appending(path: corpus)
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { name in
                try Data(contentsOf: folder.appending(path: name)).range(of: Data("person1".utf8)) != nil
            }
        }
        #expect(try holds("open.corpus"))
        #expect(try !holds("keyed.corpus"))
        #expect(!keyed.talk.contains("person"))
    }

    @Test func aSimulatedBankComesThroughTheFrontDoor() throws {
        let bench = try Workbench()
        let made = try CommandRun.tessera("simulate", "--out", "bank", "--visitors", "60", "--seed", "5", "--json", in: bench.folder)
        try #require(made.code == 0, "\(made.talk)")
        let sessions = try #require(made.json()["sessions"] as? Int)
        for file in ["clicks.csv", "clicks.jsonl"] {
            let run = try CommandRun.tessera(
                "import", "bank/\(file)", "--mapping", "bank/mapping.yaml", "--out", "\(file).corpus", "--json", in: bench.folder)
            #expect(run.code == 0, "\(run.talk)")
            #expect(try run.json()["sessions"] as? Int == sessions)
            #expect(try run.json()["rejects"] as? Int == 0)
        }
    }

    @Test func applicantsAreSimulatedOnRequest() throws {
        let bench = try Workbench()
        let made = try CommandRun.tessera("simulate", "--out", "bank", "--visitors", "3", "--applicants", "20", "--json", in: bench.folder)
        try #require(made.code == 0, "\(made.talk)")
        let credit = try #require(made.json()["credit"] as? [String: Any])
        #expect(credit["applicants"] as? Int == 20 && bench.exists("bank/credit/behaviours.csv") && bench.exists("bank/truth/credit.csv"))
        let told = try CommandRun.tessera("simulate", "--out", "told", "--visitors", "3", "--applicants", "20", in: bench.folder)
        #expect(told.code == 0 && told.output.contains("20 applicants") && told.output.contains("(synthetic)"))
        let none = try CommandRun.tessera("simulate", "--out", "none", "--visitors", "3", "--json", in: bench.folder)
        #expect(none.code == 0 && !bench.exists("none/credit"))
        #expect(try none.json()["credit"] == nil)
        let wrong = try CommandRun.tessera("simulate", "--out", "wrong", "--applicants=-1", in: bench.folder)
        #expect(!wrong.died && wrong.code != 0 && wrong.talk.contains("credit.applicants") && !bench.exists("wrong"))
    }
}
