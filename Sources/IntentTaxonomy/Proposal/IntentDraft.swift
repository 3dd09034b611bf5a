/// The intents as they stand between two steps of a proposal, each with the groups that speak for it.
struct IntentDraft: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        var intent: Intent
        /// Numbers of groups.
        var support: Set<Int>
    }

    /// What a step may do.
    enum Step: String, Sendable {
        case generate, update, review
    }

    /// How a step's answer looks.
    struct Answer: Decodable {
        struct Proposed: Decodable {
            var id: String
            var name: String
            var definition: String
            var include: [String]
            var exclude: [String]
            var examples: [String]
            /// Intents of the list before that this one takes the place of.
            var replaces: [String]
            /// Numbers of shown sessions that have this intent.
            var evidence: [Int]
        }

        var intents: [Proposed]
    }

    var entries: [Entry] = []

    /// The draft after an answer; an answer that names what was never shown, or loses what was agreed, does not get in.
    /// - Parameters:
    ///   - shown: the group of each shown session: session number n is entry n - 1.
    ///   - most: intents there may be.
    func applying(_ answer: Answer, _ step: Step, shown: [Int], most: Int) throws(AnswerFault) -> IntentDraft {
        guard !answer.intents.isEmpty else { throw AnswerFault("the list of intents is empty") }
        guard answer.intents.count <= most else {
            throw AnswerFault("there are \(answer.intents.count) intents, and at most \(most) are allowed; merge the closest")
        }
        let present = Dictionary(uniqueKeysWithValues: entries.map { ($0.intent.id, $0.support) })
        let kept = Set(answer.intents.map(\.id))
        var names: Set<String> = []
        var accounted: Set<String> = []
        var next = IntentDraft()
        for (place, proposed) in answer.intents.enumerated() {
            let entry = "intent \(place + 1)"
            try Self.checkTexts(proposed, entry)
            guard !next.entries.contains(where: { $0.intent.id == proposed.id }) else {
                throw AnswerFault("\(entry): its id is given twice")
            }
            guard names.insert(proposed.name.lowercased()).inserted else { throw AnswerFault("\(entry): its name is given twice") }
            for old in proposed.replaces where present[old] == nil || kept.contains(old) {
                throw AnswerFault(
                    "\(entry): it replaces an id that " + (present[old] == nil ? "is not in the list before" : "is still in the list"))
            }
            guard proposed.evidence.allSatisfy({ (1...max(1, shown.count)).contains($0) && !shown.isEmpty }) else {
                throw AnswerFault("\(entry): its evidence names a session that was not shown")
            }
            let isNew = present[proposed.id] == nil
            if isNew, proposed.evidence.isEmpty, proposed.replaces.isEmpty {
                throw AnswerFault("\(entry): it is new, and no session speaks for it")
            }
            accounted.formUnion(proposed.replaces)
            if !isNew { accounted.insert(proposed.id) }
            var support = present[proposed.id] ?? []
            for old in proposed.replaces { support.formUnion(present[old]!) }
            for session in proposed.evidence { support.insert(shown[session - 1]) }
            next.entries.append(
                Entry(
                    intent: Intent(
                        id: proposed.id, name: proposed.name, definition: proposed.definition, include: proposed.include,
                        exclude: proposed.exclude, examples: proposed.examples), support: support))
        }
        let lost = entries.filter { !accounted.contains($0.intent.id) }.count
        guard lost == 0 else {
            throw AnswerFault("\(lost) \(lost == 1 ? "intent" : "intents") of the list before neither stay nor are replaced")
        }
        return next
    }

    private static func checkTexts(_ proposed: Answer.Proposed, _ entry: String) throws(AnswerFault) {
        guard Intent.isWellFormed(id: proposed.id) else {
            throw AnswerFault("\(entry): its id is not made of small letters, digits and single dashes")
        }
        guard proposed.id != other.id else { throw AnswerFault("\(entry): the id \(other.id) is reserved for what fits nowhere") }
        guard proposed.include.count <= 8, proposed.exclude.count <= 8, proposed.examples.count <= 8 else {
            throw AnswerFault("\(entry): a list has more than 8 entries")
        }
        let texts: [(key: String, text: String, most: Int)] =
            [("name", proposed.name, 80), ("definition", proposed.definition, 600)]
            + proposed.include.map { ("include", $0, 300) } + proposed.exclude.map { ("exclude", $0, 300) }
            + proposed.examples.map { ("examples", $0, 300) }
        for (key, text, most) in texts {
            guard text.contains(where: { !$0.isWhitespace }) else { throw AnswerFault("\(entry): \(key) is empty") }
            guard text.utf8.count <= most else { throw AnswerFault("\(entry): \(key) is longer than \(most) bytes") }
            guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                throw AnswerFault("\(entry): \(key) holds a control character")
            }
            guard text.contains("#") || !IdentifierMask.words(of: text, isPath: false).contains(IdentifierMask.mark) else {
                throw AnswerFault("\(entry): \(key) holds what looks like an address, a long number or a code")
            }
        }
    }

    /// What fits nowhere; added to every proposal, so that nobody has to force a session into an intent.
    static let other = Intent(
        id: "other", name: "Something else", definition: "None of the other intents, or nothing that can be told from what was done.")
}
