internal import SequenceEmbedding

/// How supplied labels are distilled into a classifier: a file of settings may leave out what keeps its default.
public struct DistillationSettings: Codable, Sendable, Equatable {
    /// What stands between a session's features and the intents.
    public enum Student: String, Codable, Sendable, CaseIterable {
        /// One linear map.
        case linear
        /// A perceptron with one hidden layer.
        case perceptron
        /// A perceptron, and the encoder below it is trained on from its checkpoint.
        case fineTuned = "fine-tuned"
    }

    /// What a session is to the student.
    public enum Inputs: String, Codable, Sendable, CaseIterable {
        /// Its embedding.
        case embedding
        /// Plain facts about it (counts, shares, first and last values; see `FactPlan`).
        case facts
        /// The two side by side.
        case both

        /// Whether the embedding is read.
        public var readEmbedding: Bool { self != .facts }
        /// Whether facts are read.
        public var readFacts: Bool { self != .embedding }
    }

    /// What a threshold is chosen for, on sessions that the student did not learn from.
    public enum Aim: Codable, Sendable, Equatable {
        /// The greatest F1 of each intent.
        case f1
        /// The greatest F1 over all intents together: one threshold for all.
        case microF1
        /// The lowest threshold whose precision is at least this.
        case precision(Double)
    }

    /// The student (perceptron).
    public var student = Student.perceptron
    /// What it reads (both).
    public var inputs = Inputs.both
    /// Hidden floats of the perceptron (128).
    public var hidden = 128
    /// Chance of a feature to be dropped in training (0.1).
    public var inputDropout: Float = 0.1
    /// Chance of a hidden float to be dropped in training (0.1).
    public var dropout: Float = 0.1
    /// Students trained from different seeds, whose logits are averaged into one (4).
    public var members = 4
    /// Passes over the labelled sessions (60).
    public var epochs = 60
    /// Sessions in a batch (64).
    public var batchSessions = 64
    /// Greatest learning rate of AdamW (0.002).
    public var learningRate: Float = 2e-3
    /// Under `fine-tuned`, share of the greatest rate at which encoder and student are trained on together (0.1).
    public var encoderRate: Float = 0.1
    /// Under `fine-tuned`, passes over the labelled sessions of encoder and student together (10).
    public var encoderEpochs = 10
    /// AdamW's decay of weights (0.1).
    public var weightDecay: Float = 0.1
    /// Rare intents weigh more: weights by effective number (Cui et al., 2019, equation 2) with this beta; 0 for equal weights (0).
    public var effectiveNumberBeta: Double = 0
    /// How far confidences are pulled apart where presence is decided: a confidence c above 0 becomes σ(s (c - m)), with m a fortieth below
    /// the confidence from which an intent is present; 0 leaves confidences as they are (0). Annotators who say 0.45 and 0.5 mean two things.
    public var sharpness: Float = 0
    /// Parts of the visitors; scores for calibration and thresholds come from students that did not see a part (5).
    public var folds = 5
    /// How logits become probabilities (whichever is better on the validation scores).
    public var calibration = CalibrationChoice.best
    /// What thresholds are chosen for (each intent's F1).
    public var aim = Aim.f1
    /// Share of sessions whose conformal set holds every intent that is present (0.9).
    public var coverage = 0.9
    /// What every random choice comes from (1).
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case student, inputs, hidden, inputDropout, dropout, members, epochs, batchSessions, learningRate, encoderRate, encoderEpochs
        case weightDecay, sharpness, effectiveNumberBeta, folds, calibration, aim, coverage, seed
    }

    /// Decodes what is present and keeps defaults for the rest; unknown entries are refused by name.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.student, into: &student)
        try values.read(.inputs, into: &inputs)
        try values.read(.hidden, into: &hidden)
        try values.read(.inputDropout, into: &inputDropout)
        try values.read(.dropout, into: &dropout)
        try values.read(.members, into: &members)
        try values.read(.epochs, into: &epochs)
        try values.read(.batchSessions, into: &batchSessions)
        try values.read(.learningRate, into: &learningRate)
        try values.read(.encoderRate, into: &encoderRate)
        try values.read(.encoderEpochs, into: &encoderEpochs)
        try values.read(.weightDecay, into: &weightDecay)
        try values.read(.effectiveNumberBeta, into: &effectiveNumberBeta)
        try values.read(.sharpness, into: &sharpness)
        try values.read(.folds, into: &folds)
        try values.read(.calibration, into: &calibration)
        try values.read(.aim, into: &aim)
        try values.read(.coverage, into: &coverage)
        try values.read(.seed, into: &seed)
    }

    /// Refuses values that cannot be meant.
    public func validate() throws(DistillationError) {
        func check<Value: Comparable>(_ name: String, _ value: Value, _ range: ClosedRange<Value>) throws(DistillationError) {
            guard range.contains(value) else {
                throw .badSetting(name: name, expected: "between \(range.lowerBound) and \(range.upperBound)")
            }
        }
        try check("hidden", hidden, 1...65_536)
        try check("inputDropout", inputDropout, 0...0.95)
        try check("dropout", dropout, 0...0.95)
        try check("members", members, 1...256)
        try check("epochs", epochs, 1...100_000)
        try check("batchSessions", batchSessions, 1...1_000_000)
        try check("learningRate", learningRate, 1e-9...10)
        try check("encoderRate", encoderRate, 0...10)
        try check("encoderEpochs", encoderEpochs, 1...10_000)
        try check("weightDecay", weightDecay, 0...100)
        try check("effectiveNumberBeta", effectiveNumberBeta, 0...0.999999)
        try check("sharpness", sharpness, 0...1000)
        try check("folds", folds, 2...100)
        try check("coverage", coverage, 0.01...0.9999)
        if case .precision(let wanted) = aim { try check("aim", wanted, 0.01...1) }
        if student == .fineTuned && inputs == .facts {
            throw .badSetting(name: "inputs", expected: "embedding or both where the student is fine-tuned")
        }
    }
}

