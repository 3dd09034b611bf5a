public import EventStream
internal import IntentTaxonomy

/// Sessions of a corpus in words, for a person who judges them: circumstances, then a step a line with its time since the start.
///
/// Words that fewer than three visitors share are masked as where sessions are summarised (``SessionSummary``).
public struct ReviewJourneys: Sendable {
    private let corpus: Corpus
    private let summary: SessionSummary
    private let sessions: [String: Int]
    /// Steps shown of a session; of longer ones the middle is left out.
    public static let mostSteps = 60

    /// Looks at all sessions of a corpus.
    public init(_ corpus: Corpus) {
        self.corpus = corpus
        summary = SessionSummary(corpus)
        sessions = Dictionary((0..<corpus.sessionCount).map { (corpus.sessionKey($0), $0) }) { first, _ in first }
    }

    /// What happened in the session of this id; nil where the corpus does not have it.
    public func text(_ id: String) -> String? {
        guard let session = sessions[id] else { return nil }
        let events = corpus.events(ofSession: session)
        guard let first = events.first else { return "0 events" }
        let start = corpus.timesMicroseconds[first]
        var lines: [(time: Int64, text: String, dwell: Float, times: Int)] = []
        for event in events {
            let text = summary.step(event), dwell = corpus.dwells[event]
            if let last = lines.last, last.text == text {
                lines[lines.count - 1].times += 1
                if !dwell.isNaN { lines[lines.count - 1].dwell = (last.dwell.isNaN ? 0 : last.dwell) + dwell }
            } else {
                lines.append(((corpus.timesMicroseconds[event] - start) / 1_000_000, text, dwell, 1))
            }
        }
        let half = Self.mostSteps / 2
        let shown = lines.map { line in
            let stay = line.dwell.isNaN ? "" : " (\(Self.span(Int64(line.dwell.rounded()))))"
            return "\(Self.clock(line.time)) \(line.text)\(line.times > 1 ? " ×\(line.times)" : "")\(stay)"
        }
        let kept =
            shown.count <= Self.mostSteps
            ? shown : shown.prefix(half) + ["… \(shown.count - 2 * half) more steps …"] + shown.suffix(half)
        return ([circumstances(events)] + kept).joined(separator: "\n")
    }

    /// The first known value of a field in the session of this id; `unknown` where there is none.
    public func value(of field: String, _ id: String) -> String {
        guard let session = sessions[id], let codes = corpus.codes(field), let dictionary = corpus.dictionary(field),
            let event = corpus.events(ofSession: session).first(where: { codes[$0] > 0 })
        else { return "unknown" }
        return dictionary[Int(codes[event]) - 1]
    }

    /// How many of these sessions the corpus has.
    public func count(of ids: some Sequence<String>) -> Int { ids.count { sessions[$0] != nil } }

    private func circumstances(_ events: Range<Int>) -> String {
        var parts = ["\(events.count) \(events.count == 1 ? "event" : "events")"]
        if let first = events.first, corpus.hours[first] < 24 {
            let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
            let day = Int(corpus.weekdays[first])
            let hour = String(corpus.hours[first])
            parts.append((days.indices.contains(day) ? days[day] + " " : "") + (hour.count < 2 ? "0" : "") + hour + " h")
        }
        for field in summary.contextFields {
            guard let codes = corpus.codes(field), let dictionary = corpus.dictionary(field),
                let event = events.first(where: { codes[$0] > 0 })
            else { continue }
            parts.append("\(field) \(dictionary[Int(codes[event]) - 1])")
        }
        return parts.joined(separator: ", ")
    }

    /// Hours, minutes and seconds since the start.
    private static func clock(_ seconds: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return (seconds >= 3600 ? "\(seconds / 3600):\(two(seconds / 60 % 60))" : "\(seconds / 60)") + ":\(two(seconds % 60))"
    }

    private static func span(_ seconds: Int64) -> String {
        seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min" + (seconds % 60 > 0 ? " \(seconds % 60) s" : "")
    }
}
