/// What changed from one version of a taxonomy to another, as a product person asks for it.
public struct TaxonomyDifference: Sendable, Equatable, Codable {
    /// A version by name and content.
    public struct Side: Sendable, Equatable, Codable {
        /// ``Taxonomy/id``.
        public var taxonomy: String
        /// ``Taxonomy/version``.
        public var version: String
        /// ``Taxonomy/digest``.
        public var digest: String
        /// ``Taxonomy/approvalState``.
        public var approval: ApprovalState
    }

    /// The version before.
    public let old: Side
    /// The version after.
    public let new: Side
    /// Every change; by kind, the gravest first, and within a kind in the order of the files.
    public let changes: [TaxonomyChange]
    /// New ids of the assignable intents that mean the same in both and keep their labels.
    public let untouched: [String]

    /// Compares two versions. An intent is the same when its id is, or when `replaces` of a new one names it.
    public init(from old: Taxonomy, to new: Taxonomy) {
        self.old = Side(taxonomy: old.id, version: old.version, digest: old.digest, approval: old.approvalState)
        self.new = Side(taxonomy: new.id, version: new.version, digest: new.digest, approval: new.approvalState)
        var comparison = TaxonomyComparison(old, new)
        comparison.run()
        let order = Dictionary(uniqueKeysWithValues: TaxonomyChange.Kind.allCases.enumerated().map { ($1, $0) })
        changes = comparison.changes.enumerated().sorted { (order[$0.element.kind]!, $0.offset) < (order[$1.element.kind]!, $1.offset) }
            .map(\.element)
        let touched = Set(changes.filter(\.touchesLabels).flatMap { $0.old + $0.new })
        let renamed = Set(changes.filter { $0.kind == .renamed }.flatMap(\.new))
        untouched = new.assignable.map(\.id).filter { (old[$0] != nil || renamed.contains($0)) && !touched.contains($0) }
    }

    /// True where the contents are the same.
    public var isEmpty: Bool { old.digest == new.digest }

    /// True where the content changed and the version did not.
    public var forgotVersion: Bool { !isEmpty && old.taxonomy == new.taxonomy && old.version == new.version }

    /// `2 added, 1 removed`; nil without changes.
    public var summary: String? {
        let counts = TaxonomyChange.Kind.allCases.compactMap { kind in
            let count = changes.count { $0.kind == kind }
            return count == 0 ? nil : "\(count) \(kind.participle)"
        }
        return counts.isEmpty ? nil : counts.joined(separator: ", ")
    }
}

private struct TaxonomyComparison {
    let old: Taxonomy
    let new: Taxonomy
    var changes: [TaxonomyChange] = []

    init(_ old: Taxonomy, _ new: Taxonomy) { (self.old, self.new) = (old, new) }

    mutating func run() {
        if old.description != new.description {
            changes.append(
                TaxonomyChange(
                    .description, "the taxonomy's own description", words: WordDifference(from: old.description, to: new.description)))
        }
        var successors: [String: [String]] = [:]
        for intent in new.intents {
            for id in intent.replaces where old[id] != nil && new[id] == nil { successors[id, default: []].append(intent.id) }
        }
        for intent in new.intents {
            let predecessors = intent.replaces.filter { successors[$0] != nil }
            if let before = old[intent.id] {
                compare(before, intent)
                if !predecessors.isEmpty { mergeOrSplit(intent, predecessors, successors, absorbing: true) }
            } else if predecessors.count == 1, successors[predecessors[0]] == [intent.id], let before = old[predecessors[0]] {
                rename(before, intent)
                compare(before, intent)
            } else if !predecessors.isEmpty {
                mergeOrSplit(intent, predecessors, successors, absorbing: false)
            } else {
                changes.append(TaxonomyChange(.added, new: [intent.id], "\(intent.name)\n\(intent.definition)"))
            }
        }
        for intent in old.intents {
            if let parts = successors[intent.id], parts.count > 1 {
                changes.append(
                    TaxonomyChange(.split, old: [intent.id], new: parts, "\(intent.name) is now \(names(parts, in: new))"))
            } else if new[intent.id] == nil, successors[intent.id] == nil {
                changes.append(TaxonomyChange(.removed, old: [intent.id], intent.name))
            }
        }
    }

