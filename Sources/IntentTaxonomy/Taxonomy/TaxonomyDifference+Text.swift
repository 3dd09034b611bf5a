extension TaxonomyDifference {
    /// The difference to read: what changed by kind, then what it means for labels.
    public var text: String {
        let title = "\(Self.name(old)) → \(old.taxonomy == new.taxonomy ? new.version : Self.name(new))"
        guard !isEmpty else { return "\(title): the same content\n" }
        var lines = ["\(title): \(summary ?? "the order only")", ""]
        var kind: TaxonomyChange.Kind?
        for change in changes {
            if change.kind != kind {
                if kind != nil { lines.append("") }
                lines.append(Self.heading(change.kind))
                kind = change.kind
            }
            lines += Self.lines(change)
        }
        lines.append("")
        lines += Taxonomy.wrapped(
            "Labels: \(untouched.count) intents keep theirs as they are. Those of intents that were removed, split or redefined, or got "
                + "other rules, have to be read again; for added ones every session has.", indent: "", width: 116)
        if forgotVersion { lines.append("The content changed and the version (\(new.version)) did not: give it a new one.") }
        switch new.approval {
        case .approved: break
        case .changed: lines.append("The new content is not what was approved: have it approved again before it is served.")
        case .unapproved: lines.append("The new version is not approved.")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func name(_ side: Side) -> String { "\(side.taxonomy) \(side.version)" }

    private static func heading(_ kind: TaxonomyChange.Kind) -> String {
        switch kind {
        case .removed: "Removed"
        case .merged: "Merged"
        case .split: "Split"
        case .redefined: "Redefined"
        case .rules: "Other rules"
        case .sensitivity: "Other sensitivity"
        case .purposes: "Other prohibited uses"
        case .grouping: "Groups"
        case .moved: "Moved"
        case .renamed: "Renamed"
        case .added: "Added"
        case .owner: "Other owner"
        case .examples: "Other examples"
        case .description: "Description"
        }
    }

    private static func lines(_ change: TaxonomyChange) -> [String] {
        let before = change.old.joined(separator: " + ")
        let after = change.new.joined(separator: " + ")
        let ids = before == after || after.isEmpty ? before : before.isEmpty ? after : "\(before) → \(after)"
        let text = change.text.split(separator: "\n", omittingEmptySubsequences: false)
        var lines = ["  " + (ids.isEmpty ? "" : "\(ids) — ") + text[0]]
        for part in text.dropFirst() { lines += Taxonomy.wrapped(String(part), indent: "      ", width: 116) }
        if let words = change.words { lines += Taxonomy.wrapped(words.marked, indent: "      ", width: 116) }
        return lines
    }
}
