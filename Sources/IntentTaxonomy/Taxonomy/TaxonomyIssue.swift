/// Something wrong, or worth a look, in a taxonomy.
public struct TaxonomyIssue: Sendable, Equatable, Codable {
    /// Whether it can be used as it is.
    public enum Severity: String, Sendable, Codable {
        /// It cannot be used.
        case error
        /// It can be used, but somebody should look.
        case warning
    }

    /// Whether it can be used as it is.
    public var severity: Severity
    /// Keys from the top of the file to the place; entries of lists by number from 0. Empty for the file as a whole.
    public var path: [String]
    /// The intent it is about.
    public var intent: String?
    /// What is wrong.
    public var reason: String
    /// What to do.
    public var remedy: String

    /// An issue with all its parts.
    public init(_ severity: Severity, path: [String], intent: String? = nil, reason: String, remedy: String) {
        (self.severity, self.path, self.intent, self.reason, self.remedy) = (severity, path, intent, reason, remedy)
    }
}

extension TaxonomyIssue: CustomStringConvertible {
    /// `intent: reason; remedy`.
    public var description: String { (intent.map { "\($0): " } ?? "") + "\(reason); \(remedy)" }
}

/// Why a taxonomy cannot be used.
public enum TaxonomyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Errors in its content; every one of them.
    case invalid(taxonomy: String, issues: [TaxonomyIssue])
    /// It has to be approved for this, and is not.
    case notApproved(taxonomy: String, state: ApprovalState)
    /// The approval block is not where it can be replaced.
    case approvalNotLast(line: Int)
    /// An approval that would say nothing.
    case badApproval(reason: String, remedy: String)

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .invalid(let taxonomy, let issues):
            "taxonomy \(taxonomy): " + issues.map(\.description).joined(separator: "\n  ")
        case .notApproved(let taxonomy, .changed):
            "taxonomy \(taxonomy): it changed after it was approved; read it again and approve it: tessera taxonomy approve"
        case .notApproved(let taxonomy, _):
            "taxonomy \(taxonomy): nobody has approved it; have it read and approve it: tessera taxonomy approve"
        case .approvalNotLast(let line):
            "line \(line): something follows the approval block; move the block `approval:` to the end of the file"
        case .badApproval(let reason, let remedy): "approval: \(reason); \(remedy)"
        }
    }
}