    private func names(_ ids: [String], in taxonomy: Taxonomy) -> String {
        let names = ids.compactMap { taxonomy[$0]?.name }
        return names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
    }

    private mutating func mergeOrSplit(
        _ intent: Intent, _ predecessors: [String], _ successors: [String: [String]], absorbing: Bool
    ) {
        let whole = predecessors.filter { successors[$0] == [intent.id] }
        // What is split among several is told once, at the old intent.
        guard !whole.isEmpty else { return }
        let before = absorbing ? [intent.id] + whole : whole
        changes.append(
            TaxonomyChange(
                .merged, old: before, new: [intent.id],
                absorbing
                    ? "\(intent.name) now also stands for \(names(whole, in: old))"
                    : "\(names(whole, in: old)) became \(intent.name)\n\(intent.definition)"))
    }

    private mutating func rename(_ before: Intent, _ after: Intent) {
        changes.append(
            TaxonomyChange(
                .renamed, old: [before.id], new: [after.id],
                before.name == after.name ? "\(after.name) has another id" : "\(before.name) is now called \(after.name)"))
    }

    private mutating func compare(_ before: Intent, _ after: Intent) {
        func add(_ kind: TaxonomyChange.Kind, _ text: String, words: WordDifference? = nil) {
            changes.append(TaxonomyChange(kind, old: [before.id], new: [after.id], text, words: words))
        }
        if before.id == after.id, before.name != after.name { rename(before, after) }
        if before.definition != after.definition {
            add(.redefined, after.name, words: WordDifference(from: before.definition, to: after.definition))
        }
        var rules: [String] = []
        for (word, left, right) in [("includes", before.include, after.include), ("excludes", before.exclude, after.exclude)] {
            rules += right.filter { !left.contains($0) }.map { "now \(word): \($0)" }
            rules += left.filter { !right.contains($0) }.map { "no longer \(word): \($0)" }
        }
        if !rules.isEmpty { add(.rules, "\(after.name)\n" + rules.joined(separator: "\n")) }
        if before.sensitivity != after.sensitivity {
            add(.sensitivity, "\(after.name): \(before.sensitivity.rawValue) → \(after.sensitivity.rawValue)")
        }
        let banned = after.prohibitedFor.filter { !before.prohibitedFor.contains($0) }.map(\.rawValue)
        let freed = before.prohibitedFor.filter { !after.prohibitedFor.contains($0) }.map(\.rawValue)
        let purposes =
            (banned.isEmpty ? [] : ["now prohibited for \(banned.joined(separator: ", "))"])
            + (freed.isEmpty ? [] : ["no longer prohibited for \(freed.joined(separator: ", "))"])
        if !purposes.isEmpty { add(.purposes, "\(after.name): " + purposes.joined(separator: "; ")) }
        if before.isGroup != after.isGroup {
            add(.grouping, "\(after.name) " + (after.isGroup ? "only gathers others now" : "can be assigned now"))
        }
        if before.parent != after.parent {
            add(.moved, "\(after.name): from \(place(before, in: old)) to \(place(after, in: new))")
        }
        if before.owner != after.owner { add(.owner, "\(after.name): \(before.owner ?? "nobody") → \(after.owner ?? "nobody")") }
        let came = after.examples.count { !before.examples.contains($0) }
        let went = before.examples.count { !after.examples.contains($0) }
        if came + went > 0 { add(.examples, "\(after.name): \(came) came, \(went) went") }
    }

    private func place(_ intent: Intent, in taxonomy: Taxonomy) -> String {
        intent.parent.map { taxonomy[$0]?.name ?? $0 } ?? "the top"
    }
}
