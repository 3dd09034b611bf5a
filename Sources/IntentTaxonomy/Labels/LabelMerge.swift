/// How the annotations of one session become one label.
public struct LabelMerge: Sendable, Equatable, Codable {
    /// What is taken of several annotators.
    public enum Rule: String, Sendable, Codable, CaseIterable {
        /// The mean of their confidences.
        case mean
        /// 1 where more than half find the intent present, 0 where fewer do, and 0.5 where opinions are even.
        case majority
    }

    /// What is taken of several annotators.
    public var rule: Rule
    /// From this confidence on an annotator finds an intent present.
    public var threshold: Double
    /// Annotators whose word is final: where one of them labelled a session, the others do not count.
    public var deciding: [String]

    /// The mean, present from 0.5, nobody above the others.
    public init(rule: Rule = .mean, threshold: Double = 0.5, deciding: [String] = []) {
        precondition(threshold > 0 && threshold <= 1, "LabelMerge: threshold \(threshold) must lie in (0, 1]")
        (self.rule, self.threshold, self.deciding) = (rule, threshold, deciding)
    }
}

/// One label a session.
public struct MergedLabels: Sendable, Equatable {
    /// Numbers of the labelled sessions in the corpus, `[S]`, ascending.
    public let sessions: [Int]
    /// Ids of the intents, `[K]`, as ``Taxonomy/assignable``.
    public let intents: [String]
    /// `[S, K]`, row by row.
    public let confidences: [Double]
    /// From this confidence on an intent counts as present.
    public let threshold: Double

    /// Labels as given.
    public init(sessions: [Int], intents: [String], confidences: [Double], threshold: Double) {
        precondition(confidences.count == sessions.count * intents.count, "MergedLabels: \(confidences.count) confidences")
        (self.sessions, self.intents, self.confidences, self.threshold) = (sessions, intents, confidences, threshold)
    }

    /// The confidences of one session, `[K]`.
    public subscript(row: Int) -> ArraySlice<Double> { confidences[row * intents.count..<(row + 1) * intents.count] }

    /// Sessions in which each intent is present, `[K]`.
    public var positives: [Int] {
        intents.indices.map { k in sessions.indices.count { confidences[$0 * intents.count + k] >= threshold } }
    }
}

extension LabelSet {
    /// One label for each session.
    /// - Throws: ``LabelError/noSuchAnnotator(name:)`` where a deciding annotator labelled nothing.
    public func merged(_ merge: LabelMerge = LabelMerge()) throws(LabelError) -> MergedLabels {
        for name in merge.deciding where !annotations.contains(where: { $0.annotator == name || $0.source == name }) {
            throw .noSuchAnnotator(name: name)
        }
        let intents = taxonomy.assignable.map(\.id)
        var sessions: [Int] = []
        var confidences: [Double] = []
        for group in bySession {
            let counted = Self.counted(group, merge)
            sessions.append(group[group.startIndex].session)
            for k in intents.indices {
                let values = counted.map { $0.confidences[k] }
                switch merge.rule {
                case .mean: confidences.append(values.reduce(0, +) / Double(values.count))
                case .majority:
                    let present = values.count { $0 >= merge.threshold }
                    confidences.append(2 * present > values.count ? 1 : 2 * present == values.count ? 0.5 : 0)
                }
            }
        }
        return MergedLabels(sessions: sessions, intents: intents, confidences: confidences, threshold: merge.threshold)
    }

    /// The annotations of one session after the other.
    var bySession: [ArraySlice<Annotation>] {
        var groups: [ArraySlice<Annotation>] = []
        var start = 0
        for end in 1...max(annotations.count, 1) where end <= annotations.count {
            if end == annotations.count || annotations[end].session != annotations[start].session {
                groups.append(annotations[start..<end])
                start = end
            }
        }
        return groups
    }

    static func counted(_ group: ArraySlice<Annotation>, _ merge: LabelMerge) -> [Annotation] {
        let deciding = group.filter { merge.deciding.contains($0.annotator) || merge.deciding.contains($0.source) }
        return deciding.isEmpty ? Array(group) : Array(deciding)
    }
}
