public import EventStream

/// Takes: a corpus.   Gives: each session as a few lines that a person or a language model can read, and that name nobody.
///
/// Three things keep people out of it: fields that were replaced by digests are not read, addresses, long numbers and codes are masked, and
/// a word is shown only when at least ``fewestVisitors`` different visitors saw or typed it. Times are given as a part of the week.
public struct SessionSummary: Sendable {
    /// Visitors that must share a word before it is shown.
    public let fewestVisitors: Int
    /// Most steps that are told one by one.
    public let mostSteps: Int
    /// Fields that name a step, the most telling first.
    public let stepFields: [String]
    /// Fields that tell what kind of step it was: few values, which change within a session.
    public let kindFields: [String]
    /// Fields that hold for the whole session, such as the device.
    public let contextFields: [String]

    private let corpus: Corpus
    /// For each field, what stands for each entry of its dictionary.
    private let texts: [String: [String]]
    /// The code of each kind field that is usual, and therefore not told.
    private let usualKinds: [String: Int32]

    /// Reads what is needed of all sessions. `fields` are the step fields to use, most telling first; nil chooses them by name and kind.
    public init(_ corpus: Corpus, fields: [String]? = nil, fewestVisitors: Int = 3, mostSteps: Int = 30) {
        self.corpus = corpus
        self.fewestVisitors = fewestVisitors
        self.mostSteps = mostSteps
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
        var fields: [EventSchema.Field] = []
        for name in stepFields + kindFields + contextFields { fields.append(corpus.schema.field(name)!) }
        texts = Self.texts(corpus, fields, fewestVisitors)
        usualKinds = Dictionary(uniqueKeysWithValues: kindFields.map { ($0, Self.usual(corpus, $0)) })
    }

    /// A session as text: one line of circumstances, then a line a step.
    public func text(_ session: Int) -> String {
        let events = corpus.events(ofSession: session)
        var lines = [circumstances(events)]
        var steps: [(text: String, dwell: Float, times: Int)] = []
        for event in events {
            let text = step(event)
            let dwell = corpus.dwells[event]
            if let last = steps.last, last.text == text {
                steps[steps.count - 1].times += 1
                steps[steps.count - 1].dwell += dwell.isNaN ? 0 : dwell
            } else {
                steps.append((text, dwell, 1))
            }
        }
        // The beginning says where somebody came from, the end what came of it: of long sessions the middle is left out.
        let kept = steps.count <= mostSteps ? steps.count : mostSteps / 2
        for (number, step) in steps.enumerated() {
            if number == kept, steps.count > mostSteps { lines.append("… \(steps.count - 2 * kept) more steps …") }
            if number >= kept, number < steps.count - kept, steps.count > mostSteps { continue }
            let stay = step.dwell.isNaN ? "" : " (\(Self.stay(step.dwell)))"
            lines.append("- \(step.text)\(step.times > 1 ? " ×\(step.times)" : "")\(stay)")
        }
        return lines.joined(separator: "\n")
    }

    /// A stay in a word: people and models read words better than seconds.
    static func stay(_ seconds: Float) -> String {
        switch seconds {
        case ..<5: "glance"
        case ..<15: "short"
        case ..<45: "a while"
        case ..<120: "a minute or two"
        case ..<300: "some minutes"
        default: "very long"
        }
    }

    private func circumstances(_ events: Range<Int>) -> String {
        var parts = ["\(events.count) \(events.count == 1 ? "event" : "events")"]
        if let first = events.first, corpus.hours[first] < 24 {
            let hour =
                switch corpus.hours[first] {
                case 6..<12: "morning"
                case 12..<18: "afternoon"
                case 18..<23: "evening"
                default: "night"
                }
            parts.append((corpus.weekdays[first] == 255 ? "" : corpus.weekdays[first] < 5 ? "weekday " : "weekend ") + hour)
        }
        for field in contextFields {
            let codes = corpus.codes(field)!
            if let event = events.first(where: { codes[$0] > 0 }) { parts.append("\(field) \(texts[field]![Int(codes[event]) - 1])") }
        }
        return parts.joined(separator: ", ")
    }

    /// One event in words: what was seen or typed, and what kind of step it was if that is not the usual one.
    public func step(_ event: Int) -> String {
        var text = "–"
        for field in stepFields {
            let code = corpus.codes(field)![event]
            guard code > 0 else { continue }
            let words = texts[field]![Int(code) - 1]
            text = field == "query" || field == "search" ? "search: \(words)" : words
            break
        }
        let kinds = kindFields.compactMap { field in
            let code = corpus.codes(field)![event]
            return code > 0 && code != usualKinds[field] ? texts[field]![Int(code) - 1] : nil
        }
        return kinds.isEmpty ? text : (text == "–" ? "" : text + " ") + "[\(kinds.joined(separator: ", "))]"
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

    /// The most frequent code of a field, the lower of two equally frequent; 0 where nothing is known.
    private static func usual(_ corpus: Corpus, _ field: String) -> Int32 {
        let codes = corpus.codes(field)!
        var counts = [Int](repeating: 0, count: corpus.dictionary(field)!.count + 1)
        for event in 0..<corpus.eventCount where codes[event] > 0 { counts[Int(codes[event])] += 1 }
        let most = counts.max() ?? 0
        return most == 0 ? 0 : Int32(counts.firstIndex(of: most)!)
    }

    /// Up to so many different visitors; more need not be told apart.
    private struct Audience {
        var visitors: [Int32] = []
        mutating func add(_ visitor: Int32, upTo most: Int) {
            if visitors.count < most, !visitors.contains(visitor) { visitors.append(visitor) }
        }
    }

    private static func texts(_ corpus: Corpus, _ fields: [EventSchema.Field], _ fewest: Int) -> [String: [String]] {
        var audiences: [String: Audience] = [:]
        var words: [String: [[String]]] = [:]
        for field in fields {
            let (codes, dictionary) = (corpus.codes(field.name)!, corpus.dictionary(field.name)!)
            var seen = [Audience](repeating: Audience(), count: dictionary.count)
            for session in 0..<corpus.sessionCount {
                let visitor = corpus.sessionVisitors[session]
                for event in corpus.events(ofSession: session) where codes[event] > 0 {
                    seen[Int(codes[event]) - 1].add(visitor, upTo: fewest)
                }
            }
            let parts = (0..<dictionary.count).map { IdentifierMask.words(of: dictionary[$0], isPath: field.kind == .url) }
            for (entry, list) in parts.enumerated() {
                for word in list { for visitor in seen[entry].visitors { audiences[word, default: Audience()].add(visitor, upTo: fewest) } }
            }
            words[field.name] = parts
        }
        return words.mapValues { entries in
            let ending = commonEnding(entries)
            return entries.map { list in
                var shown = list.map { (audiences[$0]?.visitors.count ?? 0) >= fewest ? $0 : IdentifierMask.mark }
                if shown.count > ending.count, list.suffix(ending.count).elementsEqual(ending) { shown.removeLast(ending.count) }
                let text = shown.prefix(16).joined(separator: " ")
                return text.isEmpty ? "start page" : text
            }
        }
    }

    /// The words after the last bar that end most entries, such as `| Example Bank`: they tell nothing of a step.
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
