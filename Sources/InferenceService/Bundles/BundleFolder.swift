public import DurableFiles
public import EventStream
internal import FoundationEssentials
public import IntentTaxonomy
public import Recommendation

/// Models that answer together, in one folder: what `tessera pack` writes and `tessera serve` loads.
///
/// ```
/// bundle.json      which parts there are with their ids, the purpose, and the program that packed them
/// schema.json      the fields of the corpus that the models were made from
/// words.json       the words in which events may be told (``EventWording``)
/// tiles.csv        the catalogue of tiles, with a ranker
/// rules.json       rules of eligibility, where there are
/// manifest.json    size and SHA-256 of the files above; the digest over them is the bundle's id
/// encoder/ intents/ ranker/ predictor/ credit/     the models, as they were trained or packed
/// ```
/// Each part seals itself, and bundle.json names its id: a part that was exchanged is found. What may change in place, suspensions of
/// intents, is not sealed.
public struct BundleFolder: Sendable {
    /// What a bundle may hold.
    public enum Part: String, Sendable, Codable, CaseIterable {
        /// Embeddings of sessions.
        case encoder
        /// Labels of sessions.
        case intents
        /// Orders tiles.
        case ranker
        /// Foretells applications.
        case predictor
        /// Scores applicants.
        case credit
    }

    /// What stands in `bundle.json`.
    public struct Description: Sendable, Equatable, Codable {
        /// Ids of the parts by ``Part``.
        public var parts: [String: String]
        /// What the bundle is for; nil where nobody said.
        public var purpose: String?
        /// The program that packed it.
        public var software: String

        /// A description.
        public init(parts: [String: String], purpose: String?, software: String) {
            (self.parts, self.purpose, self.software) = (parts, purpose, software)
        }
    }

    /// What is kept beside the models.
    public struct Contents: Sendable {
        /// Which parts there are.
        public var description: Description
        /// The fields of events; nil for a bundle that reads no sessions.
        public var schema: EventSchema?
        /// The words in which events may be told.
        public var words: EventWording?
        /// The catalogue of tiles: CSV, not compressed.
        public var tiles: [UInt8]?
        /// Rules of eligibility.
        public var rules: EligibilityRules?

        /// Contents.
        public init(
            description: Description, schema: EventSchema? = nil, words: EventWording? = nil, tiles: [UInt8]? = nil,
            rules: EligibilityRules? = nil
        ) {
            (self.description, self.schema, self.words, self.tiles, self.rules) = (description, schema, words, tiles, rules)
        }
    }

    /// The kind in the manifest.
    public static let kind = "serving bundle"
    /// The format this program writes.
    public static let version = 1
    static let tilesFile = "tiles.csv"

    private enum File: String {
        case description = "bundle.json"
        case schema = "schema.json"
        case words = "words.json"
        case rules = "rules.json"
    }

    /// Where it stands.
    public let path: String
    /// 64 hexadecimal digits over all that is sealed.
    public let id: String
    /// What is kept beside the models.
    public let contents: Contents

    /// Writes a bundle, whole or not at all.
    /// - Parameter parts: folders of the models.
    /// - Returns: the bundle's id.
    @discardableResult
    public static func write(
        _ contents: Contents, parts: [Part: String], to path: String, replacing: Bool, in fileSystem: FileSystem = .live
    ) throws(FileError) -> String {
        precondition(Set(contents.description.parts.keys) == Set(parts.keys.map(\.rawValue)), "BundleFolder: parts that are not described")
        var files: [String: [UInt8]] = [File.description.rawValue: json(contents.description)]
        if let schema = contents.schema { files[File.schema.rawValue] = json(schema) }
        if let words = contents.words { files[File.words.rawValue] = json(words) }
        if let rules = contents.rules { files[File.rules.rawValue] = json(rules) }
        if let tiles = contents.tiles { files[tilesFile] = tiles }
        return try SealedFolder.write(
            files, kind: kind, version: version, to: path, replacing: replacing,
            folders: Dictionary(uniqueKeysWithValues: parts.map { ($0.key.rawValue, $0.value) }), in: fileSystem)
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Plain values of our own: nothing in them can be refused.
        return Array(try! encoder.encode(value)) + [0x0A]
    }

    /// Opens a bundle and checks all that is sealed in it; the models are read by ``ServingBundle``.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(BundleError) {
        let folder: SealedFolder
        do throws(SealedFolder.Fault) {
            folder = try SealedFolder(path, kind: Self.kind, newestVersion: Self.version, in: fileSystem)
        } catch { throw BundleError(error.told(of: Self.kind, writtenBy: "tessera pack")) }
        func read<Value: Decodable>(_ file: File, _ type: Value.Type) throws(BundleError) -> Value? {
            guard folder.files[file.rawValue] != nil else { return nil }
            do { return try JSONDecoder().decode(type, from: Data(try folder.contents(file.rawValue))) } catch {
                throw BundleError("\(folder.path)/\(file.rawValue): it cannot be read; pack the bundle anew")
            }
        }
        guard let description = try read(.description, Description.self) else {
            throw BundleError("\(folder.path): it has no \(File.description.rawValue); pack the bundle anew")
        }
        if let unknown = description.parts.keys.filter({ Part(rawValue: $0) == nil }).min() {
            throw BundleError("\(folder.path): it has a part `\(unknown)` that this program does not know; use a newer Tessera")
        }
        var contents = Contents(description: description)
        contents.schema = try read(.schema, EventSchema.self)
        contents.words = try read(.words, EventWording.self)
        contents.rules = try read(.rules, EligibilityRules.self)
        if folder.files[Self.tilesFile] != nil {
            do throws(SealedFolder.Fault) { contents.tiles = try folder.contents(Self.tilesFile) } catch {
                throw BundleError(error.told(of: Self.kind, writtenBy: "tessera pack"))
            }
        }
        (self.path, id, self.contents) = (folder.path, folder.id, contents)
    }

    /// Whether it has a part.
    public func has(_ part: Part) -> Bool { contents.description.parts[part.rawValue] != nil }
    /// The folder of a part.
    public func place(_ part: Part) -> String { "\(path)/\(part.rawValue)" }
    /// The file of the catalogue, for messages: its bytes are in ``contents``, as they were checked.
    var tilesPath: String { "\(path)/\(Self.tilesFile)" }
}

/// Why a bundle cannot be served: where, why, and what to do.
public struct BundleError: Error, Sendable, Equatable, CustomStringConvertible {
    /// In one line.
    public let description: String

    /// An error.
    public init(_ description: String) { self.description = description }
}
