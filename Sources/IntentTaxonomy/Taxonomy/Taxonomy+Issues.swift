extension Taxonomy {
    /// Everything wrong with the content, all at once, in the order of the file; the state of the approval is not among it.
    public func issues() -> [TaxonomyIssue] {
        var found: [TaxonomyIssue] = []
        if !Intent.isWellFormed(id: id) {
            found.append(
                TaxonomyIssue(
                    .error, path: ["taxonomy"], reason: "the id is not made of small letters, digits and single dashes",
                    remedy: "choose one such as retail-bank"))
        }
        if !Self.isVersion(version) {
            found.append(
                TaxonomyIssue(
                    .error, path: ["version"], reason: "the version is not three numbers", remedy: "write one such as 1.0.0, in quotes"))
        }
        if assignable.isEmpty {
            found.append(
                TaxonomyIssue(
                    .error, path: ["intents"], reason: "there is no intent that could be assigned", remedy: "add intents without `group`"))
        }
        var review = TaxonomyReview(self)
        for (place, intent) in intents.enumerated() { review.read(intent, at: place) }
        return found + review.issues
    }

    static func isVersion(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 && parts.allSatisfy { !$0.isEmpty && $0.count < 10 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
}

/// Reads the intents one after the other and remembers what must not come twice.
private struct TaxonomyReview {
    let taxonomy: Taxonomy
    let ids: Set<String>
    let parents: Set<String>
    var issues: [TaxonomyIssue] = []
    private var seenIDs: Set<String> = []
    private var seenNames: [String: String] = [:]
    private var seenDefinitions: [String: String] = [:]
    private var seenExamples: [String: String] = [:]

    init(_ taxonomy: Taxonomy) {
        self.taxonomy = taxonomy
        ids = Set(taxonomy.intents.map(\.id))
        parents = Set(taxonomy.intents.compactMap(\.parent))
    }

    mutating func read(_ intent: Intent, at place: Int) {
        func add(_ severity: TaxonomyIssue.Severity, _ key: String, _ reason: String, _ remedy: String) -> TaxonomyIssue {
            TaxonomyIssue(severity, path: ["intents", "\(place)", key], intent: intent.id, reason: reason, remedy: remedy)
        }
        if !Intent.isWellFormed(id: intent.id) {
            issues.append(
                add(.error, "id", "the id is not made of small letters, digits and single - or _", "choose one such as card-apply"))
        }
        if !seenIDs.insert(intent.id).inserted {
            issues.append(add(.error, "id", "the id is given twice", "give each intent its own; ids are how labels name them"))
        }
        readTexts(intent, add)
        readPlace(intent, add)
        for old in intent.replaces where ids.contains(old) {
            issues.append(
                add(.error, "replaces", "it replaces \(old), which is still there", "remove \(old), or take it out of `replaces`"))
        }
        if intent.isGroup { return }
        if intent.examples.isEmpty { issues.append(add(.warning, "id", "there are no examples", "add a session or two in words")) }
        if intent.owner?.isEmpty ?? true {
            issues.append(add(.warning, "id", "nobody owns it", "name the role that answers for the definition"))
        }
        for purpose in Purpose.allCases where intent.prohibitedFor.count(where: { $0 == purpose }) > 1 {
            issues.append(add(.warning, "prohibited_for", "\(purpose.rawValue) is listed twice", "keep one"))
        }
    }

    private typealias Add = (TaxonomyIssue.Severity, String, String, String) -> TaxonomyIssue

    private mutating func readTexts(_ intent: Intent, _ add: Add) {
        let name = Self.plain(intent.name)
        if name.isEmpty {
            issues.append(add(.error, "id", "the name is missing", "add `name`: a few words for people"))
        } else if let other = seenNames[name] {
            issues.append(
                add(.error, "name", "the name is the same as that of \(other)", "tell them apart, or merge them with `replaces`"))
        } else {
            let alike = seenNames.filter { Self.words($0.key) == Self.words(name) }.values.min()
            if let alike {
                issues.append(add(.warning, "name", "the name has the same words as that of \(alike)", "tell them apart"))
            }
            seenNames[name] = intent.id
        }
        let definition = Self.plain(intent.definition)
        if definition.isEmpty {
            issues.append(add(.error, "id", "the definition is missing", "add `definition`: what counts, in a sentence or two"))
        } else if let other = seenDefinitions[definition] {
            issues.append(
                add(.error, "definition", "the definition is the same as that of \(other)", "say what tells them apart, or merge them"))
        } else {
            seenDefinitions[definition] = intent.id
            if definition == name {
                issues.append(add(.warning, "definition", "the definition only repeats the name", "say what counts and what does not"))
            }
        }
        for rule in intent.include where intent.exclude.contains(where: { Self.plain($0) == Self.plain(rule) }) {
            issues.append(add(.error, "exclude", "one rule both includes and excludes", "keep it on one side"))
        }
        for example in intent.examples {
            let text = Self.plain(example)
            if let other = seenExamples[text], other != intent.id {
                issues.append(add(.warning, "examples", "an example is also one of \(other)", "give each its own"))
            }
            seenExamples[text] = intent.id
        }
    }

    private mutating func readPlace(_ intent: Intent, _ add: Add) {
        if let parent = intent.parent {
            if Self.isCircular(intent.id, taxonomy) {
                issues.append(add(.error, "parent", "its parents form a circle", "let one of them stand at the top"))
            }
            if !ids.contains(parent) {
                issues.append(add(.error, "parent", "there is no intent `\(parent)`", "add it with `group: true`, or correct the id"))
            } else if let above = taxonomy[parent], above.sensitivity == .sensitive, intent.sensitivity == .ordinary {
                issues.append(
                    add(.warning, "parent", "it is ordinary below a sensitive parent", "make it sensitive too, or move it"))
            }
        }
        if intent.isGroup, !parents.contains(intent.id) {
            issues.append(add(.warning, "group", "the group has no members", "remove it, or name it as a parent"))
        }
    }

    private static func isCircular(_ id: String, _ taxonomy: Taxonomy) -> Bool {
        var seen: Set<String> = [id]
        var next = taxonomy[id]?.parent
        while let parent = next {
            if !seen.insert(parent).inserted { return parent == id }
            next = taxonomy[parent]?.parent
        }
        return false
    }

    /// Small letters and digits, everything else one space: two texts that differ in case or marks only are the same.
    private static func plain(_ text: String) -> String {
        String(text.lowercased().map { $0.isLetter || $0.isNumber ? $0 : " " })
            .split(separator: " ").joined(separator: " ")
    }

    private static func words(_ text: String) -> [Substring] { text.split(separator: " ").sorted() }
}
