import BoostedTrees
import CreditRisk
import DurableFiles
import Foundation
import SequenceKernel
import Testing

/// Baselines of every kind in files of a folder.
@Suite struct CreditBaselineFileTests {
    /// A folder of its own, removed with the value.
    final class Scratch {
        let path: String
        init() throws {
            path = FileManager.default.temporaryDirectory.appending(path: "baselines-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func folder(_ name: String, _ files: [String: [UInt8]]) throws -> ModelFolder {
            try SealedFolder.write(files, kind: "baseline", version: 1, to: "\(path)/\(name)", replacing: false)
            return try ModelFolder("\(path)/\(name)", kind: "baseline", newestVersion: 1, in: .live)
        }
    }

    static func train(_ kind: CreditBaselineKind) throws -> CreditBaseline {
        let (training, validation) = try (PlantedTable.make(300, seed: 1), PlantedTable.make(150, first: 10_000, seed: 2))
        var settings = PlantedTable.settings()
        (settings.perceptron.preTrainingEpochs, settings.guideFolds, settings.trees.rounds) = (4, 3, 30)
        return try CreditBaseline.train(kind, training, validation: validation, settings, pool: WorkerPool(threads: 1))
    }

    @Test(arguments: CreditBaselineKind.allCases) func roundTrip(_ kind: CreditBaselineKind) throws {
        let scratch = try Scratch(), pool = WorkerPool(threads: 2)
        let model = try Self.train(kind), test = try PlantedTable.make(100, first: 20_000, seed: 3)
        let files = try model.files("own")
        let read = try CreditBaseline(scratch.folder("model", files), "own", threads: 2)
        #expect(read.kind == kind && read.encoding == model.encoding)
        #expect(try read.probabilities(test, pool: pool) == model.probabilities(test, pool: pool))
        // XGBoost writes trees that it has read in other words than those that it grew.
        if kind != .boostedTrees, kind != .randomForest { #expect(try read.files("own") == files) }
        // Two of them in one folder do not get into each other's way.
        let both = try scratch.folder("both", files.merging(Self.train(.logisticRegression).files("other")) { own, _ in own })
        #expect(try CreditBaseline(both, "own", threads: 1).kind == kind)
        #expect(try CreditBaseline(both, "other", threads: 1).kind == .logisticRegression)
    }

    /// Files that fit their digests and are not what a training writes.
    @Test func damagedPerceptrons() throws {
        let scratch = try Scratch()
        let files = try Self.train(.perceptron).files("own")
        #expect(Set(files.keys) == ["own.json", "own.config.json", "own.card.json", "own.network.safetensors"])
        func message(_ name: String, _ file: String, _ from: String = "", _ to: String? = nil) throws -> String {
            var files = files
            if let to {
                let text = String(decoding: try #require(files[file]), as: UTF8.self)
                #expect(text.contains(from), "\(from)")
                files[file] = Array(text.replacing(from, with: to).utf8)
            } else {
                files[file] = nil
            }
            do {
                _ = try CreditBaseline(scratch.folder(name, files), "own", threads: 1)
                return "read"
            } catch { return "\(error)" }
        }
        for file in files.keys { #expect(try message("lost-\(file)", file).contains(file), "\(file)") }
        #expect(try message("format", "own.json", "\"format\":1", "\"format\":9").contains("a format that this program does not read"))
        #expect(try message("kind", "own.json", "\"perceptron\"", "\"randomForest\"").contains("numbers are cut"))
        #expect(try message("twice", "own.json", "\"clerk\"", "\"smith\"").contains("a category is there twice"))
        #expect(try message("falling", "own.json", "\"edges\":[", "\"edges\":[1e9,").contains("numbers are cut"))
        #expect(try message("columns", "own.json", "\"categories\":[", "\"categories\":[\"pilot\",").contains("it reads other columns"))
        #expect(try message("histories", "own.card.json", "\"newApplicants\":0", "\"newApplicants\":9").contains("or histories"))
        #expect(try message("card", "own.card.json", "{", "[").contains("own.card.json"))
        #expect(try message("dropout", "own.config.json", "\"dropout\":", "\"dropout\":7").contains("its settings are not possible"))
        #expect(
            try message("wide", "own.config.json", "\"embeddingWidth\":32", "\"embeddingWidth\":33").contains("own.network.safetensors"))
        // Tensors cut short.
        var short = files
        short["own.network.safetensors"]?.removeLast(8)
        #expect(throws: SealedFolder.Fault.self) { try CreditBaseline(scratch.folder("short", short), "own", threads: 1) }
    }
}
