public import DurableFiles
private import FoundationEssentials
public import SequenceKernel

/// A model as a directory: written whole or not at all, and read with nothing taken on trust.
///
/// ```
/// config.json          format version, configuration, feature plan with statistics
/// vocabulary.json      the values of each field, in the order of their ids
/// model.safetensors    weights, readable by the safetensors package
/// vectors.safetensors  ready-made vectors, if any
/// prior.safetensors    copy model and item links of a next-item model, if any
/// card.json            what the run says of itself
/// purpose.json         the purposes it was trained for, if any were named
/// manifest.json        size and SHA-256 of each file; the digest over them is the model's id
/// ```
public struct ModelArtifact: Sendable {
    /// The format this program writes.
    public static let version = 1

    /// What was chosen.
    public let configuration: ModelConfiguration
    /// What was fitted.
    public let encoding: FeatureEncoding
    /// The model.
    public let model: SequenceModel
    /// Its weights.
    public let weights: ParameterVector
    /// What ranks next items beside the network, if anything.
    public let prior: NextItemPrior?
    /// What the run said.
    public let card: ModelCard
    /// The model's id: 64 hexadecimal digits over all files.
    public let id: String
    /// Digest of the weights' file alone: equal for two runs with the same result.
    public let weightsDigest: String

    private struct Configuration: Codable {
        var formatVersion: Int
        var configuration: ModelConfiguration
        var plan: FeaturePlan
    }
    private struct Values: Codable {
        var entries: [String]
        var counts: [Int]
    }
    private struct Manifest: Codable {
        struct File: Codable {
            var bytes: Int
            var sha256: String
        }
        var formatVersion: Int
        var modelID: String
        var files: [String: File]
    }

    /// Writes a model directory. One already there is replaced in one step, if it is a model.
    /// - Parameter extra: further files by name; the id covers them, too. Names of its own files are not taken.
    /// - Returns: the model's id.
    @discardableResult
    public static func write(
        _ model: SequenceModel, _ weights: ParameterVector, _ encoding: FeatureEncoding, _ card: ModelCard, prior: NextItemPrior? = nil,
        with extra: [String: [UInt8]] = [:], to path: String, in fileSystem: FileSystem = .live
    ) throws(ModelError) -> String {
        try DirectoryPublication.publish(at: path, replacing: true, marker: ModelFiles.configuration, in: fileSystem) {
            folder throws(ModelError) in
            var files: [String: Manifest.File] = [:]
            func put(_ name: String, _ bytes: [UInt8]) throws(ModelError) {
                try attempt { () throws(FileError) in try AtomicFile.write(bytes, to: folder + "/" + name, in: fileSystem) }
                files[name] = Manifest.File(bytes: bytes.count, sha256: SHA256Digest.hex(of: bytes))
            }
            func seal(_ name: String) throws(ModelError) {
                files[name] = try attempt { () throws(FileError) in
                    Manifest.File(
                        bytes: try fileSystem.status(of: folder + "/" + name)?.size ?? 0,
                        sha256: try SHA256Digest.hex(ofFileAt: folder + "/" + name, in: fileSystem))
                }
            }
            try put(
                ModelFiles.configuration,
                json(Configuration(formatVersion: version, configuration: model.configuration, plan: encoding.plan)))
            try put(ModelFiles.vocabulary, json(encoding.vocabularies.mapValues { Values(entries: $0.entries, counts: $0.counts) }))
            try put(ModelFiles.card, json(card))
            var writer = SafetensorsWriter()
            weights.add(to: &writer)
            try attempt { () throws(FileError) in try writer.write(to: folder + "/" + ModelFiles.weights, in: fileSystem) }
            try seal(ModelFiles.weights)
            if !encoding.vectors.isEmpty {
                try attempt { () throws(FileError) in
                    try VectorFile.write(encoding.vectors, to: folder + "/" + ModelFiles.vectors, in: fileSystem)
                }
                try seal(ModelFiles.vectors)
            }
            if let prior {
                try attempt { () throws(FileError) in try PriorFile.write(prior, to: folder + "/" + ModelFiles.prior, in: fileSystem) }
                try seal(ModelFiles.prior)
            }
            for (name, bytes) in extra.sorted(by: { $0.key < $1.key }) where files[name] == nil { try put(name, bytes) }
            let id = identifier(files)
            try put(ModelFiles.manifest, json(Manifest(formatVersion: version, modelID: id, files: files)))
            return id
        }
    }

