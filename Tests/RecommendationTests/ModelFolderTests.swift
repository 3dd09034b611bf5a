import DurableFiles
import FaultTestSupport
import Foundation
import Recommendation
import SequenceKernel
import Testing

/// Folders of rankers and predictors: old or new after every fault, and refused when they are anything else.
@Suite struct ModelFolderTests {
    static func ranker(_ seed: UInt64, trees: Bool = false) throws -> TileRanker {
        let settings = RankingTests.settings { settings in
            (settings.epochs, settings.hidden, settings.seed) = (1, 4, seed)
            if trees {
                settings.trees = TileRankerSettings.Trees()
                (settings.trees!.rounds, settings.trees!.members) = (3, 1)
            }
        }
        return try TileRanker.train(RuledImpressions(40, seed: seed).examples, settings, pool: WorkerPool(threads: 2)).ranker
    }

    static func predictor(_ head: ConversionSettings.Head, _ seed: UInt64 = 1) throws -> ConversionPredictor {
        var settings = ConversionSample.settings(head)
        settings.rounds = 5
        return try ConversionPredictor.train(
            ConversionSample.examples(120, seed: seed), settings, pool: WorkerPool(threads: 2)
        ).predictor
    }

    @Test func everyFaultOfARankerLeavesOldOrNew() throws {
        let (old, new) = (try Self.ranker(1), try Self.ranker(2, trees: true))
        let faults = try EveryFault()
        let written = try faults.check(
            "writing a ranker", prepare: { try old.write(to: $0 + "/r", with: ["inputs.json": [0x7B, 0x7D]]) },
            { try new.write(to: $0 + "/r", with: ["inputs.json": [0x7B, 0x7D, 0x0A]], replacing: true, in: $1) })
        #expect(written > 30, "\(written)")
        let folder = try scratchFolder()
        try new.write(to: "\(folder.path)/r")
        let read = try faults.check("reading a ranker") { _, files in _ = try TileRanker("\(folder.path)/r", in: files) }
        #expect(read > 15, "\(read)")
    }

    @Test(arguments: ConversionSettings.Head.allCases) func everyFaultOfAPredictorLeavesOldOrNew(_ head: ConversionSettings.Head) throws {
        let (old, new) = (try Self.predictor(.softmax, 2), try Self.predictor(head))
        let faults = try EveryFault()
        let written = try faults.check(
            "writing a predictor", prepare: { try old.write(to: $0 + "/p") },
            { try new.write(to: $0 + "/p", with: ["inputs.json": [0x7B, 0x7D]], replacing: true, in: $1) })
        #expect(written > 25, "\(written)")
        let folder = try scratchFolder()
        try new.write(to: "\(folder.path)/p")
        let read = try faults.check("reading a predictor") { _, files in _ = try ConversionPredictor("\(folder.path)/p", in: files) }
        #expect(read > 10, "\(read)")
    }

