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
        self.init(corpus, EventWording(corpus, fields: fields, fewestVisitors: fewestVisitors), mostSteps: mostSteps)
    }

    /// In the words of another corpus, of which this one may be a single session; fields that this one lacks tell nothing.
    public init(_ corpus: Corpus, _ wording: EventWording, mostSteps: Int = 30) {
        self.corpus = corpus
        self.mostSteps = mostSteps
        fewestVisitors = wording.fewestVisitors
        func there(_ fields: [String]) -> [String] { fields.filter { corpus.codes($0) != nil } }
        (stepFields, kindFields, contextFields) = (there(wording.stepFields), there(wording.kindFields), there(wording.contextFields))
        var texts: [String: [String]] = [:]
        var usual: [String: Int32] = [:]
        for field in stepFields + kindFields + contextFields {
            let dictionary = corpus.dictionary(field)!
            let isPath = corpus.schema.field(field)?.kind == .url
            texts[field] = (0..<dictionary.count).map { wording.text(of: dictionary[$0], field: field, isPath: isPath) }
            guard let value = wording.usualKinds[field] else { continue }
            usual[field] = (0..<dictionary.count).first { dictionary[$0] == value }.map { Int32($0 + 1) } ?? 0
        }
        (self.texts, usualKinds) = (texts, usual)
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
}
