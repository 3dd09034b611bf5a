/// One labelled session, as a review sees it.
public struct LabelledItem: Sendable, Equatable {
    /// An intent that was given.
    public struct Given: Sendable, Equatable {
        /// Its id.
        public var intent: String
        /// Its calibrated probability.
        public var probability: Double
        /// Events that speak for it, in words, the strongest first.
        public var evidence: [String]

        /// An intent with what was said for it.
        public init(_ intent: String, probability: Double, evidence: [String] = []) {
            (self.intent, self.probability, self.evidence) = (intent, probability, evidence)
        }
    }

    /// The session's id.
    public var session: String
    /// The intents given, most probable first.
    public var given: [Given]
    /// Intents that were not given and not ruled out (of the conformal set).
    public var possible: [String]
    /// The greatest probability of an intent that was not given, where it is known.
    public var nearest: Double?
    /// What it is called in the slices, such as `mobile`; empty without slices.
    public var slice: String
    /// Its place in the ledger; 0 where it comes from a file.
    public var entry: Int

    /// A labelled session.
    public init(
        _ session: String, given: [Given], possible: [String] = [], nearest: Double? = nil, slice: String = "", entry: Int = 0
    ) {
        (self.session, self.given, self.possible) = (session, given, possible)
        (self.nearest, self.slice, self.entry) = (nearest, slice, entry)
    }

    /// How unsure the label is: the standard deviation of a right or wrong of its probability, 1 for a probability of a half.
    ///
    /// Of several intents the least sure one counts; of a session without intent the nearest one. Where nothing is known of it, 0.6, and
    /// 0.9 where the set holds an intent: such sessions hide what was missed.
    public var uncertainty: Double {
        func deviation(_ p: Double) -> Double { 2 * (max(0, p) * max(0, 1 - p)).squareRoot() }
        guard given.isEmpty else { return given.reduce(0) { max($0, deviation($1.probability)) } }
        if let nearest { return deviation(nearest) }
        return possible.isEmpty ? 0.6 : 0.9
    }

    /// Bands of ``uncertainty``: a probability within 0.28 of a half, within 0.4, and beyond.
    var band: ReviewDesign.Band { uncertainty > 0.83 ? .unsure : uncertainty > 0.6 ? .fair : .sure }
}
