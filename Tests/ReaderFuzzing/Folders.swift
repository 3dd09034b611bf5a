import DurableFiles
import EventStream
import FoundationEssentials
import SequenceEmbedding
import SequenceKernel

/// Folders that Tessera wrote and somebody changed: an error when opened, or everything in them can be used.
enum Folders {
    /// The files of a good corpus and a good model, made once.
    struct Good: Sendable {
        let corpus: String
        let model: String
        let corpusFiles: [(name: String, bytes: [UInt8])]
        let modelFiles: [(name: String, bytes: [UInt8])]
    }

    /// Made by importing a small export and training one epoch on it.
    static let good: Good = {
        do {
            let folder = MemoryFile.folder()
            var lines = "visitor,session,time,page,amount,title\n"
            for event in 0..<40 {
                let amount = event % 3 == 0 ? "" : "\(event).5"
                lines +=
                    "v\(event / 8),s\(event / 4),\(1_700_000_000 + event * 37),page\(event % 5),\(amount),Account number \(event % 7)\n"
            }
            let export = MemoryFile(lines.utf8)
            var mapping = ExportMapping()
            (mapping.format, mapping.delimiter, mapping.header) = (.csv, ",", true)
            (mapping.visitor, mapping.session) = ("visitor", "session")
            mapping.time = .init(column: "time", unit: .seconds)
            mapping.fields = [
                .init(name: "page", kind: .categorical), .init(name: "amount", kind: .numeric), .init(name: "title", kind: .text),
            ]
            var rejects = RejectCollector()
            let corpus = folder + "/corpus"
            _ = try ExportImporter().run(
                sources: [try ExportReaders.open(export.path, mapping: mapping)], to: corpus, rejects: &rejects)
            var configuration = ModelConfiguration(preset: .tiny)
            configuration.fields.buckets = 20
            configuration.training.epochs = 1
            let opened = try Corpus.open(corpus)
            let result = try Pretraining.run(
                CorpusTable(opened), dataDigest: opened.digest, configuration, pool: WorkerPool(threads: 1))
            let model = folder + "/model"
            try ModelArtifact.write(result.model, result.weights, result.encoding, result.card, prior: result.prior, to: model)
            return Good(corpus: corpus, model: model, corpusFiles: try files(of: corpus), modelFiles: try files(of: model))
        } catch { fatalError("the good folders cannot be made: \(error)") }
    }()

    private static func files(of folder: String) throws -> [(name: String, bytes: [UInt8])] {
        try FileSystem.live.names(in: folder).sorted().map { ($0, try FileSystem.live.contents(of: folder + "/" + $0)) }
    }

    private static func put(_ bytes: [UInt8], at path: String) {
        do {
            // In place: an atomic write would force every one of thousands to the disk.
            try Data(bytes).write(to: URL(filePath: path))
        } catch { fatalError("\(path) cannot be written: \(error)") }
    }

    /// The first byte chooses a file of the corpus, the second how it is changed; the rest is its new content.
    static let corpus: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard bytes.count > 2 else { return }
        let file = good.corpusFiles[Int(bytes[0]) % good.corpusFiles.count]
        let path = good.corpus + "/" + file.name
        put(changed(file.bytes, bytes), at: path)
        defer { put(file.bytes, at: path) }
        do throws(CorpusError) {
            let corpus = try Corpus.open(good.corpus)
            do throws(CorpusError) { try corpus.verifyDigest() } catch {}
            walk(corpus)
        } catch { promise(!"\(error)".isEmpty, "a refusal says nothing") }
    }

    /// Either the bytes behind the second, or the good file with them laid over it somewhere.
    private static func changed(_ whole: [UInt8], _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let fresh = Array(bytes.dropFirst(2))
        guard bytes[1] > 0, !whole.isEmpty else { return fresh }
        var copy = whole
        let start = min(copy.count, copy.count * Int(bytes[1]) / 256)
        let end = min(copy.count, start + fresh.count)
        copy.replaceSubrange(start..<end, with: fresh)
        return copy
    }

    private static func walk(_ corpus: Corpus) {
        var sum = 0
        for session in 0..<corpus.sessionCount {
            sum &+= corpus.sessionKey(session).utf8.count &+ corpus.visitorKey(corpus.visitor(ofSession: session)).utf8.count
            for event in corpus.events(ofSession: session) {
                sum &+= Int(corpus.hours[event]) &+ Int(truncatingIfNeeded: corpus.timesMicroseconds[event])
                for field in corpus.schema.fields {
                    if let codes = corpus.codes(field.name), let dictionary = corpus.dictionary(field.name), codes[event] > 0 {
                        sum &+= dictionary[Int(codes[event]) - 1].utf8.count
                    }
                    if let numbers = corpus.numbers(field.name), numbers[event].isNaN { sum &+= 1 }
                }
            }
        }
        promise(sum != .min, "the sum of all there is")
        let table = CorpusTable(corpus)
        do {
            var configuration = ModelConfiguration(preset: .tiny)
            configuration.fields.buckets = 20
            let encoding = try FeatureEncoding(fitting: configuration, to: table, sessions: Array(0..<table.sessionCount))
            _ = try EncodedEvents(table, encoding)
        } catch { promise(!"\(error)".isEmpty, "a refusal says nothing") }
    }

    private static let table: CorpusTable = {
        do { return CorpusTable(try Corpus.open(good.corpus)) } catch { fatalError("\(error)") }
    }()

    /// As ``corpus`` for a model, with the manifest made anew for the changed file: digests keep accidents out, not intent.
    static let model: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard bytes.count > 2 else { return }
        let file = good.modelFiles[Int(bytes[0]) % good.modelFiles.count]
        let path = good.model + "/" + file.name
        let fresh = changed(file.bytes, bytes)
        put(fresh, at: path)
        defer { for one in good.modelFiles { put(one.bytes, at: good.model + "/" + one.name) } }
        if file.name != ModelFiles.manifest { seal(file.name, fresh) }
        do throws(ModelError) {
            let artifact = try ModelArtifact(good.model)
            guard let events = try? EncodedEvents(table, artifact.encoding) else { return }
            let floats = EmbeddingTable.make(
                SessionEmbedder(artifact), events, sessions: 0..<table.sessionCount, pool: WorkerPool(threads: 1))
            promise(floats.count == table.sessionCount * artifact.configuration.embeddingSize, "embeddings are missing")
        } catch { promise(!"\(error)".isEmpty, "a refusal says nothing") }
    }

    private static func seal(_ name: String, _ bytes: [UInt8]) {
        struct File: Codable {
            var bytes: Int
            var sha256: String
        }
        struct Manifest: Codable {
            var formatVersion: Int
            var modelID: String
            var files: [String: File]
        }
        var files: [String: File] = [:]
        for one in good.modelFiles where one.name != ModelFiles.manifest {
            let content = one.name == name ? bytes : one.bytes
            files[one.name] = File(bytes: content.count, sha256: SHA256Digest.hex(of: content))
        }
        let text = files.keys.sorted().map { "\($0) \(files[$0]!.bytes) \(files[$0]!.sha256)\n" }.joined()
        let manifest = Manifest(formatVersion: ModelArtifact.version, modelID: SHA256Digest.hex(of: Array(text.utf8)), files: files)
        do { put(Array(try JSONEncoder().encode(manifest)), at: good.model + "/" + ModelFiles.manifest) } catch { fatalError("\(error)") }
    }
}
