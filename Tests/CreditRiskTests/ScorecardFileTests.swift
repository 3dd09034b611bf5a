import CreditRisk
import DurableFiles
import FaultTestSupport
import Foundation
import SequenceKernel
import Testing

/// A scorecard's folder: whole or not there, and nothing in it is taken on trust.
@Suite struct ScorecardFileTests {
    @Test(arguments: ["framework", "huihen", "mgkd"]) func roundTrip(_ preset: String) throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        let configuration = try files.configuration(preset) { $0.business.kind = preset == "mgkd" ? .logisticRegression : .boostedTrees }
        let card = try files.train(configuration)
        let id = try card.write(to: "\(files.folder)/model")
        let read = try CreditScorecard("\(files.folder)/model", threads: 2)
        #expect(read.id == id && read.configuration == configuration && read.card == card.card)
        let data = try files.data(configuration, training: false), pool = WorkerPool(threads: 2)
        #expect(try read.scores(data, pool: pool) == card.scores(data, pool: pool))
        #expect(try files.train(configuration, threads: 1).write(to: "\(files.folder)/again") == id)
        #expect(throws: (any Error).self) { try card.write(to: "\(files.folder)/model") }
        let text = try String(contentsOfFile: "\(files.folder)/model/model-card.md", encoding: .utf8)
        #expect(text == card.card.markdown)
    }

    @Test func damage() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        func message(_ name: String) -> String {
            do {
                _ = try CreditScorecard("\(files.folder)/\(name)")
                return "read"
            } catch { return "\(error)" }
        }
        #expect(message("nothing").contains("no model here"))
        try files.fill(300)
        try files.train(files.configuration()).write(to: "\(files.folder)/model")
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(files.folder)/model").filter { $0 != "manifest.json" }
        // Files that fit their digests and not one another.
        func sealed(_ name: String, _ file: String, _ from: String, _ to: String) throws {
            var all: [String: [UInt8]] = [:]
            for own in names where to != "-" || own != file {
                let bytes = Array(try Data(contentsOf: URL(filePath: "\(files.folder)/model/\(own)")))
                all[own] = bytes
                guard own == file else { continue }
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(text.contains(from), "\(from)")
                all[own] = Array(text.replacing(from, with: to).utf8)
            }
            try SealedFolder.write(
                all, kind: FrameworkModel.kind, version: FrameworkModel.version, to: "\(files.folder)/\(name)", replacing: false)
        }
        try sealed("bare", "scorecard.json", "", "-")
        #expect(message("bare").contains("a network without a scorecard"))
        try sealed("preset", "scorecard.json", "\"framework\",\"seed\"", "\"huihen\",\"seed\"")
        #expect(message("preset").contains("its configuration is not possible"))
        try sealed("table", "scorecard.json", "\"name\":\"app\",\"values\"", "\"name\":\"other\",\"values\"")
        #expect(message("table").contains("no training gives"))
        try sealed("trees", "stacked.trees.json", "\"learner\"", "\"lerner\"")
        #expect(message("trees").contains("not trees of ours"))
        try sealed("columns", "stacked.json", "app: records", "app: rows")
        #expect(message("columns").contains("other columns"))
        try sealed("weights", "logistic.json", "\"weights\":[", "\"weights\":[0,")
        #expect(message("weights").contains("no training gives"))
        try sealed("network", "perceptron.json", "\"perceptron\"", "\"boostedTrees\"")
        #expect(message("network").contains("numbers are cut"))
        try sealed("scales", "perceptron.config.json", "\"means\":[", "\"means\":[0,")
        #expect(message("scales").contains("perceptron.config.json"))
        try sealed("history", "perceptron.card.json", "\"newApplicants\":0", "\"newApplicants\":9")
        #expect(message("history").contains("or histories"))
        try sealed("lost", "perceptron.network.safetensors", "", "-")
        #expect(message("lost").contains("perceptron.network.safetensors"))
        try sealed("card", "model-card.json", "\"format\" : 1", "\"format\" : 9")
        #expect(message("card").contains("it is no card"))
        try sealed("missing", "logistic.json", "", "-")
        #expect(message("missing").contains("logistic.json"))
    }

    /// Whatever operation fails, the model is there whole or not at all.
    @Test func everyFault() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        // The smallest there is: every fault means writing and reading all of it once more.
        let card = try files.train(
            files.configuration {
                ($0.business.kind, $0.business.seeds, $0.business.forestTrees) = (.logisticRegression, 1, 1)
                // XGBoost's threads would wait for one another, spinning, at every writing.
            }, threads: 1)
        let operations = try EveryFault().check("writing a scorecard") { folder, fileSystem in
            try card.write(to: "\(folder)/model", replacing: true, in: fileSystem)
            _ = try CreditScorecard("\(folder)/model", in: fileSystem)
        }
        #expect(operations > 10)
    }
}
