import CreditRisk
import DurableFiles
import FaultTestSupport
import Foundation
import SequenceKernel
import Testing

@Suite struct StageFileTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "tessera-stage-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private static let settings = PlantedStages.settings { $0.epochs = 1 }

    /// What is read scores as what was written, to the byte, and knows what it refuses; neither stage is taken for the other.
    @Test func roundTrip() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let data = try StageTrainingTests.Data(80, test: 40), pool = WorkerPool(threads: 2)
        let targets = try data.targets(Self.settings), student = try data.student(Self.settings, targets)
        let id = try student.write(to: "\(folder)/student", with: ["note.txt": Array("kept".utf8)])
        let read = try PreServiceModel("\(folder)/student")
        #expect(read.id == id && read.settings == student.settings && read.card == student.card)
        #expect(read.refusedFieldNames == ["payment", "days_late"] && read.fieldNames == student.fieldNames)
        #expect(try read.probabilities(data.test.preService, pool: pool) == student.probabilities(data.test.preService, pool: pool))
        #expect(throws: StageDistillationError.inServiceFields(["days_late"])) { try read.check(columns: ["days_late"]) }
        let again = try data.student(Self.settings, targets)
        #expect(try again.write(to: "\(folder)/again", with: ["note.txt": Array("kept".utf8)]) == id)
        let teacher = try InServiceModel.train(data.training, validation: data.validation, Self.settings, pool: pool)
        try teacher.write(to: "\(folder)/teacher")
        let second = try InServiceModel("\(folder)/teacher")
        #expect(try second.probabilities(data.test, pool: pool) == teacher.probabilities(data.test, pool: pool))
        #expect(teacher.card.split == student.card.split && student.card.teacherAUC.count == 2)
        #expect(refusalMessage { _ = try PreServiceModel("\(folder)/teacher") }.contains("is wanted"))
        #expect(refusalMessage { _ = try InServiceModel("\(folder)/student") }.contains("is wanted"))
        // Nothing of the service is in the student's files but the names that it refuses.
        let network = try String(
            decoding: Foundation.Data(contentsOf: URL(filePath: "\(folder)/student/network.safetensors")), as: UTF8.self)
        #expect(!network.contains("projection") && !network.contains("records.1") && network.contains("records.0"))
        let config = try String(contentsOfFile: "\(folder)/student/config.json", encoding: .utf8)
        #expect(!config.contains("\"late\"") && !config.contains("window") && config.contains("\"branch\""))
    }

    @Test func damage() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func message(_ name: String) -> String { refusalMessage { _ = try PreServiceModel("\(folder)/\(name)") } }
        #expect(message("nothing").contains("no model here"))
        let data = try StageTrainingTests.Data(80)
        let student = try data.student(Self.settings, try data.targets(Self.settings))
        try student.write(to: "\(folder)/model")
        #expect(throws: StageDistillationError.self) { try student.write(to: "\(folder)/model") }
        try student.write(to: "\(folder)/model", replacing: true)
        let path = "\(folder)/model/config.json", text = try String(contentsOfFile: path, encoding: .utf8)
        // Files that fit their digests and not one another.
        func sealed(_ name: String, _ from: String, _ to: String) throws {
            #expect(text.contains(from))
            let files = try ["config.json", "card.json", "network.safetensors"].map { file -> (String, [UInt8]) in
                let bytes = Array(try Foundation.Data(contentsOf: URL(filePath: "\(folder)/model/\(file)")))
                return (file, file == "config.json" ? Array(text.replacing(from, with: to).utf8) : bytes)
            }
            try SealedFolder.write(
                Dictionary(uniqueKeysWithValues: files), kind: PreServiceModel.kind, version: 1, to: "\(folder)/\(name)", replacing: false)
        }
        try sealed("wide", "\"studentWidth\":8", "\"studentWidth\":4096")
        #expect(message("wide").contains("its tensors are not those"))
        try sealed("hot", "\"temperature\":2", "\"temperature\":0")
        #expect(message("hot").contains("its settings are not possible"))
        try sealed("service", "\"refused\":[\"payment\"", "\"refused\":[\"income\"")
        #expect(message("service").contains("no training gives"))
        try sealed("columns", "\"profile\":[\"income\",", "\"profile\":[")
        #expect(message("columns").contains("no training gives"))
        try text.replacing("\"studentWidth\":8", with: "\"studentWidth\":9").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(message("model").contains("config.json") && message("model").contains("train it anew"))
    }

    /// Whatever operation fails, the model is there whole or not at all.
    @Test func everyFault() throws {
        let data = try StageTrainingTests.Data(80), student = try data.student(Self.settings.plain, nil)
        let operations = try EveryFault().check("writing a student") { folder, fileSystem in
            try student.write(to: "\(folder)/model", replacing: true, in: fileSystem)
            _ = try PreServiceModel("\(folder)/model", in: fileSystem)
        }
        #expect(operations > 10)
    }

    /// A file of settings may leave things out, and a word that is not known is refused.
    @Test func settings() throws {
        let decoder = JSONDecoder()
        let some = try decoder.decode(StageDistillationSettings.self, from: Foundation.Data(#"{"folds": 3, "encoder": "gru"}"#.utf8))
        #expect(some.folds == 3 && some.encoder == "gru" && some.softWeight == 1 && some.selfDecay == 0.999)
        #expect(throws: (any Error).self) { try decoder.decode(StageDistillationSettings.self, from: Foundation.Data(#"{"a": 8}"#.utf8)) }
        // Whatever is changed comes back: nothing is left out of the file.
        var changed = StageDistillationSettings()
        (changed.profileWidth, changed.embeddingWidth, changed.recordWidth, changed.encoder, changed.heads, changed.layers) =
            (1, 2, 3, "gru", 4, 5)
        (changed.pooling, changed.longestRecords, changed.rareBelow, changed.fusionWidth, changed.studentWidth) = ("last", 6, 7, 8, 9)
        (changed.teacherWidth, changed.dropout, changed.softWeight, changed.temperature, changed.coarseWeight) = (10, 0.25, 2, 3, 4)
        (changed.coarseDistance, changed.fineWeight, changed.prototypeTemperature, changed.selfWeight) = ("normed", 5, 6, 7)
        (changed.selfDecay, changed.warmUpEpochs, changed.reweighting, changed.effectiveNumberBeta, changed.folds) = (0.5, 3, -1, 0.5, 7)
        (changed.projection, changed.batchApplicants, changed.epochs, changed.patience) = ("shared", 8, 9, 10)
        (changed.learningRate, changed.weightDecay, changed.seed, changed.eventWeight) = (0.5, 0.25, 11, 12)
        #expect(try decoder.decode(StageDistillationSettings.self, from: JSONEncoder().encode(changed)) == changed)
        try changed.validate()
    }
}
