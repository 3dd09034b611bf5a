public import DurableFiles
internal import FoundationEssentials
public import SequenceEmbedding
internal import SequenceKernel

/// A classifier as a directory:
///
/// ```
/// intents.json             settings, thresholds, calibration; names taxonomy and encoder
/// taxonomy.json            the taxonomy, word by word, with its approval
/// facts.json               the facts it reads, where it reads any
/// classifier.safetensors   the network
/// encoder.safetensors      the encoder's weights, where it was trained on
/// card.json                what the training says of itself
/// held-out.safetensors     probabilities of the sessions that taught, by students that did not see their visitors; since version 2
/// purpose.json             the purposes it was trained for, if any were named: see ``PurposeRecord``
/// manifest.json            size and SHA-256 of each
/// suspensions.json         intents it must not tell, where there ever were any; not in the manifest, see ``IntentSuspensions``
/// ```
extension IntentClassifier {
    /// The format this program writes; it reads version 1, too, which keeps no held-out probabilities.
    public static let version = 2
    /// What the manifest calls it.
    public static let kind = "intents"
    private static let settingsFile = TaxonomyUse.file
    private static let taxonomyFile = "taxonomy.json"
    private static let factsFile = "facts.json"
    private static let networkFile = "classifier.safetensors"
    private static let encoderFile = "encoder.safetensors"
    private static let cardFile = "card.json"
    private static let heldOutFile = "held-out.safetensors"
    private static let heldOutTensor = "probabilities"

    /// Writes the directory whole or not at all. Suspensions of its own and of the classifier that it replaces are kept.
    /// - Parameter extra: further files by name, such as ``PurposeGuard/record``; the id covers them, too. Names of its own files are not taken.
    /// - Returns: the id.
    @discardableResult
    public func write(
        to path: String, with extra: [String: [UInt8]] = [:], replacing: Bool = false, in fileSystem: FileSystem = .live
    ) throws(IntentClassifierError) -> String {
        let kept = try replacing ? IntentSuspensions(in: path, fileSystem).joined(with: suspensions) : suspensions
        do {
            return try SealedFolder.write(
                files.merging(extra) { own, _ in own }, kind: Self.kind, version: Self.version, to: path, replacing: replacing,
                beside: kept.entries.isEmpty ? [:] : [IntentSuspensions.file: kept.bytes], in: fileSystem)
        } catch { throw .file(error) }
    }

    /// Names and contents of its files.
    var files: [String: [UInt8]] {
        var network = SafetensorsWriter()
        student.weights.add(to: &network)
        var files = [
            Self.settingsFile: Self.json(settings), Self.taxonomyFile: Self.json(taxonomy), Self.cardFile: Self.json(card),
            Self.networkFile: network.contents(),
        ]
        if let facts { files[Self.factsFile] = Self.json(facts) }
        if !heldOut.isEmpty {
            var scores = SafetensorsWriter()
            scores.add(Self.heldOutTensor, shape: [card.taughtSessions.count, count], heldOut)
            files[Self.heldOutFile] = scores.contents()
        }
        if let encoderWeights {
            var encoder = SafetensorsWriter()
            encoderWeights.add(to: &encoder)
            files[Self.encoderFile] = encoder.contents()
        }
        return files
    }

    /// Reads a directory, checking version, sizes, digests and that its parts fit together.
    /// - Parameter encoder: the model whose embeddings it reads.
    public init(_ path: String, encoder: ModelArtifact, in fileSystem: FileSystem = .live) throws(IntentClassifierError) {
        let folder: SealedFolder
        do { folder = try SealedFolder(path, kind: Self.kind, newestVersion: Self.version, in: fileSystem) } catch {
            throw .folder(error)
        }
        try self.init(folder, encoder: encoder, in: fileSystem)
    }

