internal import DurableFiles
public import EventStream
internal import FoundationEssentials

/// Supplied labels of one corpus under one taxonomy: a folder with `manifest.json`, `taxonomy.json`, `labels.jsonl` and
/// `contradictions.jsonl`. The same input gives the same bytes.
public struct LabelSet: Sendable, Equatable {
    /// What stands in `manifest.json`.
    public struct Manifest: Sendable, Equatable, Codable {
        /// Version of the format.
        public var formatVersion: Int
        /// The taxonomy the labels were given under.
        public var taxonomy: TaxonomyReference
        /// Digest of the corpus whose sessions are labelled.
        public var corpus: String
        /// SHA-256 of the files that were read, in order.
        public var inputs: [String]
        /// Digests of older taxonomies that were taken for the present one.
        public var acceptedTaxonomies: [String]
        /// Rows read.
        public var rows: Int
        /// Annotations kept.
        public var annotations: Int
        /// Sessions with at least one annotation.
        public var sessions: Int
        /// Annotations by annotator and version.
        public var annotators: [String: Int]
        /// Rows that repeat what another said.
        public var repeats: Int
        /// Rows that do not say under which taxonomy they were given.
        public var rowsWithoutDigest: Int
        /// Refused rows by reason.
        public var rejects: [String: Int]
        /// SHA-256 over the other files' bytes, in the order taxonomy, labels, contradictions.
        public var digest: String

        enum CodingKeys: String, CodingKey {
            case taxonomy, corpus, inputs, rows, annotations, sessions, annotators, repeats, rejects, digest
            case formatVersion = "format_version"
            case acceptedTaxonomies = "accepted_taxonomies"
            case rowsWithoutDigest = "rows_without_digest"
        }
    }

    /// Newest format read and written.
    public static let version = 1
    /// The file that makes a folder a label set.
    public static let manifestFile = "manifest.json"
    static let taxonomyFile = "taxonomy.json"
    static let labelsFile = "labels.jsonl"
    static let contradictionsFile = "contradictions.jsonl"

    /// Numbers and digests.
    public internal(set) var manifest: Manifest
    /// The taxonomy, with its approval at the time of import.
    public let taxonomy: Taxonomy
    /// By session, annotator and version.
    public let annotations: [Annotation]
    /// What one annotator said twice and differently, by session.
    public let contradictions: [Contradiction]
    /// Keys of the labelled sessions, by number.
    let keys: [Int: String]

    /// Reads label files for a corpus.
    /// - Parameters:
    ///   - key: the key under which the corpus was imported, if identifiers were replaced.
    ///   - annotator: who labelled, where the rows do not say.
    /// - Returns: the labels, and every refused row.
    /// - Throws: ``LabelError`` where a file cannot be read at all, was labelled under another taxonomy, or leaves nothing.
    public static func read(
        _ files: [String], for corpus: Corpus, taxonomy: Taxonomy, key: [UInt8]? = nil, annotator: String? = nil,
        settings: LabelImport.Settings = LabelImport.Settings()
    ) throws(LabelError) -> (labels: LabelSet, rejects: [LabelReject]) {
        var reading = LabelImport(taxonomy, sessions: SessionIndex(corpus, key: key), settings: settings)
        var inputs: [String] = []
        for path in files {
            let file = try LabelFile(path, taxonomy: taxonomy, annotator: annotator)
            inputs.append(SHA256Digest.hex(of: file.bytes))
            try reading.read(file)
        }
        let (annotations, contradictions) = reading.finish()
        var keys: [Int: String] = [:]
        for session in annotations.map(\.session) + contradictions.map(\.session) { keys[session] = corpus.sessionKey(session) }
        var annotators: [String: Int] = [:]
        for annotation in annotations { annotators[annotation.source, default: 0] += 1 }
        var rejects: [String: Int] = [:]
        for reject in reading.rejects { rejects[reject.reason.rawValue, default: 0] += 1 }
        let manifest = Manifest(
            formatVersion: version, taxonomy: TaxonomyReference(taxonomy), corpus: corpus.digest, inputs: inputs,
            acceptedTaxonomies: settings.acceptedDigests.sorted(), rows: reading.rows, annotations: annotations.count,
            sessions: Set(annotations.map(\.session)).count, annotators: annotators, repeats: reading.repeats,
            rowsWithoutDigest: reading.withoutDigest, rejects: rejects, digest: "")
        return (
            LabelSet(
                manifest: manifest, taxonomy: taxonomy, annotations: annotations, contradictions: contradictions, keys: keys),
            reading.rejects
        )
    }

    /// Labels in memory, of sessions `session 0`, `session 1` and so on where no keys are given.
    package init(taxonomy: Taxonomy, annotations: [Annotation], contradictions: [Contradiction] = [], corpus: String = "") {
        var annotators: [String: Int] = [:]
        for annotation in annotations { annotators[annotation.source, default: 0] += 1 }
        let sessions = Set(annotations.map(\.session) + contradictions.map(\.session))
        self.init(
            manifest: Manifest(
                formatVersion: Self.version, taxonomy: TaxonomyReference(taxonomy), corpus: corpus, inputs: [], acceptedTaxonomies: [],
                rows: annotations.count, annotations: annotations.count, sessions: Set(annotations.map(\.session)).count,
                annotators: annotators, repeats: 0, rowsWithoutDigest: 0, rejects: [:], digest: ""),
            taxonomy: taxonomy, annotations: annotations, contradictions: contradictions,
            keys: Dictionary(uniqueKeysWithValues: sessions.map { ($0, "session \($0)") }))
    }

    init(
        manifest: Manifest, taxonomy: Taxonomy, annotations: [Annotation], contradictions: [Contradiction], keys: [Int: String]
    ) {
        (self.manifest, self.taxonomy, self.annotations) = (manifest, taxonomy, annotations)
        (self.contradictions, self.keys) = (contradictions, keys)
    }

    /// The same labels without those of other sessions. The manifest stays that of the whole.
    public func limited(to sessions: Set<Int>) -> LabelSet {
        LabelSet(
            manifest: manifest, taxonomy: taxonomy, annotations: annotations.filter { sessions.contains($0.session) },
            contradictions: contradictions.filter { sessions.contains($0.session) }, keys: keys)
    }

    /// The key of a labelled session, as the corpus has it.
    public func sessionKey(_ session: Int) -> String { keys[session] ?? "" }

    /// Annotators with versions, by name.
    public var sources: [String] { manifest.annotators.keys.sorted() }

    /// Refuses labels of another corpus.
    public func check(corpus: Corpus) throws(LabelError) {
        guard manifest.corpus == corpus.digest, annotations.allSatisfy({ $0.session < corpus.sessionCount }) else {
            throw .otherCorpus(path: corpus.path)
        }
    }

    /// Refuses a taxonomy other than the one the labels were given under.
    public func check(taxonomy: Taxonomy, place: String) throws(LabelError) {
        guard taxonomy.digest == manifest.taxonomy.digest else {
            throw .taxonomyDiffers(place: place, labelled: manifest.taxonomy.digest, present: taxonomy.digest)
        }
    }
}
