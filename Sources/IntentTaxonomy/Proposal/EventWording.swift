public import EventStream

/// Takes: a corpus.   Gives: the words in which events may be told, as a plain value that can be kept with a model.
///
/// Which fields name a step, and which words enough visitors share, depends on all sessions of a corpus. Kept once, it serves sessions that
/// come alone: a service tells an event as a command does that reads a million, and a word that nobody else ever saw is masked in both.
public struct EventWording: Sendable, Equatable, Codable {
    /// Visitors that must share a word before it is shown.
    public let fewestVisitors: Int
    /// Fields that name a step, the most telling first.
    public let stepFields: [String]
    /// Fields that tell what kind of step it was: few values, which change within a session.
    public let kindFields: [String]
    /// Fields that hold for the whole session, such as the device.
    public let contextFields: [String]
    /// The value of each kind field that is usual, and therefore not told.
    public let usualKinds: [String: String]
    /// By field the words after the last bar that end most texts, such as `| Example Bank`.
    public let endings: [String: [String]]
    /// Words that enough visitors share.
    public let words: Set<String>

    enum CodingKeys: String, CodingKey {
        case fewestVisitors, stepFields, kindFields, contextFields, usualKinds, endings, words
    }

    /// Looks at all sessions of a corpus. `fields` are the step fields to use, most telling first; nil chooses them by name and kind.
    public init(_ corpus: Corpus, fields: [String]? = nil, fewestVisitors: Int = 3) {
        self.fewestVisitors = fewestVisitors
        let shown = corpus.schema.readableFields.filter {
            $0.role == .input && $0.kind != .numeric && !corpus.schema.pseudonymised.contains($0.name)
        }
        let named = ["query", "search", "title", "url", "page", "item"]
        let steps =
            fields ?? named.filter { name in shown.contains { $0.name == name } }
            + shown.filter { ($0.kind == .text || $0.kind == .url) && !named.contains($0.name) }.map(\.name)
        stepFields = steps.filter { name in shown.contains { $0.name == name } }
        let others = shown.filter { field in
            field.kind == .categorical && !steps.contains(field.name) && (corpus.dictionary(field.name)?.count ?? 0) <= 64
        }
        let changing = Set(others.map(\.name).filter { Self.changes(corpus, $0) })
        kindFields = Array(others.map(\.name).filter(changing.contains).prefix(3))
        contextFields = Array(others.map(\.name).filter { !changing.contains($0) }.prefix(6))
        let all = (stepFields + kindFields + contextFields).map { corpus.schema.field($0)! }
        (words, endings) = Self.shared(corpus, all, fewestVisitors)
        usualKinds = Dictionary(
            uniqueKeysWithValues: kindFields.compactMap { name in Self.usual(corpus, name).map { (name, $0) } })
    }

    /// Decodes a wording.
    public init(from decoder: any Decoder) throws {
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        fewestVisitors = try entries.decode(Int.self, forKey: .fewestVisitors)
        stepFields = try entries.decode([String].self, forKey: .stepFields)
        kindFields = try entries.decode([String].self, forKey: .kindFields)
        contextFields = try entries.decode([String].self, forKey: .contextFields)
        usualKinds = try entries.decode([String: String].self, forKey: .usualKinds)
        endings = try entries.decode([String: [String]].self, forKey: .endings)
        words = Set(try entries.decode([String].self, forKey: .words))
    }

    /// Encodes a wording; words are sorted, so that equal ones have equal bytes.
    public func encode(to encoder: any Encoder) throws {
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encode(fewestVisitors, forKey: .fewestVisitors)
        try entries.encode(stepFields, forKey: .stepFields)
        try entries.encode(kindFields, forKey: .kindFields)
        try entries.encode(contextFields, forKey: .contextFields)
        try entries.encode(usualKinds, forKey: .usualKinds)
        try entries.encode(endings, forKey: .endings)
        try entries.encode(words.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, forKey: .words)
    }

    /// A value of a field as it may be shown to anybody; nil where too few visitors had one of its words, and for addresses.
    package func shown(_ value: String, of field: EventSchema.Field) -> String? {
        guard field.kind != .url, (stepFields + kindFields + contextFields).contains(field.name) else { return nil }
        let words = IdentifierMask.words(of: value, isPath: false)
        guard !words.isEmpty, words.allSatisfy(self.words.contains) else { return nil }
        return words.joined(separator: " ")
    }