    init(_ folder: SealedFolder, encoder: ModelArtifact, in fileSystem: FileSystem) throws(IntentClassifierError) {
        func damaged(_ file: String, _ reason: String) -> IntentClassifierError {
            .folder(.damaged(path: folder.path, file: file, reason: reason))
        }
        func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws(IntentClassifierError) -> Value {
            let bytes: [UInt8]
            do { bytes = try folder.contents(name) } catch { throw .folder(error) }
            do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch { throw damaged(name, "it cannot be read") }
        }
        let settings = try decoded(Settings.self, Self.settingsFile)
        let taxonomy = try decoded(Taxonomy.self, Self.taxonomyFile)
        let card = try decoded(ClassifierCard.self, Self.cardFile)
        guard taxonomy.digest == settings.taxonomy.digest else {
            throw damaged(Self.taxonomyFile, "it is not the taxonomy that \(Self.settingsFile) names")
        }
        let assignable = taxonomy.assignable.map(\.id)
        guard !settings.intents.isEmpty, settings.intents == assignable.filter(Set(settings.intents).contains) else {
            throw damaged(Self.settingsFile, "its intents are not those of its taxonomy, in its order")
        }
        let count = settings.intents.count
        guard settings.calibration.count == count, settings.thresholds.count == count,
            settings.thresholds.allSatisfy({ (0...IntentThresholds.never).contains($0) }), settings.conformal.threshold.isFinite
        else { throw damaged(Self.settingsFile, "not one calibration and one threshold for each intent") }
        guard settings.encoder == encoder.id else {
            throw .otherEncoder(path: folder.path, wanted: settings.encoder, given: encoder.id)
        }
        guard settings.embeddingSize == encoder.configuration.embeddingSize else {
            throw damaged(Self.settingsFile, "embeddings of \(settings.embeddingSize) floats, the model's have another size")
        }
        var facts: FactPlan?
        if settings.inputs.readFacts {
            let plan = try decoded(FactPlan.self, Self.factsFile)
            do { try plan.check() } catch { throw damaged(Self.factsFile, error.reason) }
            facts = plan
        }
        let inputs = Self.width(settings, facts)
        guard inputs > 0, (0...(1 << 20)).contains(settings.hidden) else {
            throw damaged(Self.settingsFile, "a network of an impossible size")
        }
        let network = StudentNetwork(inputs: inputs, hidden: settings.hidden, outputs: count)
        let weights = try Self.read(network.parameters, folder, Self.networkFile, fileSystem)
        var encoderWeights: ParameterVector?
        if folder.files[Self.encoderFile] != nil {
            encoderWeights = try Self.read(encoder.model.parameters, folder, Self.encoderFile, fileSystem)
        }
        let heldOut = try Self.heldOut(folder, sessions: card.taughtSessions, intents: count, fileSystem)
        try self.init(
            settings, taxonomy: taxonomy, student: TrainedStudent(network, weights), facts: facts, encoderWeights: encoderWeights,
            card: card, heldOut: heldOut, suspensions: IntentSuspensions(in: folder.path, fileSystem), id: folder.id)
    }

    private static func open(
        _ folder: SealedFolder, _ name: String, _ fileSystem: FileSystem
    ) throws(IntentClassifierError) -> SafetensorsFile {
        do throws(SafetensorsError) { return try SafetensorsFile("\(folder.path)/\(name)", in: fileSystem) } catch {
            if case .file(let error) = error { throw .file(error) }
            throw .folder(.damaged(path: folder.path, file: name, reason: "\(error)"))
        }
    }