    /// A folder with one file changed by somebody who seals it anew, or without it where the change gives nothing.
    private func resealed(_ path: String, _ kind: String, _ name: String, _ change: ([UInt8]) throws -> [UInt8]?) throws -> String {
        var files: [String: [UInt8]] = [:]
        for file in try FileSystem.live.names(in: path) where file != SealedFolder.manifestFile {
            files[file] = try FileSystem.live.contents(of: "\(path)/\(file)")
        }
        files[name] = try change(try #require(files[name]))
        let place = path + "-sealed"
        try SealedFolder.write(files, kind: kind, version: 1, to: place, replacing: true)
        return place
    }

    private static func changed(_ key: String, _ value: Any) -> ([UInt8]) throws -> [UInt8]? {
        { bytes in
            var object = try JSONSerialization.jsonObject(with: Data(bytes)) as! [String: Any]
            object[key] = value
            return Array(try JSONSerialization.data(withJSONObject: object))
        }
    }

    @Test func hostileRankersAreRefused() throws {
        let folder = try scratchFolder()
        let path = "\(folder.path)/r"
        try Self.ranker(1, trees: true).write(to: path)
        func message(_ name: String, _ change: ([UInt8]) throws -> [UInt8]?) throws -> String {
            let place = try resealed(path, TileRanker.kind, name, change)
            do throws(RankingError) {
                _ = try TileRanker(place)
                return "read"
            } catch { return error.description }
        }
        #expect(try message("card.json") { $0 } == "read")
        for name in ["config.json", "card.json", "catalogue.json", "ranker.safetensors", "trees-0.json"] {
            for (what, bytes) in [("missing", nil), ("empty", []), ("text", Array("[nothing".utf8))] as [(String, [UInt8]?)] {
                let said = try message(name) { _ in bytes }
                #expect(said.contains(name) && said.contains("; "), "\(name) \(what): \(said)")
            }
        }
        for (key, value) in [
            ("positions", -1), ("positions", 1 << 40), ("positions", 7), ("settings", ["members": 0]),
            ("blend", ["network": 1, "linear": -1, "trees": 0]), ("blend", ["network": 1, "trees": 0]),
        ] as [(String, Any)] {
            let said = try message("config.json", Self.changed(key, value))
            #expect(said.contains("config.json") && said.contains("train it anew"), "\(key): \(said)")
        }
        var plain = RankingTests.settings { ($0.epochs, $0.hidden, $0.linear.penalties) = (1, 4, []) }
        plain.seed = 1
        try TileRanker.train(RuledImpressions(40, seed: 1).examples, plain, pool: WorkerPool(threads: 2)).ranker.write(
            to: "\(folder.path)/plain")
        let sums = try message("ranker.safetensors") { _ in try FileSystem.live.contents(of: "\(folder.path)/plain/ranker.safetensors") }
        #expect(sums.contains("linear.context"), "a file without the plain sum: \(sums)")
        let tiles = try message("catalogue.json") { _ in Array("[\"one\"]".utf8) }
        #expect(tiles.contains("ranker.safetensors") && tiles.contains("config.json"), "tensors of another catalogue: \(tiles)")
        let other = try Self.predictor(.trees)
        try other.write(to: "\(folder.path)/p")
        let trees = try message("trees-0.json") { _ in try FileSystem.live.contents(of: "\(folder.path)/p/trees.json") }
        #expect(trees.contains("trees-0.json: its trees do not give one score a tile"), "\(trees)")
    }

    @Test(arguments: ConversionSettings.Head.allCases) func hostilePredictorsAreRefused(_ head: ConversionSettings.Head) throws {
        let folder = try scratchFolder()
        let path = "\(folder.path)/p"
        try Self.predictor(head).write(to: path)
        func message(_ name: String, _ change: ([UInt8]) throws -> [UInt8]?) throws -> String {
            let place = try resealed(path, ConversionPredictor.kind, name, change)
            do throws(ConversionError) {
                _ = try ConversionPredictor(place)
                return "read"
            } catch { return error.description }
        }
        #expect(try message("card.json") { $0 } == "read")
        let model = head == .softmax ? "softmax.safetensors" : "trees.json"
        for name in ["config.json", "card.json", model] {
            for (what, bytes) in [("missing", nil), ("empty", []), ("text", Array("[nothing".utf8))] as [(String, [UInt8]?)] {
                let said = try message(name) { _ in bytes }
                // Without trees a regression is looked for.
                let told = said.contains(name) || (name == "trees.json" && what == "missing" && said.contains("softmax.safetensors"))
                #expect(told && said.contains("; "), "\(name) \(what): \(said)")
            }
        }
        for (key, value) in [
            ("names", [String]()), ("names", ["balance", "visits"]), ("classes", ["none", "none"]), ("known", [0, 9]), ("known", [0, 1]),
            ("shares", [1, 0, 0, 0]), ("temperature", 0), ("threshold", -1),
        ] as [(String, Any)] {
            let said = try message("config.json", Self.changed(key, value))
            #expect(said != "read" && said.contains("train it anew"), "\(key) \(value): \(said)")
        }
    }
}
