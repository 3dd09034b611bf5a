/// Who agreed to a taxonomy, when, and to which content exactly.
public struct Approval: Sendable, Equatable, Codable {
    /// The person or body that answers for it.
    public var by: String
    /// When: ISO 8601.
    public var at: String
    /// ``Taxonomy/digest`` of what was approved.
    public var digest: String
    /// Anything a later reader should know.
    public var note: String?

    /// A record of an approval.
    public init(by: String, at: String, digest: String, note: String? = nil) {
        (self.by, self.at, self.digest, self.note) = (by, at, digest, note)
    }
}

/// What a taxonomy's approval record says of its present content.
public enum ApprovalState: String, Sendable, Equatable, Codable {
    /// The digest approved is the digest of the content.
    case approved
    /// Nobody has approved it.
    case unapproved
    /// It was approved, and changed afterwards.
    case changed
}
