import DurableFiles
import SequenceEmbedding
import SequenceKernel
import Testing

/// Models on disk: whole, checked, and refused when anything was touched.
@Suite struct ArtifactTests {
    private struct Saved {
        let folder: TemporaryFolder
        let path: String
        let bench: Bench
        let id: String
    }

    private func save(_ vectors: Bool = false) throws -> Saved {
        let folder = try TemporaryFolder()
        let bench = try Bench(Samples.table(sessions: 8, seed: 2), Samples.configuration(), shards: 1, seed: 4)
        let path = folder.path + "/model"
        var card = ModelCard()
        card.dataDigest = "d"
        let id = try ModelArtifact.write(bench.model, bench.weights, bench.encoding, card, to: path)
        return Saved(folder: folder, path: path, bench: bench, id: id)
    }

    @Test func roundTrip() throws {
        let saved = try save()
        let model = try ModelArtifact(saved.path)
        #expect(model.id == saved.id && model.id.count == 64)
        #expect(model.configuration == saved.bench.model.configuration && model.encoding == saved.bench.encoding)
        #expect(model.card.dataDigest == "d")
        let (first, second) = (SessionEmbedder(saved.bench.model, saved.bench.weights), SessionEmbedder(model))
        let events = saved.bench.events
        for session in 0..<8 {
            #expect(
                first.embed(events, session: session, first.makeScratch()) == second.embed(events, session: session, second.makeScratch()))
        }
        // Again in the same place, and the same id for the same content.
        #expect(try ModelArtifact.write(model.model, model.weights, model.encoding, model.card, to: saved.path) == saved.id)
    }

    @Test func vectorsTravel() throws {
        let folder = try TemporaryFolder()
        let table = Samples.table(sessions: 6, seed: 9)
        let vectors = ["title": VectorTable(width: 2, values: ["Account overview number 0", "é"], floats: [1, 2, 3, 4])]
        let encoding = try FeatureEncoding(fitting: Samples.configuration(), to: table, sessions: Array(0..<6), vectors: vectors)
        let model = SequenceModel(Samples.configuration(), encoding.plan)
        try ModelArtifact.write(
            model, ParameterVector(model.parameters, seed: 1), encoding, ModelCard(), to: folder.path + "/m")
        #expect(try ModelArtifact(folder.path + "/m").encoding == encoding)
    }

    @Test(arguments: ["config.json", "vocabulary.json", "model.safetensors", "card.json", "manifest.json"])
    func touchedFilesAreRefused(_ name: String) throws {
        let saved = try save()
        let file = saved.path + "/" + name
        let bytes = try FileSystem.live.contents(of: file)
        func expectRefusal(_ what: String, _ changed: [UInt8]?) throws {
            if let changed { try AtomicFile.write(changed, to: file) } else { try FileSystem.live.removeFile(file) }
            let error = #expect(throws: ModelError.self, "\(name) \(what)") { try ModelArtifact(saved.path) }
            let text = error?.description ?? ""
            #expect(text.contains(name), "\(what): \(text)")
        }
        try expectRefusal("cut off", Array(bytes.dropLast(3)))
        try expectRefusal("empty", [])
        var flipped = bytes
        flipped[bytes.count / 2] ^= 1
        try expectRefusal("one bit", flipped)
        try expectRefusal("missing", nil)
        try AtomicFile.write(bytes, to: file)
        _ = try ModelArtifact(saved.path)
    }

    /// Changes a file and its entry in the manifest, as somebody does who knows how models are sealed.
    private func forge(_ saved: Saved, _ name: String, _ change: (String) -> String) throws {
        let files = ["config.json", "vocabulary.json", "model.safetensors", "card.json"]
        let old = String(decoding: try FileSystem.live.contents(of: saved.path + "/" + name), as: UTF8.self)
        let new = change(old)
        #expect(new != old, "the forgery changed nothing")
        try AtomicFile.write(Array(new.utf8), to: saved.path + "/" + name)
        var lines = ""
        var entries: [String] = []
        for file in files.sorted() {
            let bytes = try FileSystem.live.contents(of: saved.path + "/" + file)
            let digest = SHA256Digest.hex(of: bytes)
            lines += "\(file) \(bytes.count) \(digest)\n"
            entries.append("\"\(file)\": {\"bytes\": \(bytes.count), \"sha256\": \"\(digest)\"}")
        }
        let id = SHA256Digest.hex(of: Array(lines.utf8))
        let manifest = "{\"formatVersion\": 1, \"modelID\": \"\(id)\", \"files\": {\(entries.joined(separator: ", "))}}"
        try AtomicFile.write(Array(manifest.utf8), to: saved.path + "/manifest.json")
    }

    @Test(arguments: [
        ("\"width\" : 8", "\"width\" : 16"), ("\"heads\" : 2", "\"heads\" : 3"), ("\"size\" : 10", "\"size\" : 900000000"),
        ("\"buckets\" : 50", "\"buckets\" : 99999999999999999"), ("\"formatVersion\" : 1", "\"formatVersion\" : \"one\""),
        ("\"lookup\" : 0", "\"lookup\" : 77"), ("\"layers\" : 1", "\"layers\" : -1"),
        ("\"size\" : 10", "\"size\" : 10, \"withinSession\" : 0"),
        ("\"size\" : 10", "\"size\" : 10, \"withinSession\" : 9223372036854775807"),
    ])
    func forgedConfigurationsAreRefused(_ pair: (String, String)) throws {
        let saved = try save()
        try forge(saved, "config.json") { text in
            let parts = text.split(separator: pair.0, maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? parts[0] + pair.1 + parts[1] : text
        }
        #expect(throws: ModelError.self, "\(pair)") { try ModelArtifact(saved.path) }
    }

    @Test func otherThingsAreNotModels() throws {
        let folder = try TemporaryFolder()
        #expect(throws: ModelError.self) { try ModelArtifact(folder.path) }
        #expect(throws: ModelError.self) { try ModelArtifact(folder.path + "/nothing") }
        try AtomicFile.write([1], to: folder.path + "/file")
        #expect(throws: ModelError.self) { try ModelArtifact(folder.path + "/file") }
        // A folder of somebody's own is not replaced.
        try FileSystem.live.makeDirectory(folder.path + "/mine")
        try AtomicFile.write([1], to: folder.path + "/mine/letter.txt")
        let bench = try Bench(Samples.table(sessions: 4, seed: 2), Samples.configuration(), shards: 1, seed: 4)
        #expect(throws: ModelError.self) {
            try ModelArtifact.write(bench.model, bench.weights, bench.encoding, ModelCard(), to: folder.path + "/mine")
        }
        #expect(try FileSystem.live.names(in: folder.path + "/mine") == ["letter.txt"])
    }
}
