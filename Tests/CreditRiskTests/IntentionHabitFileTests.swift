import CreditRisk
import DurableFiles
import FaultTestSupport
import Foundation
import SequenceKernel
import Testing

@Suite struct IntentionHabitFileTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "tessera-credit-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private static func model(_ change: (inout IntentionHabitSettings) -> Void = { _ in }) throws -> IntentionHabitModel {
        try IntentionHabitTrainingTests.train(try IntentionHabitTrainingTests.data(old: 60, new: 60)) {
            ($0.epochs, $0.preTrainingEpochs) = (1, 1)
            change(&$0)
        }
    }

    /// What is read scores as what was written, to the byte, whatever the switches.
    @Test(arguments: [true, false]) func roundTrip(whole: Bool) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let model = try Self.model { if !whole { ($0.sessions, $0.fieldMaps) = (false, false) } }
        let id = try model.write(to: "\(folder)/model", with: ["note.txt": Array("kept".utf8)])
        let read = try IntentionHabitModel("\(folder)/model")
        #expect(read.id == id && read.settings == model.settings && read.vocabulary == model.vocabulary && read.card == model.card)
        let applicants = try PlantedApplicants.make(40, seed: 4)
        let pool = WorkerPool(threads: 2)
        #expect(try read.probabilities(applicants, pool: pool) == model.probabilities(applicants, pool: pool))
        // The same training gives the same bytes.
        let again = try Self.model { if !whole { ($0.sessions, $0.fieldMaps) = (false, false) } }
        #expect(try again.write(to: "\(folder)/again", with: ["note.txt": Array("kept".utf8)]) == id)
    }

    @Test func damage() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func message(_ name: String) -> String {
            do throws(IntentionHabitError) {
                _ = try IntentionHabitModel("\(folder)/\(name)")
                return "read"
            } catch { return error.description }
        }
        #expect(message("nothing").contains("no model here"))
        let model = try Self.model()
        try model.write(to: "\(folder)/model")
        #expect(throws: IntentionHabitError.self) { try model.write(to: "\(folder)/model") }
        try model.write(to: "\(folder)/model", replacing: true)
        let path = "\(folder)/model/config.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("\"stateWidth\":6", with: "\"stateWidth\":7").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(message("model").contains("config.json") && message("model").contains("train it anew"))
        // Files that fit their digests and not one another.
        func sealed(_ name: String, _ from: String, _ to: String) throws {
            let files = try ["config.json", "card.json", "network.safetensors"].map { file -> (String, [UInt8]) in
                let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder)/model/\(file)")))
                guard file == "config.json" else { return (file, bytes) }
                #expect(text.contains(from))
                return (file, Array(text.replacing(from, with: to).utf8))
            }
            try SealedFolder.write(
                Dictionary(uniqueKeysWithValues: files), kind: IntentionHabitModel.kind, version: IntentionHabitModel.version,
                to: "\(folder)/\(name)", replacing: false)
        }
        try sealed("wide", "\"stateWidth\":6", "\"stateWidth\":4096")
        #expect(message("wide").contains("its tensors are not those"))
        try sealed("dropped", "\"dropout\":0.4", "\"dropout\":2")
        #expect(message("dropped").contains("its settings are not possible"))
        try sealed("fields", "\"fields\":[3,2", "\"fields\":[9,2")
        #expect(message("fields").contains("no training gives"))
        try sealed("codes", "\"code\":\"fund.open\"", "\"code\":\"loan.open\"")
        #expect(message("codes").contains("cannot be read"))
    }

    /// Whatever operation fails, the model is there whole or not at all.
    @Test func everyFault() throws {
        let model = try Self.model()
        let operations = try EveryFault().check("writing a model") { folder, fileSystem in
            try model.write(to: "\(folder)/model", replacing: true, in: fileSystem)
            _ = try IntentionHabitModel("\(folder)/model", in: fileSystem)
        }
        #expect(operations > 10)
    }

    /// A file of settings may leave things out, and a word that is not known is refused.
    @Test func settings() throws {
        let decoder = JSONDecoder()
        let some = try decoder.decode(
            IntentionHabitSettings.self, from: Data(#"{"stateWidth": 8, "rules": {"sessions": 10}, "timeGate": "coupled"}"#.utf8))
        #expect(some.stateWidth == 8 && some.rules.sessions == 10 && some.rules.pause == 3_600 && some.embeddingWidth == 10)
        #expect(throws: (any Error).self) { try decoder.decode(IntentionHabitSettings.self, from: Data(#"{"width": 8}"#.utf8)) }
        let whole = try JSONEncoder().encode(some)
        #expect(try decoder.decode(IntentionHabitSettings.self, from: whole) == some)
    }
}
