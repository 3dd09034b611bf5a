/// What the classifier says of one session.
public struct SessionLabel: Sendable, Equatable {
    /// Why no intent is assigned.
    public enum Abstention: String, Sendable, Equatable, Codable {
        /// The session has no event.
        case noEvents = "no_events"
        /// No intent reaches its threshold.
        case belowThresholds = "below_thresholds"
        /// Every intent that reaches its threshold is suspended.
        case suspended
    }

    /// One event that speaks for an intent.
    public struct Evidence: Sendable, Equatable {
        /// Its place in the session, from 1.
        public var place: Int
        /// What was seen or typed.
        public var text: String
        /// Probability with it less probability without it.
        public var effect: Float
        /// The same event's share in the logit by integrated gradients; nil where it was not asked for or the encoder does not read the event.
        public var gradient: Float?

        /// An event with what it does.
        public init(place: Int, text: String, effect: Float, gradient: Float? = nil) {
            (self.place, self.text, self.effect, self.gradient) = (place, text, effect, gradient)
        }
    }

    /// The session's number in its table.
    public var session: Int
    /// Probabilities, `[K]`.
    public var probabilities: [Float]
    /// Intents that reach their thresholds, most probable first.
    public var assigned: [Int]
    /// Intents of the conformal set, most probable first.
    public var possible: [Int]
    /// Why nothing is assigned; nil where something is.
    public var abstention: Abstention?
    /// For each assigned intent, the events that speak for it most.
    public var evidence: [[Evidence]]
}

extension IntentClassifier {
    /// Decides on the probabilities `[K]` of a session.
    public func label(session: Int, events: Int, probabilities: some Collection<Float>) -> SessionLabel {
        let values = Array(probabilities)
        func ranked(_ intents: [Int]) -> [Int] { intents.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 } }
        guard events > 0 else {
            return SessionLabel(
                session: session, probabilities: values, assigned: [], possible: [], abstention: .noEvents, evidence: [])
        }
        let assigned = ranked(values.indices.filter { Double(values[$0]) >= settings.thresholds[$0] })
        let label = SessionLabel(
            session: session, probabilities: values, assigned: assigned,
            possible: ranked(values.indices.filter { settings.conformal.contains(Double(values[$0])) }),
            abstention: assigned.isEmpty ? .belowThresholds : nil, evidence: [])
        return withheld.isEmpty ? label : withholding(label)
    }

    /// The label without suspended intents.
    private func withholding(_ label: SessionLabel) -> SessionLabel {
        var label = label
        let before = label.assigned.count
        label.assigned.removeAll(where: withheld.contains)
        label.possible.removeAll(where: withheld.contains)
        if label.assigned.isEmpty, before > 0 { label.abstention = .suspended }
        return label
    }
}
