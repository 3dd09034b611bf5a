import Foundation
import Testing

/// What purpose rules ban is refused before any work: at training, packing and serving.
@Suite struct GuardCommandTests {
    static let rules = """
        rules: shop
        version: "1.0.0"
        purposes:
          marketing:
            banned:
              fields: [{name: amount, why: too near to income}]
              intents: [pay]
          credit:
            banned: {models: [intents]}
          recommendation: {unrestricted: for tests}

        """

    private static func refused(_ run: CommandRun, _ needles: String..., in bench: Workbench, out: String) {
        #expect(run.code == 77 && run.output.isEmpty, "\(run.code) \(run.output) \(run.talk)")
        for needle in needles { #expect(run.talk.contains(needle), "no `\(needle)` in: \(run.talk)") }
        #expect(!bench.exists(out), "\(out) was written")
    }

    private static func require(_ command: [String], in bench: Workbench) throws -> CommandRun {
        let run = try CommandRun.tessera(command, in: bench.folder)
        try #require(run.code == 0, "\(command.joined(separator: " ")): \(run.talk)")
        return run
    }

    @Test func sessionsAreGuarded() throws {
        let bench = try IntentCommandTests.bench(trains: false)
        try bench.write(Self.rules, to: "r.yaml")
        let marketing = ["--rules", "r.yaml", "--purpose", "marketing"]
        // An encoder that would read a banned field, and one that leaves it out.
        let pretraining = ["pretrain", "bank.corpus", "--preset", "tiny", "--epochs", "1"]
        Self.refused(
            try CommandRun.tessera(pretraining + marketing + ["--out", "m"], in: bench.folder), "field amount", "too near to income",
            "overrides: {amount: {ignored: true}}", in: bench, out: "m")
        try bench.write("fields: {overrides: {amount: {ignored: true}}}\n", to: "without.yaml")
        _ = try Self.require(
            ["pretrain", "bank.corpus", "--epochs", "1", "--preset", "tiny", "--config", "without.yaml", "--out", "m"] + marketing,
            in: bench)
        #expect(String(decoding: try bench.data("m/purpose.json"), as: UTF8.self).contains("marketing"))

        // A classifier: of the old encoder, of facts of the field, of a banned intent.
        func train(_ model: String, _ more: [String], out: String = "i") throws -> CommandRun {
            let command = [
                "intents", "train", "bank.corpus", "--model", model, "--labels", "set", "--config", "intents.yaml", "--minimum-positives",
                "8", "--out", out,
            ]
            return try CommandRun.tessera(command + more, in: bench.folder)
        }
        Self.refused(try train("bank.model", marketing), "field amount", "the encoder in bank.model", in: bench, out: "i")
        Self.refused(try train("m", marketing), "field amount", "facts", "--inputs embedding", in: bench, out: "i")
        let embedding = ["--inputs", "embedding"]
        Self.refused(try train("m", marketing + embedding), "intent pay", "--leave-out-banned", in: bench, out: "i")
        let trained = try train("m", marketing + embedding + ["--leave-out-banned", "--json"])
        try #require(trained.code == 0, "\(trained.talk)")
        #expect(try trained.json()["intents"] as? [String] == ["compare"])
        Self.refused(
            try train("m", embedding + ["--rules", "r.yaml", "--purpose", "recommendation"], out: "j"), "it was trained for marketing",
            in: bench, out: "j")

        // It serves what it was trained for, and says so.
        func label(_ more: [String], intents: String = "i", model: String = "m") throws -> CommandRun {
            try CommandRun.tessera(
                ["label", "bank.corpus", "--model", model, "--intents", intents, "--out", "l", "--for-evaluation"] + more, in: bench.folder)
        }
        Self.refused(try label([]), "nobody says what it is to serve now", "--purpose marketing", in: bench, out: "l")
        Self.refused(try label(["--purpose", "credit"]), "it was trained for marketing and is to serve credit", in: bench, out: "l")
        Self.refused(
            try label(["--rules", "r.yaml", "--purpose", "pricing"]), "the rules do not name this purpose", in: bench, out: "l")
        #expect(try label(["--rules", "r.yaml"]).code == 64, "rules hold for a purpose")
        #expect(try label(["--purpose", "marketng"]).code == 64)
        #expect(try label(marketing).code == 0)
        #expect(!String(decoding: try bench.data("l"), as: UTF8.self).contains(#""pay""#))

        // Packing cuts banned intents out of one that was trained without a purpose; without the flag it refuses.
        #expect(try CommandRun.tessera("taxonomy", "approve", "shop.yaml", "--by", "The board", in: bench.folder).code == 0)
        #expect(try train("m", embedding, out: "plain").code == 77, "its encoder has a purpose")
        try bench.write(Self.rules.replacing("fields: [{name: amount, why: too near to income}]", with: ""), to: "r2.yaml")
        let both = ["--rules", "r2.yaml", "--purpose", "marketing"]
        try #require(try train("bank.model", [], out: "plain").code == 0)
        let packing = ["intents", "pack", "plain", "--model", "bank.model", "--taxonomy", "shop.yaml", "--out", "p"]
        Self.refused(try CommandRun.tessera(packing + both, in: bench.folder), "intent pay", "--leave-out-banned", in: bench, out: "p")
        let packed = try Self.require(packing + both + ["--leave-out-banned", "--json"], in: bench).json()
        #expect(packed["left_out"] as? [String] == ["pay"] && packed["purposes"] as? [String] == ["marketing"])
        #expect(try label(["--purpose", "marketing"], intents: "p", model: "bank.model").code == 0)
        // A record that is taken away is missed, as the id covers it.
        try FileManager.default.removeItem(at: bench.folder.appending(path: "p/purpose.json"))
        #expect(try label(["--purpose", "credit"], intents: "p", model: "bank.model").code == 65)
    }

    @Test func scorecardsAreGuarded() throws {
        let bench = try Workbench()
        _ = try Self.require(["simulate", "--visitors", "1", "--applicants", "300", "--seed", "4", "--out", "bank"], in: bench)
        try bench.write(Self.rules.replacing("models: [intents]", with: "fields: [applicants.age]"), to: "r.yaml")
        let training = ["credit", "train", "bank/credit/framework.yaml", "--out", "c", "--rules", "r.yaml", "--purpose"]
        Self.refused(
            try CommandRun.tessera(training + ["credit"], in: bench.folder), "field age", "remove it from `numeric` of `applicants`",
            in: bench, out: "c")
        let check = try CommandRun.tessera(
            "audit", "rules", "check", "r.yaml", "--credit", "bank/credit/framework.yaml", "--purpose", "credit", "--json", in: bench.folder
        )
        #expect(check.code == 1)
        let refused = try #require(try check.json()["refused"] as? [[String: Any]])
        #expect(refused.map { $0["name"] as? String } == ["age"])
    }

    @Test func rankersAndPredictorsAreGuarded() throws {
        let bench = try AppBench.bench()
        let rules = Self.rules.replacing("{name: amount, why: too near to income}", with: "customers.region, tiles.nothing")
        try bench.write(rules, to: "rules.yaml")
        let (marketing, open) = (["--purpose", "marketing"], ["--rules", "rules.yaml", "--purpose", "recommendation"])
        for (training, out) in [(AppBench.ranking, "r"), (AppBench.converting, "p")] {
            Self.refused(
                try CommandRun.tessera(training + [out, "--rules", "rules.yaml"] + marketing, in: bench.folder), "field region",
                "remove the column from the table of customers", in: bench, out: out)
            _ = try Self.require(training + [out] + open, in: bench)
            #expect(bench.exists("\(out)/purpose.json"))
        }
        for scoring in [AppBench.rankScoring, AppBench.convertScoring] {
            func score(_ more: [String], _ out: String) throws -> CommandRun {
                try CommandRun.tessera(scoring + [out] + more, in: bench.folder)
            }
            Self.refused(try score([], "s.csv"), "name it: --purpose recommendation", in: bench, out: "s.csv")
            Self.refused(try score(marketing, "s.csv"), "is to serve marketing", in: bench, out: "s.csv")
            Self.refused(
                try score(["--purpose-rules", "rules.yaml"] + marketing, "s.csv"), "field region", in: bench, out: "s.csv")
            #expect(try score(["--purpose-rules", "rules.yaml"], "s.csv").code == 64)
            let done = try score(["--purpose", "recommendation", "--purpose-rules", "rules.yaml"], "done.csv")
            #expect(done.code == 0, "\(done.talk)")
        }
    }

    @Test func rulesAreChecked() throws {
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        try bench.write(Self.rules, to: "r.yaml")
        try bench.write(IntentCommandTests.taxonomy, to: "shop.yaml")
        let good = try Self.require(["audit", "rules", "check", "r.yaml"], in: bench)
        #expect(good.output.hasPrefix("r.yaml: shop 1.0.0, 3 purposes"))
        let told = try Self.require(
            ["audit", "rules", "check", "r.yaml", "--corpus", "bank.corpus", "--taxonomy", "shop.yaml"], in: bench)
        #expect(told.output.contains("marketing: 2 refused") && told.output.contains("recommendation: nothing of what was given"))
        try bench.write(Self.rules.replacing("[pay]", with: "[pays]").replacing("amount", with: "amounts"), to: "idle.yaml")
        let idle = try Self.require(
            ["audit", "rules", "check", "idle.yaml", "--model", "bank.model", "--taxonomy", "shop.yaml"], in: bench)
        #expect(idle.output.contains("warning: marketing: field amounts") && idle.output.contains("warning: marketing: intent pays"))
        for (bad, line, needle) in [
            (Self.rules.replacing("marketing:", with: "marketng:"), 4, "there is no purpose of this name"),
            (Self.rules.replacing("intents: [pay]", with: "intent: [pay]"), 7, "intent"),
            (Self.rules.replacing("[pay]", with: "[]"), 7, "the list is empty"),
            (Self.rules.replacing("{models: [intents]}", with: "{}"), 9, "it bans nothing"),
        ] {
            try bench.write(bad, to: "bad.yaml")
            let run = try CommandRun.tessera("audit", "rules", "check", "bad.yaml", in: bench.folder)
            #expect(run.code == 78 && run.talk.contains("bad.yaml:\(line)") && run.talk.contains(needle), "\(run.code) \(run.talk)")
        }
        #expect(try CommandRun.tessera("audit", "rules", "check", "none.yaml", in: bench.folder).code == 78)
    }

    @Test func proxiesAreTold() throws {
        let bench = try Workbench()
        try bench.write(TinyExports.clicks(visitors: 80), to: "clicks.csv")
        try bench.write(TinyExports.mapping, to: "mapping.yaml")
        _ = try Self.require(["import", "clicks.csv", "--mapping", "mapping.yaml", "--out", "c"], in: bench)
        // The title says what the page says.
        let found = try Self.require(["audit", "rules", "proxy", "--corpus", "c", "--banned", "page", "--json"], in: bench).json()
        #expect((found["study"] as? [String: Any])?["rows"] as? Int == 160 && found["sentence"] as? String != nil)
        for arguments in [["--banned", "page"], ["--corpus", "c"], ["--corpus", "c", "--banned", "page", "--column", "x"]] {
            #expect(try CommandRun.tessera(["audit", "rules", "proxy"] + arguments, in: bench.folder).code == 64)
        }
        let missing = try CommandRun.tessera("audit", "rules", "proxy", "--corpus", "c", "--banned", "sex", in: bench.folder)
        #expect(missing.code != 0 && missing.talk.contains("there is no categorical"), "\(missing.talk)")
    }

    @Test func retentionNeedsALedgerAndLimits() throws {
        let bench = try Workbench()
        try bench.write(Self.rules, to: "r.yaml")
        let none = try CommandRun.tessera("audit", "retention", "--ledger", "l", "--rules", "r.yaml", in: bench.folder)
        #expect(none.code == 78 && none.talk.contains("retention_days"))
        try bench.write(
            Self.rules.replacing("unrestricted: for tests", with: "unrestricted: t, retention_days: {decision: 9}"), to: "r.yaml")
        let missing = try CommandRun.tessera("audit", "retention", "--ledger", "l", "--rules", "r.yaml", in: bench.folder)
        #expect(missing.code == 66, "\(missing.talk)")
        #expect(
            try CommandRun.tessera("audit", "retention", "--ledger", "l", "--rules", "r.yaml", "--with-newer", in: bench.folder).code == 64)
    }
}
