/// How simulated annotators label sessions, as a language model would: plausibly, unevenly, and wrong in a quarter of the cases or more.
///
/// An annotator sees the journey and not the need: it starts from the probabilities of ``BankConfiguration/computesReference``, or, where
/// these are not computed, from the true need with some doubt. Two annotators are independent of each other given the session.
/// Shares are fractions between 0 and 1.
public struct AnnotationAssumptions: Codable, Sendable, Equatable {
    /// What sets one annotator apart from another.
    public struct Annotator: Codable, Sendable, Equatable {
        /// Share of the human sessions that it labels.
        public var share: Double
        /// In a goal-directed session, probability that the intent it should have named first is replaced by another one.
        public var slip: Double
        /// The same in idle browsing, which shows less.
        public var idleSlip: Double

        /// An annotator that labels this share of sessions and slips this often.
        public init(share: Double, slip: Double, idleSlip: Double) {
            (self.share, self.slip, self.idleSlip) = (share, slip, idleSlip)
        }
    }

    /// `simulated-a`: labels every session.
    public var a = Annotator(share: 1, slip: 0.25, idleSlip: 0.35)
    /// `simulated-b`: labels some of them, and is the worse one.
    public var b = Annotator(share: 0.25, slip: 0.32, idleSlip: 0.42)
    /// Blur of what is seen: probabilities are raised to the power of 1 / temperature and scaled to sum to 1. From 0.1 to 10; 1 blurs nothing.
    public var temperature: Double = 1.3
    /// Of the slips, the share that stays within the family of needs; the others go anywhere.
    public var familySlipShare: Double = 0.7
    /// Standard deviation of the normal noise on each confidence.
    public var confidenceNoise: Double = 0.1
    /// Share of goal-directed sessions in which nothing is named.
    public var silence: Double = 0.02
    /// The same of idle browsing.
    public var idleSilence: Double = 0.1

    /// The defaults: annotator a names the true need three times where the best possible guess does four times.
    public init() {}

    /// Fields and their values where a fraction is wanted.
    var shares: [(field: String, value: Double)] {
        [
            ("annotation.a.share", a.share), ("annotation.a.slip", a.slip), ("annotation.a.idleSlip", a.idleSlip),
            ("annotation.b.share", b.share), ("annotation.b.slip", b.slip), ("annotation.b.idleSlip", b.idleSlip),
            ("annotation.familySlipShare", familySlipShare), ("annotation.confidenceNoise", confidenceNoise),
            ("annotation.silence", silence), ("annotation.idleSilence", idleSilence),
        ]
    }
}

/// How sessions turn into applications, beside ``ConversionTable``. Shares are fractions between 0 and 1.
public struct ConversionAssumptions: Codable, Sendable, Equatable {
    /// Idle browsing is followed by an application this many times as often as a pursuit of the same need.
    public var idleFactor: Double = 0.35
    /// Share of sessions in which what follows has nothing to do with the need: a product by its share among all applications.
    public var noise: Double = 0.04

    /// The defaults.
    public init() {}

    /// Fields and their values where a fraction is wanted.
    var shares: [(field: String, value: Double)] { [("conversion.idleFactor", idleFactor), ("conversion.noise", noise)] }
}

// What a compiler writes for `Decodable` calls these overloads: recipes from before there were annotators, conversions
// and an app have none of these entries.
extension KeyedDecodingContainer {
    func decode(_ type: AnnotationAssumptions.Type, forKey key: Key) throws -> AnnotationAssumptions {
        try decodeIfPresent(type, forKey: key) ?? AnnotationAssumptions()
    }

    func decode(_ type: ConversionAssumptions.Type, forKey key: Key) throws -> ConversionAssumptions {
        try decodeIfPresent(type, forKey: key) ?? ConversionAssumptions()
    }

    func decode(_ type: AppAssumptions.Type, forKey key: Key) throws -> AppAssumptions {
        try decodeIfPresent(type, forKey: key) ?? AppAssumptions()
    }
}
