/// A reviewed list of intents: an artefact with a version, and a digest by which labels and models name exactly what they meant.
public struct Taxonomy: Sendable, Equatable, Codable {
    /// Id of the whole, formed like an intent's.
    public var id: String
    /// Three numbers: 1.0.0.
    public var version: String
    /// What it is for.
    public var description: String
    /// Intents and the groups above them, in the author's order.
    public var intents: [Intent]
    /// The record of its approval; nil where nobody has approved it.
    public var approval: Approval?

    /// A taxonomy as it stands; ``issues()`` tells what is wrong with it.
    public init(id: String, version: String, description: String, intents: [Intent], approval: Approval? = nil) {
        (self.id, self.version, self.description, self.intents, self.approval) = (id, version, description, intents, approval)
    }

    /// The same taxonomy, known to have no errors.
    public init(validating taxonomy: Taxonomy) throws(TaxonomyError) {
        let errors = taxonomy.issues().filter { $0.severity == .error }
        guard errors.isEmpty else { throw .invalid(taxonomy: taxonomy.id, issues: errors) }
        self = taxonomy
    }

    enum CodingKeys: String, CodingKey {
        case version, description, intents, approval
        case id = "taxonomy"
    }

    /// Reads a taxonomy as it stands.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        version = try values.decode(String.self, forKey: .version)
        description = try values.decodeIfPresent(String.self, forKey: .description) ?? ""
        intents = try values.decodeIfPresent([Intent].self, forKey: .intents) ?? []
        approval = try values.decodeIfPresent(Approval.self, forKey: .approval)
    }

    /// Writes the approval last, where the command line expects it.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(version, forKey: .version)
        try values.encode(description, forKey: .description)
        try values.encode(intents, forKey: .intents)
        try values.encodeIfPresent(approval, forKey: .approval)
    }

    /// The intent of an id.
    public subscript(id: String) -> Intent? { intents.first { $0.id == id } }

    /// The intents that can be assigned to a session, in the author's order: everything but groups.
    public var assignable: [Intent] { intents.filter { !$0.isGroup } }

    /// Assignable intents without any below them.
    public var leaves: [Intent] {
        let parents = Set(intents.compactMap(\.parent))
        return intents.filter { !$0.isGroup && !parents.contains($0.id) }
    }

    /// The intents directly below one; below nil are those at the top.
    public func children(of id: String?) -> [Intent] { intents.filter { $0.parent == id } }

    /// The ids above an intent, nearest first. Ends where a chain comes back to itself.
    public func ancestors(of id: String) -> [String] {
        var above: [String] = []
        var next = self[id]?.parent
        while let parent = next, parent != id, !above.contains(parent) {
            above.append(parent)
            next = self[parent]?.parent
        }
        return above
    }

    /// What the approval says of the present content.
    public var approvalState: ApprovalState {
        guard let approval else { return .unapproved }
        return approval.digest == digest ? .approved : .changed
    }

    /// True where the approved content is the present one. What is trained on anything else may be judged but not served.
    public var isApproved: Bool { approvalState == .approved }
}
