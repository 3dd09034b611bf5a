internal import SequenceEmbedding
internal import SequenceKernel

/// The network of intentions and habits (Guo et al., 2020, arXiv:2008.07796) and its training: a file of settings may leave out what keeps
/// its default. Switches that are true by default are what the paper takes away one at a time.
public struct IntentionHabitSettings: Codable, Sendable, Equatable {
    /// How histories are cut.
    public var rules = SessionRules()
    /// Floats of a behaviour, a weekday, a day of month and each profile group (10).
    public var embeddingWidth = 10
    /// Floats of an intention and of a habit (30).
    public var stateWidth = 30
    /// Hidden floats of the profile interaction network (50, 25).
    public var hidden = [50, 25]
    /// Chance of a hidden float to be dropped in training (0.4). The paper's 0.6 may be a chance to be kept, as TensorFlow then had it.
    public var dropout: Float = 0.4
    /// What the time between behaviours does: `literal` as printed, `coupled`, or `none` (literal).
    public var timeGate = "literal"
    /// Whether the candidate of the time-aware recurrence reads the raw state, as printed (true).
    public var candidateSeesRawState = true
    /// How the seconds between behaviours reach the time gate: `unit` as log(1 + s) / log(1 + pause), between 0 and 1; `standard` as
    /// log(1 + s) less its mean, over its deviation, both of the applicants learnt from and 0 for a session's first, which moves the gate more;
    /// `seconds` as printed, in which the gate is shut from the first ones on (unit).
    public var times = Times.unit

    /// See ``times-swift.property``.
    public enum Times: String, Codable, Sendable, CaseIterable { case standard, unit, seconds }

    /// Whether behaviours are read session by session (true). Else one plain recurrence reads the behaviours of the sessions that `rules` kept
    /// one after the other, and `timeAware`, `timeGate`, `calendar` and `contextAware` say nothing.
    public var sessions = true
    /// Whether each field has a map of its own (true). Else behaviours have none, and all groups of the profile share one map to all three
    /// vectors.
    public var fieldMaps = true
    /// Whether the recurrence over behaviours knows times, weekday and day of month; else it is a plain one (true).
    public var timeAware = true
    /// Whether it knows weekday and day of month; says nothing where it does not know times (true).
    public var calendar = true
    /// Whether the recurrence over sessions knows applicant and product; else it is a plain one (true).
    public var contextAware = true
    /// Whether old applicants are learnt from first (true).
    public var preTraining = true
    /// Whether trees' probabilities guide that (true).
    public var treeGuidance = true
    /// Weight of the guidance: α of equation 16 (1).
    public var guidance: Float = 1
    /// Whether α is learnt, from that on: α = e^-s, with s/2 added to the loss of each guided applicant so that it does not fall without end
    /// (false). As printed, α is "trainable" with nothing to hold it.
    public var learnsGuidance = false
    /// Applicants in a batch (256).
    public var batchApplicants = 256
    /// Most passes over old applicants (40).
    public var preTrainingEpochs = 40
    /// Most passes over new applicants (40).
    public var epochs = 40
    /// Passes without a better AUC of the validation part before training stops (5).
    public var patience = 5
    /// Adam's learning rate (0.001).
    public var learningRate = 0.001
    /// Decoupled decay of weights in the second step; the first has none, so that weights which nothing reaches stay as they are (0).
    public var weightDecay = 0.0
    /// What every random choice comes from (1).
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case rules, embeddingWidth, stateWidth, hidden, dropout, timeGate, candidateSeesRawState, times, sessions, fieldMaps
        case timeAware, calendar, contextAware, preTraining, treeGuidance, guidance, learnsGuidance, batchApplicants, preTrainingEpochs,
            epochs,
            patience
        case learningRate, weightDecay, seed
    }

    /// Decodes what is present and keeps defaults for the rest; unknown entries are refused by name.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.rules, into: &rules)
        try values.read(.embeddingWidth, into: &embeddingWidth)
        try values.read(.stateWidth, into: &stateWidth)
        try values.read(.hidden, into: &hidden)
        try values.read(.dropout, into: &dropout)
        try values.read(.timeGate, into: &timeGate)
        try values.read(.candidateSeesRawState, into: &candidateSeesRawState)
        try values.read(.times, into: &times)
        try values.read(.sessions, into: &sessions)
        try values.read(.fieldMaps, into: &fieldMaps)
        try values.read(.timeAware, into: &timeAware)
        try values.read(.calendar, into: &calendar)
        try values.read(.contextAware, into: &contextAware)
        try values.read(.preTraining, into: &preTraining)
        try values.read(.treeGuidance, into: &treeGuidance)
        try values.read(.guidance, into: &guidance)
        try values.read(.learnsGuidance, into: &learnsGuidance)
        try values.read(.batchApplicants, into: &batchApplicants)
        try values.read(.preTrainingEpochs, into: &preTrainingEpochs)
        try values.read(.epochs, into: &epochs)
        try values.read(.patience, into: &patience)
        try values.read(.learningRate, into: &learningRate)
        try values.read(.weightDecay, into: &weightDecay)
        try values.read(.seed, into: &seed)
    }

    /// Refuses values that cannot be meant.
    public func validate() throws(IntentionHabitError) {
        try rules.validate()
        try Self.check("embeddingWidth", embeddingWidth, 1...1_024)
        try Self.check("stateWidth", stateWidth, 1...4_096)
        guard (1...8).contains(hidden.count), hidden.allSatisfy({ (1...65_536).contains($0) }) else {
            throw .badSetting(name: "hidden", expected: "1 to 8 widths between 1 and 65536")
        }
        try Self.check("dropout", dropout, 0...0.95)
        guard ContextGRUForm.TimeGate(rawValue: timeGate) != nil else {
            throw .badSetting(name: "timeGate", expected: "literal, coupled or none")
        }
        try Self.check("guidance", guidance, 0...1_000)
        try Self.check("batchApplicants", batchApplicants, 1...1_000_000)
        try Self.check("preTrainingEpochs", preTrainingEpochs, 1...100_000)
        try Self.check("epochs", epochs, 1...100_000)
        try Self.check("patience", patience, 1...100_000)
        try Self.check("learningRate", learningRate, 1e-9...10)
        try Self.check("weightDecay", weightDecay, 0...100)
    }

    static func check<Value: Comparable>(_ name: String, _ value: Value, _ range: ClosedRange<Value>) throws(IntentionHabitError) {
        guard range.contains(value) else {
            throw .badSetting(name: name, expected: "between \(range.lowerBound) and \(range.upperBound)")
        }
    }
}
