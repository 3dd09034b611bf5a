internal import FoundationEssentials

/// Sessions on which annotators disagree, worst first: work for people. One JSON object a line; the decision comes back as labels of an
/// annotator whose word is final.
public struct ConflictQueue: Sendable, Equatable {
    /// One session to be decided.
    public struct Entry: Sendable, Equatable, Codable {
        /// Why it is here.
        public enum Kind: String, Sendable, Codable {
            /// Annotators stand on different sides of the threshold.
            case annotatorsDisagree = "annotators_disagree"
            /// One annotator said two things.
            case contradictingDuplicate = "contradicting_duplicate"
        }

        /// One intent in question.
        public struct Question: Sendable, Equatable, Codable {
            /// Its id.
            public var intent: String
            /// Its name.
            public var name: String
            /// Confidence by annotator; empty for an annotator who contradicts himself.
            public var confidences: [String: Double]
        }

        /// The session's key in the corpus.
        public var session: String
        /// Its number in the corpus.
        public var number: Int
        /// Why it is here.
        public var kind: Kind
        /// The annotator who contradicts himself.
        public var annotator: String?
        /// The intents in question, worst first.
        public var questions: [Question]
        /// Sum over the intents of the distance between the highest and the lowest confidence.
        public var severity: Double
    }

    /// The sessions, worst first; those of one severity in the corpus's order.
    public let entries: [Entry]

    /// Collects the conflicts of a label set.
    /// - Parameter margin: opinions on both sides of the threshold that lie closer together than this are no conflict.
    public init(_ labels: LabelSet, merge: LabelMerge = LabelMerge(), margin: Double = 0.1) {
        var entries: [Entry] = []
        let intents = labels.taxonomy.assignable
        for group in labels.bySession {
            let counted = LabelSet.counted(group, merge)
            guard counted.count >= 2 else { continue }
            var questions: [(Entry.Question, Double)] = []
            for (k, intent) in intents.enumerated() {
                let values = counted.map { $0.confidences[k] }
                let (low, high) = (values.min()!, values.max()!)
                guard low < merge.threshold, high >= merge.threshold, high - low >= margin else { continue }
                var confidences: [String: Double] = [:]
                for annotation in counted { confidences[annotation.source] = annotation.confidences[k] }
                questions.append((Entry.Question(intent: intent.id, name: intent.name, confidences: confidences), high - low))
            }
            if questions.isEmpty { continue }
            let sorted = questions.enumerated().sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }.map(\.element)
            let session = counted[0].session
            entries.append(
                Entry(
                    session: labels.sessionKey(session), number: session, kind: .annotatorsDisagree, annotator: nil,
                    questions: sorted.map(\.0), severity: sorted.reduce(0) { $0 + $1.1 }))
        }
        for contradiction in labels.contradictions {
            let decided = labels.annotations.contains {
                $0.session == contradiction.session && (merge.deciding.contains($0.annotator) || merge.deciding.contains($0.source))
            }
            if decided { continue }
            entries.append(
                Entry(
                    session: labels.sessionKey(contradiction.session), number: contradiction.session, kind: .contradictingDuplicate,
                    annotator: contradiction.source,
                    questions: contradiction.intents.map {
                        Entry.Question(intent: $0, name: labels.taxonomy[$0]?.name ?? $0, confidences: [:])
                    }, severity: Double(contradiction.intents.count)))
        }
        self.entries = entries.enumerated().sorted {
            ($1.element.severity, $0.element.number, $0.offset) < ($0.element.severity, $1.element.number, $1.offset)
        }.map(\.element)
    }

    /// The queue as JSON Lines.
    public var jsonLines: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return entries.map { entry in
            guard let bytes = try? encoder.encode(entry) else { preconditionFailure("ConflictQueue: cannot be encoded") }
            return String(decoding: bytes, as: UTF8.self) + "\n"
        }.joined()
    }
}