    /// What stands for a text of a field.
    func text(of entry: String, field: String, isPath: Bool) -> String {
        var shown = IdentifierMask.words(of: entry, isPath: isPath).map { words.contains($0) ? $0 : IdentifierMask.mark }
        let ending = endings[field] ?? []
        if shown.count > ending.count, shown.suffix(ending.count).elementsEqual(ending) { shown.removeLast(ending.count) }
        let text = shown.prefix(16).joined(separator: " ")
        return text.isEmpty ? "start page" : text
    }

    /// True where the known values of a field differ within a fifth of the sessions that have two or more.
    private static func changes(_ corpus: Corpus, _ field: String) -> Bool {
        let codes = corpus.codes(field)!
        var (changing, counted) = (0, 0)
        for session in 0..<corpus.sessionCount {
            var (first, known, differs): (Int32, Int, Bool) = (0, 0, false)
            for event in corpus.events(ofSession: session) where codes[event] > 0 {
                known += 1
                if first == 0 { first = codes[event] } else if codes[event] != first { differs = true }
            }
            if known > 1 { counted += 1 }
            if differs { changing += 1 }
        }
        return changing * 5 > counted
    }

    /// The most frequent value of a field, of two equally frequent the one of the lower code; nil where nothing is known.
    private static func usual(_ corpus: Corpus, _ field: String) -> String? {
        let (codes, dictionary) = (corpus.codes(field)!, corpus.dictionary(field)!)
        var counts = [Int](repeating: 0, count: dictionary.count + 1)
        for event in 0..<corpus.eventCount where codes[event] > 0 { counts[Int(codes[event])] += 1 }
        let most = counts.max() ?? 0
        return most == 0 ? nil : dictionary[counts.firstIndex(of: most)! - 1]
    }

    /// Up to so many different visitors; more need not be told apart.
    private struct Audience {
        var visitors: [Int32] = []
        mutating func add(_ visitor: Int32, upTo most: Int) {
            if visitors.count < most, !visitors.contains(visitor) { visitors.append(visitor) }
        }
    }

    private static func shared(
        _ corpus: Corpus, _ fields: [EventSchema.Field], _ fewest: Int
    ) -> (words: Set<String>, endings: [String: [String]]) {
        var audiences: [String: Audience] = [:]
        var endings: [String: [String]] = [:]
        for field in fields {
            let (codes, dictionary) = (corpus.codes(field.name)!, corpus.dictionary(field.name)!)
            var seen = [Audience](repeating: Audience(), count: dictionary.count)
            for session in 0..<corpus.sessionCount {
                let visitor = corpus.sessionVisitors[session]
                for event in corpus.events(ofSession: session) where codes[event] > 0 {
                    seen[Int(codes[event]) - 1].add(visitor, upTo: fewest)
                }
            }
            let entries = (0..<dictionary.count).map { IdentifierMask.words(of: dictionary[$0], isPath: field.kind == .url) }
            for (entry, list) in entries.enumerated() {
                for word in list { for visitor in seen[entry].visitors { audiences[word, default: Audience()].add(visitor, upTo: fewest) } }
            }
            let ending = commonEnding(entries)
            if !ending.isEmpty { endings[field.name] = ending }
        }
        return (Set(audiences.filter { $0.value.visitors.count >= fewest }.keys), endings)
    }

    /// The words after the last bar that end most entries: they tell nothing of a step.
    private static func commonEnding(_ entries: [[String]]) -> [String] {
        var counts: [[String]: Int] = [:]
        for entry in entries {
            if let bar = entry.lastIndex(where: { ["|", "–", "·"].contains($0) }), bar > 0 {
                counts[Array(entry[bar...]), default: 0] += 1
            }
        }
        guard let most = counts.max(by: { ($0.value, $1.key.joined()) < ($1.value, $0.key.joined()) }) else { return [] }
        return entries.count > 2 && most.value * 2 > entries.count ? most.key : []
    }
}