/// How logits become probabilities.
public enum CalibrationChoice: String, Codable, Sendable, CaseIterable {
    /// As the student gives them.
    case none
    /// Scaled and shifted (temperature with a bias; Platt, 1999).
    case temperature
    /// By a rising step function (Zadrozny and Elkan, 2002).
    case isotonic
    /// The best of these by the log loss of held-out parts of the validation scores, intent by intent.
    case best
}

extension DistillationSettings.Aim {
    /// Reads `f1`, `micro-f1` or a precision between 0 and 1.
    public init?(text: String) {
        switch text {
        case "f1": self = .f1
        case "micro-f1": self = .microF1
        default:
            let digits = text.hasPrefix("precision:") ? String(text.dropFirst("precision:".count)) : text
            guard let value = Double(digits), value > 0, value <= 1 else { return nil }
            self = .precision(value)
        }
    }

    /// As it is written in settings.
    public var text: String {
        switch self {
        case .f1: "f1"
        case .microF1: "micro-f1"
        case .precision(let value): "precision:\(value)"
        }
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = (try? container.decode(String.self)) ?? "\((try? container.decode(Double.self)) ?? .nan)"
        guard let aim = Self(text: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "write f1, micro-f1, or precision:0.9")
        }
        self = aim
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Why a classifier cannot be made of labels.
public enum DistillationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A setting out of its range.
    case badSetting(name: String, expected: String)
    /// Too few labelled sessions or visitors to set parts aside.
    case tooFew(reason: String, remedy: String)
    /// A loss that is not a number.
    case notFinite(step: Int, learningRate: Double)
    /// Stopped on request.
    case cancelled

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .badSetting(let name, let expected): "settings, `\(name)`: the value must lie \(expected)"
        case .tooFew(let reason, let remedy): "labels: \(reason); \(remedy)"
        case .notFinite(let step, let rate):
            "training step \(step): the loss is not a finite number at learning rate \(rate); lower the rate (learningRate)"
        case .cancelled: "stopped; nothing was written"
        }
    }
}
