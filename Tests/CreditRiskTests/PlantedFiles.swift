import CreditRisk
import Foundation
import SequenceKernel

/// Raw tables as files, in which the kind of the records tells the outcome: what a scorecard is made of.
struct PlantedFiles {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "tessera-scorecard-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    /// Days since 1970 in seconds.
    static func day(_ day: Int) -> Int { day * 86_400 }

    /// Applicants `a0 …` of decisions a day apart, with records in `app.csv`, later ones in `service.csv` and outcomes in their own file.
    func fill(_ count: Int, seed: UInt64 = 3, extra: (Int, Bool) -> String = { _, _ in "" }, extraColumn: String = "") throws {
        var random = RandomSource(seed, 0xF11E)
        var applicants = "customer,decided,age,channel\(extraColumn)\n", outcomes = "customer,overdue,known\n"
        var app = "customer,at,code,amount\n", service = "customer,at,operation,level\n"
        for number in 0..<count {
            let isOverdue = random.uniform() < 0.35, decision = 20_000 + number % 300
            let age = random.uniform() < 0.1 ? "" : "\(20 + random.below(40) + (isOverdue ? 6 : 0))"
            applicants += "a\(number),\(Self.day(decision)),\(age),\(random.uniform() < 0.5 ? "web" : "shop")\(extra(number, isOverdue))\n"
            outcomes += "a\(number),\(isOverdue ? 1 : 0),\(Self.day(decision + 200))\n"
            for _ in 0..<random.below(10) + 3 {
                let code =
                    random.uniform() < 0.4
                    ? (random.uniform() < (isOverdue ? 0.75 : 0.25) ? "late" : "fund") : ["home", "pay", "help"][random.below(3)]
                app +=
                    "a\(number),\(Self.day(decision - 1) - random.below(2_000_000)),\(code),\(code == "pay" ? "\(random.below(90))" : "")\n"
            }
            for _ in 0..<4 {
                let level = (isOverdue ? 2 : 7) + random.below(4)
                service += "a\(number),\(Self.day(decision + 1 + random.below(80))),\(level > 6 ? "in" : "out"),\(level)\n"
            }
        }
        try write("applicants.csv", applicants)
        try write("outcomes.csv", outcomes)
        try write("app.csv", app)
        try write("service.csv", service)
        try write(
            "operations.csv",
            "code,operation,category\nlate,late,itemClick\nfund,fund,itemClick\nhome,home,itemClick\npay,pay,transformOperation\n"
                + "help,widget,functionWidget\n")
    }

    /// Puts the outcomes into the file of the applicants, of whom one applies under the key of another.
    func joinOutcomes(applying applicant: String, as other: String) throws {
        func lines(_ name: String) throws -> [Substring] {
            try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(separator: "\n")
        }
        let outcomes = try lines("outcomes.csv").map { $0.split(separator: ",").dropFirst().joined(separator: ",") }
        let rows = try zip(lines("applicants.csv"), outcomes).map { "\($0),\($1)" }
        try write("applicants.csv", rows.joined(separator: "\n").replacing("\(applicant),", with: "\(other),") + "\n")
    }

    /// The configuration of a preset with settings that train in a moment.
    func configuration(
        _ preset: String = "framework", _ change: (inout CreditConfiguration) -> Void = { _ in }
    ) throws -> CreditConfiguration {
        let service = preset == "mgkd" ? #", "service": "service.csv""# : ""
        let later =
            preset == "mgkd"
            ? #", {"name": "service", "key": "customer", "time": "at", "categorical": ["operation"], "numeric": ["level"]}"# : ""
        let own =
            switch preset {
            case "huihen": #", "behaviours": {"table": "app", "code": "code", "amount": "amount"}, "groups": {"item": ["channel"]}"#
            case "mgkd": #", "stages": {"service": ["service"]}"#
            default: ""
            }
        let text = """
            {"preset": "\(preset)", "files": {"applicants": "applicants.csv", "outcomes": "outcomes.csv", "app": "app.csv",
              "operations": "operations.csv"\(service)},
             "applicants": {"key": "customer", "decision": "decided", "outcome": "overdue", "outcomeTime": "known",
              "numeric": ["age"], "categorical": ["channel"]},
             "tables": [{"name": "app", "key": "customer", "time": "at", "categorical": ["code"], "numeric": ["amount"]}\(later)],
             "framework": {"epochs": 3, "batchApplicants": 32, "learningRate": 0.02, "dropout": 0},
             "huihen": {"epochs": 3, "batchApplicants": 32, "learningRate": 0.02, "dropout": 0, "rules": {"minimumBehaviours": 1}},
             "mgkd": {"epochs": 3, "batchApplicants": 32, "learningRate": 0.02, "folds": 2},
             "business": {"folds": 2, "seeds": 2}\(own)}
            """
        var configuration = try JSONDecoder().decode(CreditConfiguration.self, from: Data(text.utf8))
        change(&configuration)
        return configuration
    }

    func data(_ configuration: CreditConfiguration, files: [String: String] = [:], training: Bool = true) throws -> CreditData {
        try CreditData(configuration, folder: folder, files: files, training: training, needsOutcomes: training)
    }

    func train(
        _ configuration: CreditConfiguration, judges: Double = 0.3, threads: Int = 2, leaks: CreditScorecard.Leaks = .refuse
    ) throws -> CreditScorecard {
        try CreditScorecard.train(
            configuration, data(configuration), name: "planted", judges: .init(share: judges), leaks: leaks,
            pool: WorkerPool(threads: threads))
    }
}
