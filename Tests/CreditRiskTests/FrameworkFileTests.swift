import CreditRisk
import DurableFiles
import FaultTestSupport
import Foundation
import SequenceKernel
import Testing

@Suite struct FrameworkFileTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "tessera-framework-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private static func model(_ change: (inout FrameworkConfiguration) -> Void = { _ in }) throws -> FrameworkModel {
        try PlantedTables.train(.category, 80) {
            $0.network.epochs = 1
            change(&$0)
        }
    }

    /// What is read scores as what was written, to the byte, whatever the form.
    @Test(arguments: [true, false]) func roundTrip(plain: Bool) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func change(_ configuration: inout FrameworkConfiguration) {
            if !plain { (configuration.histories, configuration.network.headWidth) = ([.init(["app", "bureau"], pause: 3_600)], 4) }
        }
        let model = try Self.model(change)
        let id = try model.write(to: "\(folder)/model", with: ["note.txt": Array("kept".utf8)])
        let read = try FrameworkModel("\(folder)/model")
        #expect(read.id == id && read.configuration == model.configuration && read.encoder == model.encoder && read.card == model.card)
        let applicants = try PlantedTables.make(40, .category, seed: 4, model.configuration)
        let pool = WorkerPool(threads: 2)
        #expect(try read.probabilities(applicants, pool: pool) == model.probabilities(applicants, pool: pool))
        #expect(try Self.model(change).write(to: "\(folder)/again", with: ["note.txt": Array("kept".utf8)]) == id)
    }

    @Test func damage() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func message(_ name: String) -> String {
            do throws(FrameworkError) {
                _ = try FrameworkModel("\(folder)/\(name)")
                return "read"
            } catch { return error.description }
        }
        #expect(message("nothing").contains("no model here"))
        try Self.model().write(to: "\(folder)/model")
        let text = try String(contentsOfFile: "\(folder)/model/config.json", encoding: .utf8)
        // Files that fit their digests and not one another.
        func sealed(_ name: String, _ from: String, _ to: String) throws {
            let files = try ["config.json", "card.json", "network.safetensors"].map { file -> (String, [UInt8]) in
                let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder)/model/\(file)")))
                guard file == "config.json" else { return (file, bytes) }
                #expect(text.contains(from), "\(from)")
                return (file, Array(text.replacing(from, with: to).utf8))
            }
            try SealedFolder.write(
                Dictionary(uniqueKeysWithValues: files), kind: FrameworkModel.kind, version: FrameworkModel.version,
                to: "\(folder)/\(name)", replacing: false)
        }
        try sealed("wide", "\"width\":8", "\"width\":1024")
        #expect(message("wide").contains("its tensors are not those"))
        try sealed("dropped", "\"dropout\":0", "\"dropout\":2")
        #expect(message("dropped").contains("its configuration is not possible"))
        try sealed("renamed", "\"phone\"", "\"loan\"")
        #expect(message("renamed").contains("no training gives"))
        try sealed("column", "{\"number\":{\"_0\":1}}", "{\"number\":{\"_0\":9}}")
        #expect(message("column").contains("no training gives"))
        try sealed("members", "\"members\":[[0],[1]]", "\"members\":[[0],[7]]")
        #expect(message("members").contains("no training gives"))
        try text.replacing("\"width\":8", with: "\"width\":7").write(
            toFile: "\(folder)/model/config.json", atomically: true, encoding: .utf8)
        #expect(message("model").contains("config.json") && message("model").contains("train it anew"))
    }

    /// Whatever operation fails, the model is there whole or not at all.
    @Test func everyFault() throws {
        let model = try Self.model()
        let operations = try EveryFault().check("writing a model") { folder, fileSystem in
            try model.write(to: "\(folder)/model", replacing: true, in: fileSystem)
            _ = try FrameworkModel("\(folder)/model", in: fileSystem)
        }
        #expect(operations > 10)
    }

    /// A configuration may leave things out, and a word that is not known is refused, wherever it stands.
    @Test func configuration() throws {
        let decoder = JSONDecoder()
        func read(_ text: String) throws -> FrameworkConfiguration {
            try decoder.decode(FrameworkConfiguration.self, from: Data(text.utf8))
        }
        let some = try read(
            #"{"tables": [{"name": "t", "key": "k", "time": "at", "unit": "ms", "numeric": ["x"]}], "network": {"width": 4, "pooling": "max"}}"#
        )
        #expect(some.tables[0].unit == .milliseconds && some.network.width == 4 && some.network.heads == 2 && some.sequences.count == 1)
        try some.validate()
        #expect(try decoder.decode(FrameworkConfiguration.self, from: JSONEncoder().encode(some)) == some)
        for wrong in [
            #"{"tables": [{"name": "t", "key": "k"}]}"#, #"{"tables": [], "more": 1}"#,
            #"{"tables": [{"name": "t", "key": "k", "time": "at", "number": ["x"]}]}"#, #"{"tables": [], "network": {"hidden": 3}}"#,
            #"{"tables": [], "histories": [{"items": 3}]}"#, #"{"tables": [], "applicants": {"label": "y"}}"#,
        ] {
            #expect(throws: (any Error).self, "\(wrong)") { try read(wrong) }
        }
        func refused(_ word: String, _ change: (inout FrameworkConfiguration) -> Void) {
            var own = PlantedTables.configuration()
            change(&own)
            do throws(FrameworkError) {
                try own.validate()
                Issue.record("not refused: \(word)")
            } catch { #expect(error.description.contains(word), "\(error.description)") }
        }
        var both = PlantedTables.configuration()
        both.tables[0].numeric.append("kind")
        try both.validate()
        refused("\"kind\" is there twice") { $0.tables[0].categorical.append("kind") }
        refused("the outcome is also a feature") { $0.applicants.numeric.append("overdue") }
        refused("there is no table") { $0.histories = [.init(["bureau"]), .init(["app"]), .init(["other"])] }
        refused("none holds the table") { $0.histories = [.init(["bureau"])] }
        refused("is there twice") { $0.histories = [.init(["bureau"]), .init(["app", "bureau"])] }
        refused("the key is also a field") { $0.tables[0].categorical.append("customer") }
        refused("multiple of the heads") { $0.network.heads = 3 }
        refused("pause") { $0.histories = [.init(["bureau", "app"], pause: .nan)] }
    }
}
