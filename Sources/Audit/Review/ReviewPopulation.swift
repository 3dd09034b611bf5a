public import DurableFiles
internal import FoundationEssentials

/// All labelled sessions from which a review is drawn, and what gave the labels.
public struct ReviewPopulation: Sendable {
    /// Where the labels come from, and what made them.
    public struct Source: Sendable, Equatable, Codable {
        /// `labels` or `ledger`.
        public var kind: String
        /// The file's name, without its folder.
        public var name: String
        /// SHA-256 of the file, or the last hash of the ledger's chain, hexadecimal.
        public var digest: String
        /// The classifier's id.
        public var classifier: String
        /// The taxonomy's id and version.
        public var taxonomy: String
        /// The taxonomy's digest.
        public var taxonomyDigest: String
        /// Sessions that were labelled again later, of which only the last label is reviewed.
        public var superseded: Int

        /// A source by its parts.
        public init(
            kind: String, name: String, digest: String, classifier: String, taxonomy: String, taxonomyDigest: String, superseded: Int = 0
        ) {
            (self.kind, self.name, self.digest, self.classifier) = (kind, name, digest, classifier)
            (self.taxonomy, self.taxonomyDigest, self.superseded) = (taxonomy, taxonomyDigest, superseded)
        }
    }

    /// The sessions, by id.
    public internal(set) var items: [LabelledItem]
    /// Where they come from.
    public internal(set) var source: Source

    /// A population by its parts, sorted by session.
    public init(_ items: [LabelledItem], source: Source) {
        (self.items, self.source) = (items.sorted { $0.session < $1.session }, source)
    }

    /// Gives each session its slice.
    public mutating func slice(by name: (String) -> String) {
        for place in items.indices { items[place].slice = name(items[place].session) }
    }

    /// Reads the lines that `tessera label` wrote. Where a session comes twice the last line holds.
    public init(labels path: String, in fileSystem: FileSystem = .live) throws(ReviewError) {
        let bytes: [UInt8]
        do { bytes = try fileSystem.contents(of: path, limit: 1 << 34) } catch { throw .file(error) }
        var gathering = Gathering(path)
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { continue }
            guard try gathering.take(line, line: number, entry: 0) else {
                throw .badLine(path: path, line: number, reason: "this is no line of labels")
            }
        }
        self = try gathering.population(kind: "labels", digest: SHA256Digest.hex(of: bytes))
    }

    /// Reads the labels among a ledger's decisions; other decisions are passed over, and so are those whose session is not known any more.
    /// - Parameter session: the id of the session of a label that does not tell it; commands keep it with the sealed input.
    public init(ledger: Ledger, session: (LedgerEntry) -> String? = { _ in nil }) throws(ReviewError) {
        var gathering = Gathering(ledger.path)
        var failure: ReviewError?
        var last: [UInt8] = []
        do throws(LedgerError) {
            try ledger.read(LedgerSelection(kind: .decision)) { entry in
                guard failure == nil else { return }
                do throws(ReviewError) {
                    _ = try gathering.take(entry.output[...], line: entry.sequence, entry: entry.sequence) { session(entry) }
                } catch {
                    failure = error
                }
            }
            last = try ledger.head()?.hash ?? []
        } catch { throw .ledger(error) }
        if let failure { throw failure }
        self = try gathering.population(kind: "ledger", digest: SHA256Digest.hex(last))
    }
}

/// A line of labels, as far as a review reads it.
private struct LabelLine: Decodable {
    struct Intent: Decodable {
        struct Event: Decodable { var event: String }
        var id: String
        var probability: Double?
        var evidence: [Event]?
    }

    struct Taxonomy: Decodable {
        var id: String
        var version: String
        var digest: String
    }

    var session: String?
    var status: String
    var intents: [Intent]
    var set: [String]
    var groups: [String: Double?]?
    var probabilities: [String: Double?]?
    var taxonomy: Taxonomy
    var classifier: String
}

private struct Gathering {
    let path: String
    private var places: [String: Int] = [:]
    private var items: [LabelledItem] = []
    private var superseded = 0
    private var made: (classifier: String, taxonomy: LabelLine.Taxonomy)?
    private let decoder = JSONDecoder()

    init(_ path: String) { self.path = path }

    /// - Returns: false where it is no line of labels.
    mutating func take(
        _ bytes: ArraySlice<UInt8>, line number: Int, entry: Int, session: () -> String? = { nil }
    ) throws(ReviewError) -> Bool {
        guard let line = try? decoder.decode(LabelLine.self, from: Data(bytes)), let session = line.session ?? session() else {
            return false
        }
        if let made {
            guard made.classifier == line.classifier else { throw .mixed(path: path, line: number, what: "classifier") }
            guard made.taxonomy.digest == line.taxonomy.digest else { throw .mixed(path: path, line: number, what: "taxonomy") }
        } else {
            made = (line.classifier, line.taxonomy)
        }
        let ids = line.intents.map(\.id)
        guard Set(ids).count == ids.count else { throw .badLine(path: path, line: number, reason: "an intent is given twice") }
        // Groups are as probable as the likeliest intent below them, so that they bound what was not given.
        let others = line.probabilities?.filter { !ids.contains($0.key) } ?? (ids.isEmpty ? line.groups ?? [:] : [:])
        let nearest = others.values.compactMap { $0 }.max()
        let item = LabelledItem(
            session,
            given: line.intents.map { .init($0.id, probability: $0.probability ?? 0.5, evidence: $0.evidence?.map(\.event) ?? []) },
            possible: line.set.filter { !ids.contains($0) }.sorted(), nearest: nearest, entry: entry)
        if let place = places[session] {
            items[place] = item
            superseded += 1
        } else {
            places[session] = items.count
            items.append(item)
        }
        return true
    }

    func population(kind: String, digest: String) throws(ReviewError) -> ReviewPopulation {
        guard let made else { throw .nothing(path: path) }
        return ReviewPopulation(
            items,
            source: .init(
                kind: kind, name: FileSystem.name(of: path), digest: digest, classifier: made.classifier,
                taxonomy: "\(made.taxonomy.id) \(made.taxonomy.version)", taxonomyDigest: made.taxonomy.digest, superseded: superseded))
    }
}