    /// None where the folder does not have them.
    private static func heldOut(
        _ folder: SealedFolder, sessions: [Int], intents: Int, _ fileSystem: FileSystem
    ) throws(IntentClassifierError) -> [Float] {
        guard zip(sessions, sessions.dropFirst()).allSatisfy({ $0 < $1 }), sessions.first ?? 0 >= 0 else {
            throw .folder(
                .damaged(path: folder.path, file: cardFile, reason: "it does not name the sessions that taught in rising order"))
        }
        guard folder.files[heldOutFile] != nil else { return [] }
        func damaged(_ reason: String) -> IntentClassifierError {
            .folder(.damaged(path: folder.path, file: heldOutFile, reason: reason))
        }
        let file = try open(folder, heldOutFile, fileSystem)
        guard let entry = file[heldOutTensor], entry.shape == [sessions.count, intents], entry.type == .float32 else {
            throw damaged("not one row for each session that taught and one column for each intent")
        }
        let scores: [Float]
        do throws(SafetensorsError) { scores = try file.floats(heldOutTensor) } catch { throw damaged("\(error)") }
        guard scores.allSatisfy({ (0...1).contains($0) }) else { throw damaged("it holds values that are no probabilities") }
        return scores
    }

    private static func read(
        _ scope: ParameterScope, _ folder: SealedFolder, _ name: String, _ fileSystem: FileSystem
    ) throws(IntentClassifierError) -> ParameterVector {
        func damaged(_ reason: String) -> IntentClassifierError { .folder(.damaged(path: folder.path, file: name, reason: reason)) }
        guard folder.files[name] != nil else { throw damaged("it is not there") }
        let file = try open(folder, name, fileSystem)
        // Compared before memory is asked for: settings changed by hand could ask for more than there is.
        for parameter in scope.parameters {
            guard let entry = file[parameter.name], entry.shape == parameter.shape, entry.type == .float32 else {
                throw damaged("its tensors are not those that \(settingsFile) asks for (\(parameter.name))")
            }
        }
        let weights = ParameterVector(zeros: scope)
        weights.read(from: file)
        guard UnsafeBufferPointer(start: weights.base, count: weights.count).allSatisfy(\.isFinite) else {
            throw damaged("it holds values that are not finite numbers")
        }
        return weights
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Our own values hold nothing that JSON cannot say.
        return Array(try! encoder.encode(value)) + [0x0A]
    }
}

/// A classifier cannot be read, written or used.
public enum IntentClassifierError: Error, CarriesFileError, CustomStringConvertible {
    /// The system refused.
    case file(FileError)
    /// The directory is not a classifier, or not what was written.
    case folder(SealedFolder.Fault)
    /// It reads embeddings of another model.
    case otherEncoder(path: String, wanted: String, given: String)
    /// Nobody approved the taxonomy as it is.
    case unapproved(path: String, state: ApprovalState, taxonomy: TaxonomyReference)
    /// An approval was given for another taxonomy.
    case otherTaxonomy(path: String, wanted: TaxonomyReference, given: TaxonomyReference)
    /// What may not be told cannot be made out.
    case suspensions(path: String, reason: String)
    /// The corpus lacks what facts are made of.
    case facts(String)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .folder(let fault): fault.told(of: "intents", writtenBy: "`tessera intents train` or `pack`")
        case .otherEncoder(let path, let wanted, let given):
            "\(path): it reads embeddings of model \(wanted.prefix(12))…, and model \(given.prefix(12))… is given; give the model it was "
                + "trained with, or train it anew on this one"
        case .unapproved(let path, let state, let taxonomy):
            "\(path): taxonomy \(taxonomy.id) \(taxonomy.version) \(state == .changed ? "was changed after its approval" : "is not approved"), "
                + "so what was trained on it may be judged but not served; have it approved (tessera taxonomy approve FILE --by NAME) "
                + "and pack it with --taxonomy FILE"
        case .otherTaxonomy(let path, let wanted, let given):
            "\(path): trained under taxonomy \(wanted.id) \(wanted.version) (\(wanted.digest.prefix(12))…), and the one given is \(given.id) "
                + "\(given.version) (\(given.digest.prefix(12))…); an approval holds for one content: train anew under this one"
        case .suspensions(let path, let reason):
            "\(path): \(reason), and it may say that an intent is suspended; put back the file from a copy of the directory"
        case .facts(let reason): reason
        }
    }
}
