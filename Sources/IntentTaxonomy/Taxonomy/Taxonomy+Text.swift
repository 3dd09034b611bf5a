extension Taxonomy {
    /// The whole as a tree: one line an intent, marks for what needs care.
    public var outline: String {
        let approved = approval.map { "approved by \($0.by) at \($0.at)" } ?? "not approved"
        let state = approvalState == .changed ? "changed since it was \(approved)" : approved
        var lines = ["\(id) \(version), \(state)"]
        lines += Self.wrapped(description, indent: "")
        lines.append("")
        // What hangs in a circle or below nothing has no way from the top, and is shown there all the same.
        var shown: Set<String> = []
        func show(_ intent: Intent, depth: Int) {
            guard shown.insert(intent.id).inserted else { return }
            let indent = String(repeating: "  ", count: depth)
            if intent.isGroup {
                lines.append("\(indent)\(intent.name) (\(intent.id))")
            } else {
                var marks = intent.sensitivity == .sensitive ? ["sensitive"] : []
                if !intent.prohibitedFor.isEmpty {
                    marks.append("not for " + intent.prohibitedFor.map(\.rawValue).joined(separator: ", "))
                }
                lines.append("\(indent)\(intent.id) — \(intent.name)" + (marks.isEmpty ? "" : " [\(marks.joined(separator: "; "))]"))
                lines += Self.wrapped(intent.definition, indent: indent + "    ")
            }
            for child in children(of: intent.id) { show(child, depth: depth + 1) }
        }
        for intent in children(of: nil) { show(intent, depth: 0) }
        for intent in intents { show(intent, depth: 0) }
        return lines.joined(separator: "\n")
    }

    /// One intent in full; nil where there is none of this id.
    public func card(of id: String) -> String? {
        guard let intent = self[id] else { return nil }
        var lines = ["\(intent.name) (\(intent.id))"]
        lines += Self.wrapped(intent.definition, indent: "  ")
        let path = ancestors(of: id).reversed().compactMap { self[$0]?.name }
        if !path.isEmpty { lines.append("  in: \(path.joined(separator: " > "))") }
        for (title, texts) in [("counts", intent.include), ("does not count", intent.exclude), ("for example", intent.examples)]
        where !texts.isEmpty {
            lines.append("  \(title):")
            for text in texts {
                let wrapped = Self.wrapped(text, indent: "      ")
                lines += ["    - " + wrapped[0].dropFirst(6)] + wrapped.dropFirst()
            }
        }
        if let owner = intent.owner { lines.append("  owner: \(owner)") }
        lines.append("  sensitivity: \(intent.sensitivity.rawValue)")
        if !intent.prohibitedFor.isEmpty {
            lines.append("  prohibited for: \(intent.prohibitedFor.map(\.rawValue).joined(separator: ", "))")
        }
        if !intent.replaces.isEmpty { lines.append("  replaces: \(intent.replaces.joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }

    /// Lines of at most 100 characters; at least one.
    static func wrapped(_ text: String, indent: String, width: Int = 100) -> [String] {
        var lines = [indent]
        for word in text.split(whereSeparator: \.isWhitespace) {
            let last = lines.count - 1
            if lines[last].count > indent.count, lines[last].count + 1 + word.count > width {
                lines.append(indent + word)
            } else {
                lines[last] += (lines[last].count > indent.count ? " " : "") + word
            }
        }
        return lines
    }
}
