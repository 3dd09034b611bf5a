internal import EventStream
internal import ReportPage

/// Sessions in words: what names each event, and how long it was looked at.
struct JourneySteps {
    private let corpus: Corpus
    private let columns: [(name: String, codes: Column<Int32>, dictionary: StringDictionary, ending: String?)]

    /// - Parameter fields: those that name a step, the most telling first; those that the corpus lacks are passed over.
    init(_ corpus: Corpus, fields: [String]) {
        self.corpus = corpus
        columns = fields.compactMap { name in
            guard let codes = corpus.codes(name), let dictionary = corpus.dictionary(name) else { return nil }
            return (name, codes, dictionary, Self.commonEnding(dictionary))
        }
    }

    /// One step an event.
    func steps(of session: Int) -> [JourneyList.Step] {
        corpus.events(ofSession: session).map { event in
            let dwell = corpus.dwells[event]
            return JourneyList.Step(text(event), dwell: dwell.isNaN ? nil : Double(dwell))
        }
    }

    private func text(_ event: Int) -> String {
        guard let column = columns.first(where: { $0.codes[event] > 0 }) else { return "–" }
        let text = column.dictionary[Int(column.codes[event]) - 1]
        if column.name == "query" { return "search: " + text }
        guard let ending = column.ending, text.hasSuffix(ending) else { return text }
        return String(text.dropLast(ending.count))
    }

    /// What most titles end with, such as ` | Example Bank`: it tells nothing of a step.
    private static func commonEnding(_ dictionary: StringDictionary) -> String? {
        guard dictionary.count > 2 else { return nil }
        var counts: [String: Int] = [:]
        for index in 0..<dictionary.count {
            let text = dictionary[index]
            if let bar = text.lastIndex(where: { "|–·".contains($0) }), bar > text.startIndex, text[text.index(before: bar)] == " " {
                counts[String(text[text.index(before: bar)...]), default: 0] += 1
            }
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }.flatMap { $0.value * 2 > dictionary.count ? $0.key : nil }
    }
}
