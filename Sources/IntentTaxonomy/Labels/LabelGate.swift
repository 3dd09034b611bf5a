internal import Evaluation

/// Which intents may be trained: those on which annotators agree, and of which there are enough examples.
public struct LabelGate: Sendable, Equatable, Codable {
    /// Least Krippendorff's alpha of presence. Intents nobody labelled twice cannot be judged by it and pass.
    public var minimumAgreement: Double
    /// Fewest sessions in which the merged label finds the intent present.
    public var minimumPositives: Int
    /// Intents that are trained whatever the gate says, by name.
    public var overrides: [String]

    /// Alpha 0.4 and 20 sessions unless told otherwise.
    public init(minimumAgreement: Double = 0.4, minimumPositives: Int = 20, overrides: [String] = []) {
        (self.minimumAgreement, self.minimumPositives, self.overrides) = (minimumAgreement, minimumPositives, overrides)
    }

    /// Why an intent is held back.
    public enum Reason: String, Sendable, Equatable, Codable {
        /// No session shows it.
        case noPositive = "no_positive"
        /// Every session shows it.
        case noNegative = "no_negative"
        /// Too few sessions show it.
        case fewPositives = "few_positives"
        /// Annotators disagree on it.
        case lowAgreement = "low_agreement"
        /// It is banned for the purpose.
        case banned
    }

    /// What the gate says of one intent.
    public struct Verdict: Sendable, Equatable, Codable {
        /// Its id.
        public var intent: String
        /// What speaks against training it.
        public var reasons: [Reason]
        /// True where it is trained all the same, because it was named.
        public var isOverridden: Bool
        /// True where at least two annotators labelled the same session and the coefficient has a value.
        public var isAgreementKnown: Bool
        /// A verdict with all its parts.
        public init(intent: String, reasons: [Reason], isOverridden: Bool = false, isAgreementKnown: Bool = false) {
            (self.intent, self.reasons, self.isOverridden, self.isAgreementKnown) = (intent, reasons, isOverridden, isAgreementKnown)
        }

        /// Whether it is trained.
        public var isTrained: Bool { reasons.isEmpty || isOverridden }

        enum CodingKeys: String, CodingKey { case intent, reasons, isOverridden, isAgreementKnown }
    }

    /// Judges every intent, in the taxonomy's order.
    /// - Throws: ``LabelError/noSuchIntent(id:)`` for an override that names nothing, and ``LabelError/nothingToTrain(reason:remedy:)`` where
    ///   an override names an intent without positive or negative example.
    public func verdicts(_ agreement: LabelAgreement) throws(LabelError) -> [Verdict] {
        for id in overrides where !agreement.intents.contains(where: { $0.intent == id }) { throw .noSuchIntent(id: id) }
        var verdicts: [Verdict] = []
        for row in agreement.intents {
            var reasons: [Reason] = []
            if row.positives == 0 {
                reasons.append(.noPositive)
            } else if row.positives < minimumPositives {
                reasons.append(.fewPositives)
            }
            if row.positives == agreement.sessions, agreement.sessions > 0 { reasons.append(.noNegative) }
            if let alpha = row.krippendorff, alpha.estimate < minimumAgreement { reasons.append(.lowAgreement) }
            let isNamed = overrides.contains(row.intent)
            if isNamed, reasons.contains(.noPositive) || reasons.contains(.noNegative) {
                throw .nothingToTrain(
                    reason: "\(row.intent) is to be trained by name, and \(row.positives == 0 ? "no" : "every") labelled session shows it",
                    remedy: "label sessions that \(row.positives == 0 ? "show it" : "do not"), or take it out of the named ones")
            }
            verdicts.append(
                Verdict(
                    intent: row.intent, reasons: reasons, isOverridden: isNamed && !reasons.isEmpty,
                    isAgreementKnown: row.krippendorff != nil))
        }
        return verdicts
    }

    /// The ids of the intents to be trained, in the taxonomy's order.
    /// - Throws: what ``verdicts(_:)`` throws, and ``LabelError/nothingToTrain(reason:remedy:)`` where no intent is left.
    public func trained(_ agreement: LabelAgreement) throws(LabelError) -> [String] {
        let trained = try verdicts(agreement).filter(\.isTrained).map(\.intent)
        guard !trained.isEmpty else {
            throw Self.nothingPasses
        }
        return trained
    }

    static let nothingPasses = LabelError.nothingToTrain(
        reason: "no intent has enough labels and agreement",
        remedy: "label more sessions, lower the gate's limits, or name intents that are to be trained all the same")
}
