/// One thing that changed from one version of a taxonomy to another.
public struct TaxonomyChange: Sendable, Equatable, Codable {
    /// What sort of change it is, gravest first.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// An intent is gone and nothing stands for it.
        case removed
        /// Several intents became one.
        case merged
        /// One intent became several.
        case split
        /// The definition says something else.
        case redefined
        /// Rules of what counts came or went.
        case rules
        /// Sensitivity changed.
        case sensitivity
        /// What it must not be used for changed.
        case purposes
        /// It became a group, or ceased to be one.
        case grouping
        /// Another parent.
        case moved
        /// Another id or name for the same thing.
        case renamed
        /// A new intent.
        case added
        /// Another owner.
        case owner
        /// Examples came or went.
        case examples
        /// The description of the taxonomy itself.
        case description
    }

    /// What sort.
    public var kind: Kind
    /// Ids in the old version.
    public var old: [String]
    /// Ids in the new version.
    public var new: [String]
    /// The change in words, without the ids.
    public var text: String
    /// The texts before and after, word by word, where a text changed.
    public var words: WordDifference?

    init(_ kind: Kind, old: [String] = [], new: [String] = [], _ text: String, words: WordDifference? = nil) {
        (self.kind, self.old, self.new, self.text, self.words) = (kind, old, new, text, words)
    }

    /// Whether labels given under the old version may mean something else under the new one.
    public var touchesLabels: Bool {
        switch kind {
        case .removed, .merged, .split, .redefined, .rules, .grouping, .added: true
        case .sensitivity, .purposes, .moved, .renamed, .owner, .examples, .description: false
        }
    }
}

extension TaxonomyChange.Kind {
    /// The kind behind a number: `2 renamed`.
    var participle: String {
        switch self {
        case .rules: "with other rules"
        case .sensitivity: "with other sensitivity"
        case .purposes: "with other prohibited uses"
        case .grouping: "group or no longer one"
        case .owner: "with another owner"
        case .examples: "with other examples"
        case .description: "description of the whole"
        case .removed, .merged, .split, .redefined, .moved, .renamed, .added: rawValue
        }
    }
}
