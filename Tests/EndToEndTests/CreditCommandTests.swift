import Foundation
import Testing

/// `tessera credit`, as a person runs it on the simulated bank's applicants.
@Suite struct CreditCommandTests {
    /// Settings that train in a moment, put at the end of what `simulate` wrote.
    private static let quick = """
        framework: {epochs: 1}
        huihen: {epochs: 1, preTrainingEpochs: 1}
        mgkd: {epochs: 1, folds: 2}
        business: {folds: 2, seeds: 2}

        """

    private static func bench(applicants: Int = 600) throws -> Workbench {
        let bench = try Workbench()
        _ = try require(["simulate", "--visitors", "1", "--applicants", "\(applicants)", "--seed", "4", "--out", "bank"], in: bench)
        for preset in ["framework", "huihen", "mgkd"] {
            let text = String(decoding: try bench.data("bank/credit/\(preset).yaml"), as: UTF8.self)
            try bench.write(text + quick, to: "bank/credit/\(preset).yaml")
        }
        return bench
    }

    private static func require(_ command: [String], in bench: Workbench) throws -> CommandRun {
        let run = try CommandRun.tessera(command, in: bench.folder)
        try #require(run.code == 0, "\(command.joined(separator: " ")): \(run.talk)")
        return run
    }

    /// The README's lines, for each preset: train, judge, score, explain.
    @Test(arguments: ["framework", "huihen", "mgkd"]) func endToEnd(_ preset: String) throws {
        let bench = try Self.bench()
        let training = ["credit", "train", "bank/credit/\(preset).yaml", "--judges", "0.4", "--json", "--out"]
        try bench.write("", to: "two/keep")
        let trained = try Self.require(training + ["m", "--threads", "1"], in: bench).json()
        let again = try Self.require(training + ["two/m", "--threads", "2"], in: bench).json()
        #expect(again["model_id"] as? String == trained["model_id"] as? String, "another model at two threads")
        #expect(trained["preset"] as? String == preset)
        #expect(((trained["read"] as? [String: Any])?["applicants"] as? Int) == 600)
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: bench.folder.appending(path: "m").path))
        #expect(names.isSuperset(of: ["manifest.json", "model-card.md", "model-card.json", "scorecard.json", "network.safetensors"]))
        #expect(String(decoding: try bench.data("m/model-card.md"), as: UTF8.self).contains("SYNTHETIC"))

        let judging = ["credit", "evaluate", "m", "--data", "bank/credit", "--page", "credit.html", "--synthetic", "--show-applicant"]
        let judged = try Self.require(judging + ["--json"], in: bench).json()
        let study = try #require(judged["study"] as? [String: Any])
        let rows = try #require(study["rows"] as? [[String: Any]])
        #expect(
            rows.map { $0["name"] as? String } == [
                "scorecard", "sequences alone", "without sequences", "logistic regression", "perceptron", "random forest",
            ])
        #expect(rows.dropFirst().allSatisfy { $0["comparison"] != nil })
        #expect((study["applicants"] as? Int ?? 0) + (judged["left_out"] as? Int ?? 0) == 600)
        let page = String(decoding: try bench.data("credit.html"), as: UTF8.self)
        for words in ["Synthetic data", "Comparison", "Deciles", "One applicant explained", "What it would have approved"] {
            #expect(page.contains(words), "\(words)")
        }
        // Nobody is shown who was not asked for.
        let plain = ["credit", "evaluate", "m", "--data", "bank/credit", "--page", "plain.html"]
        let text = try Self.require(plain, in: bench).output
        let bare = String(decoding: try bench.data("plain.html"), as: UTF8.self)
        #expect(!bare.contains("One applicant explained") && !bare.contains("Days before") && bare.contains("No applicant is shown here"))
        #expect(text.contains("DeLong p") && text.contains("PSI") && text.contains("deciles"))

        let scoring = ["credit", "score", "m", "--data", "bank/credit", "--out"]
        _ = try Self.require(scoring + ["one.csv", "--threads", "1"], in: bench)
        _ = try Self.require(scoring + ["two.csv", "--threads", "2"], in: bench)
        #expect(try bench.data("one.csv") == bench.data("two.csv"), "other scores at two threads")
        let table = String(decoding: try bench.data("one.csv"), as: UTF8.self).split(separator: "\n")
        #expect(table.count == 601 && table[0] == "applicant_id,probability,points,reason_1,reason_2,reason_3,reason_4")
        _ = try Self.require(scoring + ["lines.jsonl", "--reasons", "1"], in: bench)
        let line = try JSONSerialization.jsonObject(
            with: Data(String(decoding: bench.data("lines.jsonl"), as: UTF8.self).split(separator: "\n")[0].utf8))
        #expect((line as? [String: Any])?["customer"] as? String == "a0000000")

        let explained = try Self.require(["credit", "explain", "m", "a0000007", "--data", "bank/credit", "--json"], in: bench).json()
        #expect(explained["customer"] as? String == "a0000007" && (explained["tables"] as? [Any])?.isEmpty == false)
        let told = try Self.require(["credit", "explain", "m", "a0000007", "--data", "bank/credit"], in: bench).output
        #expect(told.contains("without one of the latest") && told.contains("share of 2 models"))
        #expect(!bench.names.contains { $0.hasPrefix(".") }, "\(bench.names)")
    }

    /// What is wrong is told with place, reason and remedy, under the exit codes of the others.
    @Test func wrongUse() throws {
        let bench = try Self.bench()
        func refused(_ command: [String], _ code: Int32, _ words: String) throws {
            let run = try CommandRun.tessera(["credit"] + command, in: bench.folder)
            #expect(run.code == code && run.talk.contains(words) && !run.died, "\(command): \(run.code) \(run.talk)")
        }
        let yaml = "bank/credit/mgkd.yaml"
        try refused(["train", "none.yaml", "--out", "m"], 78, "none.yaml")
        try refused(["train", yaml, "--judges", "1", "--out", "m"], 64, "--judges")
        try refused(["train", yaml, "--known-later", "--out", "m"], 64, "--known-later needs --before")
        try refused(["evaluate", "m", "--show-applicant"], 64, "--show-applicant needs --page")
        try refused(["train", yaml, "--before", "2025-12-01", "--out", "m"], 65, "--known-later")
        try refused(["train", yaml, "--data", "nowhere", "--out", "m"], 66, "nowhere/")
        try refused(["train", yaml, "--file", "lenders=x.csv", "--out", "m"], 78, "no file of this name")
        try refused(["train", yaml, "--file", "loans", "--out", "m"], 64, "--file")
        try bench.write(
            String(decoding: try bench.data(yaml), as: UTF8.self).replacing("numeric: [age,", with: "numeric: [overdue, age,"),
            to: "bank/credit/label.yaml")
        try refused(["train", "bank/credit/label.yaml", "--out", "m"], 78, "the outcome is also a feature")
        try bench.write(String(decoding: try bench.data(yaml), as: UTF8.self) + "colour: blue\n", to: "bank/credit/word.yaml")
        try refused(["train", "bank/credit/word.yaml", "--out", "m"], 78, "colour")
        try bench.write("there", to: "full/file")
        try refused(["train", yaml, "--out", "full"], 73, "full")
        try refused(["score", "none", "--data", "bank/credit", "--out", "s.csv"], 66, "tessera credit train")

        _ = try Self.require(["credit", "train", yaml, "--judges", "0", "--out", "m"], in: bench)
        try refused(["evaluate", "m", "--data", "bank/credit"], 65, "--judges")
        try refused(["explain", "m", "nobody", "--data", "bank/credit"], 65, "nobody has this key")
        try refused(
            ["score", "m", "--data", "bank/credit", "--file", "service=bank/credit/service.csv", "--out", "s.csv"], 78, "files.service")
        try refused(["score", "m", "--data", "bank/credit", "--out", "bank"], 73, "directory")
        try refused(["train", yaml, "--out", "m"], 73, "m")
        // A student is scored where no table of the service is.
        try FileManager.default.removeItem(at: bench.folder.appending(path: "bank/credit/service.csv"))
        _ = try Self.require(["credit", "score", "m", "--data", "bank/credit", "--out", "s.csv"], in: bench)
    }
}