    /// Reads a model directory, checking version, sizes and digests before anything is built.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(ModelError) {
        let manifest = try Self.manifest(path, fileSystem)
        var contents: [String: [UInt8]] = [:]
        for (name, expected) in manifest.files.sorted(by: { $0.key < $1.key }) {
            let file = path + "/" + name
            guard let status = try Self.attempt({ () throws(FileError) in try fileSystem.status(of: file) }), status.kind == .file else {
                throw .damaged(path: path, file: name, reason: "the manifest names it and it is not there")
            }
            guard status.size == expected.bytes else {
                throw .damaged(path: path, file: name, reason: "\(status.size) bytes where the manifest says \(expected.bytes)")
            }
            let digest = try Self.attempt { () throws(FileError) in try SHA256Digest.hex(ofFileAt: file, in: fileSystem) }
            guard digest == expected.sha256 else {
                throw .damaged(path: path, file: name, reason: "its bytes are not those that were written")
            }
            if name.hasSuffix(".json") {
                contents[name] = try Self.attempt { () throws(FileError) in try fileSystem.contents(of: file) }
            }
        }
        let stored: Configuration = try Self.decode(contents, ModelFiles.configuration, path)
        let values: [String: Values] = try Self.decode(contents, ModelFiles.vocabulary, path)
        card = try Self.decode(contents, ModelFiles.card, path)
        configuration = stored.configuration
        do { try configuration.validate() } catch {
            throw .damaged(path: path, file: ModelFiles.configuration, reason: "\(error)")
        }
        var vocabularies: [String: Vocabulary] = [:]
        for (field, value) in values {
            guard value.entries.count == value.counts.count, Set(value.entries).count == value.entries.count else {
                throw .damaged(path: path, file: ModelFiles.vocabulary, reason: "field \(field): entries and counts do not match")
            }
            vocabularies[field] = Vocabulary(entries: value.entries, counts: value.counts)
        }
        var vectors: [String: VectorTable] = [:]
        if manifest.files[ModelFiles.vectors] != nil {
            do { vectors = try VectorFile.read(path + "/" + ModelFiles.vectors, in: fileSystem) } catch {
                throw .damaged(path: path, file: ModelFiles.vectors, reason: "\(error)")
            }
        }
        encoding = FeatureEncoding(plan: stored.plan, vocabularies: vocabularies, vectors: vectors)
        if let fault = PlanCheck.fault(encoding, configuration) {
            throw .damaged(path: path, file: ModelFiles.configuration, reason: fault)
        }
        var scope = ParameterScope()
        model = SequenceModel(configuration, encoding.plan, in: &scope)
        let tensors: SafetensorsFile
        do { tensors = try SafetensorsFile(path + "/" + ModelFiles.weights, in: fileSystem) } catch {
            throw .tensors(path: path, error)
        }
        // Compared before memory is asked for: a configuration changed by hand could ask for more than there is.
        if let differences = Self.differences(scope, tensors) { throw .parametersDiffer(path: path, differences: differences) }
        weights = ParameterVector(zeros: scope)
        weights.read(from: tensors)
        for parameter in weights.parameters {
            guard UnsafeBufferPointer(start: weights.pointer(parameter), count: parameter.count).allSatisfy(\.isFinite) else {
                throw .damaged(path: path, file: ModelFiles.weights, reason: "\(parameter.name) holds values that are not finite numbers")
            }
        }
        if manifest.files[ModelFiles.prior] != nil, let settings = configuration.objectives.nextEvent.prior, let tied = model.heads.tied {
            do {
                prior = try PriorFile.read(path + "/" + ModelFiles.prior, settings, itemCount: tied.items.count, in: fileSystem)
            } catch {
                throw .damaged(path: path, file: ModelFiles.prior, reason: "\(error)")
            }
        } else {
            prior = nil
        }
        id = manifest.modelID
        weightsDigest = manifest.files[ModelFiles.weights]!.sha256
    }

    private static func manifest(_ path: String, _ fileSystem: FileSystem) throws(ModelError) -> Manifest {
        let file = path + "/" + ModelFiles.manifest
        guard try attempt({ () throws(FileError) in try fileSystem.status(of: file) })?.kind == .file else {
            throw .notAModel(path: path)
        }
        let bytes = try attempt { () throws(FileError) in try fileSystem.contents(of: file, limit: 1 << 20) }
        let manifest: Manifest = try decode([ModelFiles.manifest: bytes], ModelFiles.manifest, path)
        guard manifest.formatVersion <= version, manifest.formatVersion > 0 else {
            throw .unsupportedVersion(path: path, found: manifest.formatVersion, newestSupported: version)
        }
        for name in [ModelFiles.configuration, ModelFiles.vocabulary, ModelFiles.weights, ModelFiles.card]
        where manifest.files[name] == nil {
            throw .damaged(path: path, file: ModelFiles.manifest, reason: "it does not name \(name)")
        }
        for name in manifest.files.keys.sorted() where name.utf8.contains(UInt8(ascii: "/")) || name.hasPrefix(".") {
            throw .damaged(path: path, file: ModelFiles.manifest, reason: "it names a file outside of the model")
        }
        guard identifier(manifest.files) == manifest.modelID else {
            throw .damaged(path: path, file: ModelFiles.manifest, reason: "the model id is not the digest over its files")
        }
        return manifest
    }

    private static func identifier(_ files: [String: Manifest.File]) -> String {
        let text = files.keys.sorted().map { "\($0) \(files[$0]!.bytes) \(files[$0]!.sha256)\n" }.joined()
        return SHA256Digest.hex(of: Array(text.utf8))
    }

    /// What differs between declarations and a file's tensors, in one line; nil when nothing does.
    private static func differences(_ scope: ParameterScope, _ file: SafetensorsFile) -> String? {
        var found: [String] = []
        var names = Set<String>()
        for parameter in scope.parameters {
            names.insert(parameter.name)
            if let entry = file[parameter.name] {
                if entry.shape != parameter.shape || entry.type != .float32 {
                    found.append("\(parameter.name) is \(entry.type.rawValue) \(entry.shape) where F32 \(parameter.shape) is wanted")
                }
            } else {
                found.append("\(parameter.name) is missing")
            }
        }
        for entry in file.entries where !names.contains(entry.name) { found.append("\(entry.name) is not wanted") }
        return found.isEmpty ? nil : found.joined(separator: "; ")
    }

    private static func attempt<Result>(_ body: () throws(FileError) -> Result) throws(ModelError) -> Result {
        do { return try body() } catch { throw .file(error) }
    }

    static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        // Our own values hold nothing that JSON cannot say.
        return Array(try! encoder.encode(value)) + [UInt8(ascii: "\n")]
    }

    private static func decode<Value: Decodable>(_ contents: [String: [UInt8]], _ name: String, _ path: String) throws(ModelError) -> Value
    {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return try decoder.decode(Value.self, from: Data(contents[name] ?? []))
        } catch let error as DecodingError {
            throw .damaged(path: path, file: name, reason: reason(error))
        } catch {
            throw .damaged(path: path, file: name, reason: "\(error)")
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String { path.isEmpty ? "the top" : path.map(\.stringValue).joined(separator: ".") }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context.codingPath)): \(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): "\(place(context.codingPath)): a value of another type"
        case .dataCorrupted(let context): "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: "not readable"
        }
    }
}
