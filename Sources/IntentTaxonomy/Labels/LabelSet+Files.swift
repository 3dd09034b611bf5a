public import DurableFiles
internal import FoundationEssentials

extension LabelSet {
    private struct Line: Codable {
        var session: Int
        var key: String
        var annotator: String
        var annotatorVersion: String?
        var time: String?
        var rationale: String?
        var intents: [String: Double]

        enum CodingKeys: String, CodingKey {
            case session, key, annotator, time, rationale, intents
            case annotatorVersion = "annotator_version"
        }
    }

    private struct Dispute: Codable {
        var session: Int
        var key: String
        var source: String
        var intents: [String]
    }

    /// Writes the folder whole or not at all.
    /// - Returns: the digest that the manifest holds.
    @discardableResult
    public func publish(to path: String, replacing: Bool = false, in fileSystem: FileSystem = .live) throws(LabelError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func encoded(_ value: some Encodable) -> [UInt8] {
            // Texts and finite numbers only: nothing of this can be refused.
            guard let bytes = try? encoder.encode(value) else { preconditionFailure("LabelSet.publish: cannot be encoded") }
            return Array(bytes) + [0x0A]
        }
        let ids = taxonomy.assignable.map(\.id)
        var labels: [UInt8] = []
        for annotation in annotations {
            var intents: [String: Double] = [:]
            for (id, confidence) in zip(ids, annotation.confidences) where confidence > 0 { intents[id] = confidence }
            labels += encoded(
                Line(
                    session: annotation.session, key: sessionKey(annotation.session), annotator: annotation.annotator,
                    annotatorVersion: annotation.annotatorVersion, time: annotation.time, rationale: annotation.rationale,
                    intents: intents))
        }
        let disputes = contradictions.flatMap {
            encoded(Dispute(session: $0.session, key: sessionKey($0.session), source: $0.source, intents: $0.intents))
        }
        let parts = [
            (Self.taxonomyFile, encoded(taxonomy)), (Self.labelsFile, labels),
            (Self.contradictionsFile, disputes),
        ]
        var manifest = manifest
        let digest = SHA256Digest()
        for part in parts { digest.update(part.1) }
        manifest.digest = digest.finishHex()
        let files = parts + [(Self.manifestFile, encoded(manifest))]
        try DirectoryPublication.publish(at: path, replacing: replacing, marker: Self.labelsFile, in: fileSystem) {
            folder throws(LabelError) in
            for (name, bytes) in files {
                do throws(FileError) {
                    let writer = try FileWriter(creating: "\(folder)/\(name)", in: fileSystem)
                    try writer.write(bytes)
                    try writer.finish(sync: false)
                } catch {
                    throw .file(error)
                }
            }
        }
        return manifest.digest
    }

    /// Opens a folder and checks that it is what was written.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(LabelError) {
        func contents(_ name: String) throws(LabelError) -> [UInt8] {
            do { return try fileSystem.contents(of: "\(path)/\(name)", limit: 1 << 40) } catch {
                throw error.isMissing && name != Self.manifestFile ? .damaged(path: path, reason: "\(name) is missing") : .file(error)
            }
        }
        func decoded<Value: Decodable>(_ type: Value.Type, _ bytes: some Sequence<UInt8>, _ name: String) throws(LabelError) -> Value {
            do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
                throw .damaged(path: path, reason: "\(name) cannot be read")
            }
        }
        let manifestBytes: [UInt8]
        do throws(LabelError) { manifestBytes = try contents(Self.manifestFile) } catch {
            if case .file(let error) = error, error.isMissing { throw .notALabelSet(path: path) }
            throw error
        }
        struct Version: Decodable { let format_version: Int }
        let found = try decoded(Version.self, manifestBytes, Self.manifestFile).format_version
        guard found <= Self.version else { throw .unsupportedVersion(path: path, found: found, newest: Self.version) }
        let manifest = try decoded(Manifest.self, manifestBytes, Self.manifestFile)
        let parts = [
            try contents(Self.taxonomyFile), try contents(Self.labelsFile), try contents(Self.contradictionsFile),
        ]
        let digest = SHA256Digest()
        for part in parts { digest.update(part) }
        guard digest.finishHex() == manifest.digest else {
            throw .damaged(path: path, reason: "the files are not those that were written (their digest differs)")
        }
        let taxonomy = try decoded(Taxonomy.self, parts[0], Self.taxonomyFile)
        guard !taxonomy.issues().contains(where: { $0.severity == .error }) else {
            throw .damaged(path: path, reason: "\(Self.taxonomyFile) is not a valid taxonomy")
        }
        guard taxonomy.digest == manifest.taxonomy.digest else {
            throw .damaged(path: path, reason: "\(Self.taxonomyFile) is not the taxonomy that \(Self.manifestFile) names")
        }
        let ids = taxonomy.assignable.map(\.id)
        let numbers = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        var annotations: [Annotation] = []
        var keys: [Int: String] = [:]
        for line in parts[1].split(separator: 0x0A) {
            let line = try decoded(Line.self, line, Self.labelsFile)
            var confidences = [Double](repeating: 0, count: ids.count)
            for (id, confidence) in line.intents {
                guard let number = numbers[id] else {
                    throw .damaged(path: path, reason: "\(Self.labelsFile) holds an intent that its taxonomy does not have")
                }
                guard (0...1).contains(confidence) else {
                    throw .damaged(path: path, reason: "\(Self.labelsFile) holds a confidence outside of 0 to 1")
                }
                confidences[number] = confidence
            }
            guard line.session >= 0 else { throw .damaged(path: path, reason: "\(Self.labelsFile) holds a session below 0") }
            keys[line.session] = line.key
            annotations.append(
                Annotation(
                    session: line.session, annotator: line.annotator, annotatorVersion: line.annotatorVersion, time: line.time,
                    rationale: line.rationale, confidences: confidences))
        }
        var contradictions: [Contradiction] = []
        for line in parts[2].split(separator: 0x0A) {
            let line = try decoded(Dispute.self, line, Self.contradictionsFile)
            keys[line.session] = line.key
            contradictions.append(Contradiction(session: line.session, source: line.source, intents: line.intents))
        }
        self.init(manifest: manifest, taxonomy: taxonomy, annotations: annotations, contradictions: contradictions, keys: keys)
    }
}
