public import DurableFiles
internal import FoundationEssentials

/// The taxonomy a file of a model or of labels was made with.
public struct TaxonomyReference: Sendable, Equatable, Codable {
    /// ``Taxonomy/id``.
    public var id: String
    /// ``Taxonomy/version``.
    public var version: String
    /// ``Taxonomy/digest``.
    public var digest: String

    /// A reference by its parts.
    public init(id: String, version: String, digest: String) { (self.id, self.version, self.digest) = (id, version, digest) }

    /// A reference to a taxonomy.
    public init(_ taxonomy: Taxonomy) { self.init(id: taxonomy.id, version: taxonomy.version, digest: taxonomy.digest) }
}

/// One model found in a folder, and the taxonomy it uses.
public struct TaxonomyUse: Sendable, Equatable, Codable {
    /// How the model stands to two versions.
    public enum Standing: String, Sendable, Codable {
        /// It was trained on the old version.
        case old
        /// It was trained on the new version.
        case new
        /// It was trained on another version of the same taxonomy.
        case other
        /// Its `intents.json` cannot be read.
        case unreadable
    }

    /// The model's folder.
    public var model: String
    /// How it stands to the two versions.
    public var standing: Standing
    /// The taxonomy it names.
    public var taxonomy: TaxonomyReference?

    /// The file of a model that names its taxonomy under `taxonomy`.
    public static let file = "intents.json"

    /// Models in a folder and the folders in it that use this taxonomy in any version, by path.
    public static func find(in folder: String, comparing difference: TaxonomyDifference) throws(FileError) -> [TaxonomyUse] {
        var found: [TaxonomyUse] = []
        let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        var places = [folder]
        for name in try FileSystem.live.names(in: folder).sorted() where !name.hasPrefix(".") {
            if try FileSystem.live.status(of: "\(folder)/\(name)")?.kind == .directory { places.append("\(folder)/\(name)") }
        }
        for place in places where (try? FileSystem.live.status(of: "\(place)/\(file)")) != nil {
            struct Head: Decodable { let taxonomy: TaxonomyReference }
            guard let bytes = try? FileSystem.live.contents(of: "\(place)/\(file)"),
                let reference = try? JSONDecoder().decode(Head.self, from: Data(bytes)).taxonomy
            else {
                found.append(TaxonomyUse(model: place, standing: .unreadable, taxonomy: nil))
                continue
            }
            let standing: Standing? =
                reference.digest == difference.old.digest
                ? .old
                : reference.digest == difference.new.digest
                    ? .new : [difference.old.taxonomy, difference.new.taxonomy].contains(reference.id) ? .other : nil
            if let standing { found.append(TaxonomyUse(model: place, standing: standing, taxonomy: reference)) }
        }
        return found
    }

    /// Models to read, by how they stand to the two versions.
    public static func text(_ uses: [TaxonomyUse]) -> String {
        guard !uses.isEmpty else { return "Models: none of those looked at uses this taxonomy\n" }
        var lines: [String] = []
        for (standing, title) in [
            (Standing.old, "Models trained on the old version"), (.new, "Models trained on the new version"),
            (.other, "Models trained on another version"), (.unreadable, "Models whose \(file) cannot be read"),
        ] {
            let models = uses.filter { $0.standing == standing }
            if models.isEmpty { continue }
            lines.append(title)
            lines += models.map { use in "  \(use.model)" + (use.taxonomy.map { " (\($0.id) \($0.version))" } ?? "") }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
