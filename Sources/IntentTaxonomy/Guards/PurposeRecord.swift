public import DurableFiles
internal import FoundationEssentials

/// What a model remembers of its training: the purposes it was trained for and the rules that allowed it. The file `purpose.json` of its
/// folder, under the model's digest like every other.
public struct PurposeRecord: Sendable, Equatable, Codable {
    /// Which rules.
    public struct Rules: Sendable, Equatable, Codable {
        /// ``PurposeRules/id``.
        public var id: String
        /// ``PurposeRules/version``.
        public var version: String
        /// ``PurposeRules/digest``.
        public var digest: String

        /// Rules by their parts.
        public init(id: String, version: String, digest: String) { (self.id, self.version, self.digest) = (id, version, digest) }
    }

    /// The purposes, in the order of ``Purpose``.
    public var purposes: [Purpose]
    /// The rules that allowed them.
    public var rules: Rules

    /// The name of its file.
    public static let file = "purpose.json"

    /// A record.
    public init(_ purposes: [Purpose], rules: Rules) {
        self.purposes = Purpose.allCases.filter(purposes.contains)
        self.rules = rules
    }

    /// As the file of a model's folder.
    public var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Texts only: nothing of this can be refused.
        guard let bytes = try? encoder.encode(self) else { preconditionFailure("PurposeRecord: cannot be encoded") }
        return Array(bytes) + [0x0A]
    }

    /// The record of a model's folder of any kind; nil where its manifest names none. The model itself is opened, and so checked,
    /// elsewhere.
    /// - Throws: ``PurposeError/record(model:reason:)`` where the file is not what the manifest says, or no record.
    public static func read(ofModelAt path: String, in fileSystem: FileSystem = .live) throws(PurposeError) -> PurposeRecord? {
        struct Manifest: Decodable {
            struct Entry: Decodable { let sha256: String }
            let files: [String: Entry]
        }
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let (manifest, bytes): (Manifest, [UInt8])
        do throws(FileError) {
            let text = try fileSystem.contents(of: "\(path)/\(SealedFolder.manifestFile)", limit: 1 << 20)
            guard let read = try? JSONDecoder().decode(Manifest.self, from: Data(text)), read.files[Self.file] != nil else { return nil }
            manifest = read
            bytes = try fileSystem.contents(of: "\(path)/\(Self.file)", limit: 1 << 16)
        } catch { throw .file(error) }
        guard SHA256Digest.hex(of: bytes) == manifest.files[Self.file]?.sha256 else {
            throw .record(model: path, reason: "its bytes are not those that were written")
        }
        guard let record = try? JSONDecoder().decode(PurposeRecord.self, from: Data(bytes)), !record.purposes.isEmpty else {
            throw .record(model: path, reason: "it cannot be read")
        }
        return record
    }
}
