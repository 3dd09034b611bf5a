internal import SequenceEmbedding
internal import SequenceKernel

/// Teacher, student and distillation (Liu et al., 2025, arXiv:2509.06385; systems.md 2.3): a file of settings may leave out what keeps its
/// default. A weight of 0 switches its part off.
public struct StageDistillationSettings: Codable, Sendable, Equatable {
    /// Floats of a profile behind its perceptron (32).
    public var profileWidth = 32
    /// Floats of each category of a record (8).
    public var embeddingWidth = 8
    /// Floats of a record and of its encoder (8).
    public var recordWidth = 8
    /// What reads records: `transformer` or `gru` (transformer).
    public var encoder = "transformer"
    /// Attention heads of the Transformer (2).
    public var heads = 2
    /// Layers of either (1).
    public var layers = 1
    /// How records become one row: `mean`, `max`, `last` or `attention` (mean).
    public var pooling = "mean"
    /// Latest records of an applicant that are read, of each stage (200).
    public var longestRecords = 200
    /// Words of a category that came less often are read as unknown (3).
    public var rareBelow = 3
    /// Hidden floats between all that is known and the representation (32).
    public var fusionWidth = 32
    /// Floats of the student's representation (32).
    public var studentWidth = 32
    /// Floats of the teacher's representation (32).
    public var teacherWidth = 32
    /// Chance of a hidden float to be dropped in training (0.1).
    public var dropout: Float = 0.1
    /// a: weight of the teacher's soft labels (1).
    public var softWeight: Float = 1
    /// τ of the soft labels (2).
    public var temperature: Float = 2
    /// b: weight of the coarse grain, the distance between representations (0.5).
    public var coarseWeight: Float = 0.5
    /// That distance: `cosine`, or `normed` for mean squares behind a layer norm (cosine).
    public var coarseDistance = "cosine"
    /// c: weight of the fine grain, the contrast between the classes' prototypes (0.5).
    public var fineWeight: Float = 0.5
    /// t of that contrast (0.1).
    public var prototypeTemperature: Float = 0.1
    /// Weight of the fine grain record by record: of overdue applicants, the student's state of each record before the decision is drawn to
    /// the teacher's, weighted by the teacher's attention (0).
    public var eventWeight: Float = 0
    /// d: weight of the student's own moving average as a second teacher (0.1).
    public var selfWeight: Float = 0.1
    /// Decay of that average a step (0.999).
    public var selfDecay: Float = 0.999
    /// Epochs before it begins (1).
    public var warmUpEpochs = 1
    /// Power of the classes' weights by effective numbers: 1 weighs the rare class up, -1 damps it, 0 weighs all alike (1).
    public var reweighting: Float = 1
    /// β of the effective numbers (0.999).
    public var effectiveNumberBeta = 0.999
    /// Parts of the customers for the teacher's targets: each part's are made by a teacher that learnt from the others (5).
    public var folds = 5
    /// How the student's representation is brought to the teachers': `fold` for a linear map to each fold's, `shared` for one to all, `none`
    /// for the representation itself. Each teacher has axes of its own, so that one map for all can only meet their mean (fold).
    public var projection = "fold"
    /// Applicants in a batch (256).
    public var batchApplicants = 256
    /// Most passes over the applicants (40).
    public var epochs = 40
    /// Passes without a better AUC of the validation part before training stops (5).
    public var patience = 5
    /// Adam's learning rate (0.001).
    public var learningRate = 0.001
    /// Decoupled decay of weights (0).
    public var weightDecay = 0.0
    /// What every random choice comes from (1).
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}

    /// Whether the student reads anything of the teacher.
    public var readsTeacher: Bool { softWeight > 0 || coarseWeight > 0 || fineWeight > 0 || eventWeight > 0 }

    /// The same without anything distilled: no soft labels, no grain, no second teacher.
    public var plain: StageDistillationSettings {
        var plain = self
        (plain.softWeight, plain.coarseWeight, plain.fineWeight, plain.eventWeight, plain.selfWeight) = (0, 0, 0, 0, 0)
        return plain
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case profileWidth, embeddingWidth, recordWidth, encoder, heads, layers, pooling, longestRecords, rareBelow, fusionWidth
        case studentWidth, teacherWidth, dropout, softWeight, temperature, coarseWeight, coarseDistance, fineWeight, prototypeTemperature
        case eventWeight, selfWeight, selfDecay, warmUpEpochs, reweighting, effectiveNumberBeta, folds, projection, batchApplicants, epochs,
            patience
        case learningRate, weightDecay, seed
    }

    /// Decodes what is present and keeps defaults for the rest; unknown entries are refused by name.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.profileWidth, into: &profileWidth)
        try values.read(.embeddingWidth, into: &embeddingWidth)
        try values.read(.recordWidth, into: &recordWidth)
        try values.read(.encoder, into: &encoder)
        try values.read(.heads, into: &heads)
        try values.read(.layers, into: &layers)
        try values.read(.pooling, into: &pooling)
        try values.read(.longestRecords, into: &longestRecords)
        try values.read(.rareBelow, into: &rareBelow)
        try values.read(.fusionWidth, into: &fusionWidth)
        try values.read(.studentWidth, into: &studentWidth)
        try values.read(.teacherWidth, into: &teacherWidth)
        try values.read(.dropout, into: &dropout)
        try values.read(.softWeight, into: &softWeight)
        try values.read(.temperature, into: &temperature)
        try values.read(.coarseWeight, into: &coarseWeight)
        try values.read(.coarseDistance, into: &coarseDistance)
        try values.read(.fineWeight, into: &fineWeight)
        try values.read(.prototypeTemperature, into: &prototypeTemperature)
        try values.read(.eventWeight, into: &eventWeight)
        try values.read(.selfWeight, into: &selfWeight)
        try values.read(.selfDecay, into: &selfDecay)
        try values.read(.warmUpEpochs, into: &warmUpEpochs)
        try values.read(.reweighting, into: &reweighting)
        try values.read(.effectiveNumberBeta, into: &effectiveNumberBeta)
        try values.read(.folds, into: &folds)
        try values.read(.projection, into: &projection)
        try values.read(.batchApplicants, into: &batchApplicants)
        try values.read(.epochs, into: &epochs)
        try values.read(.patience, into: &patience)
        try values.read(.learningRate, into: &learningRate)
        try values.read(.weightDecay, into: &weightDecay)
        try values.read(.seed, into: &seed)
    }
}

extension StageDistillationSettings {
    /// Refuses values that cannot be meant.
    public func validate() throws(StageDistillationError) {
        let widths = [
            ("profileWidth", profileWidth), ("embeddingWidth", embeddingWidth), ("recordWidth", recordWidth), ("fusionWidth", fusionWidth),
            ("studentWidth", studentWidth), ("teacherWidth", teacherWidth),
        ]
        for (name, value) in widths { try Self.check(name, value, 1...4_096) }
        try Self.check("layers", layers, 1...16)
        try Self.check("heads", heads, 1...64)
        guard ["transformer", "gru"].contains(encoder) else { throw .badSetting(name: "encoder", expected: "transformer or gru") }
        guard encoder == "gru" || recordWidth.isMultiple(of: heads) else {
            throw .badSetting(name: "heads", expected: "a divisor of recordWidth")
        }
        guard PoolingKind(rawValue: pooling) != nil else {
            throw .badSetting(name: "pooling", expected: "mean, max, last or attention")
        }
        guard ["cosine", "normed"].contains(coarseDistance) else {
            throw .badSetting(name: "coarseDistance", expected: "cosine or normed")
        }
        guard ["fold", "shared", "none"].contains(projection) else {
            throw .badSetting(name: "projection", expected: "fold, shared or none")
        }
        guard projection != "none" || studentWidth == teacherWidth else {
            throw .badSetting(name: "projection", expected: "fold or shared where studentWidth and teacherWidth differ")
        }
        // Attention keeps a float for each pair of records.
        try Self.check("longestRecords", longestRecords, 1...(encoder == "gru" ? 100_000 : 4_096))
        try Self.check("rareBelow", rareBelow, 1...1_000_000)
        try Self.check("dropout", dropout, 0...0.95)
        let weights = [
            ("soft", softWeight), ("coarse", coarseWeight), ("fine", fineWeight), ("event", eventWeight), ("self", selfWeight),
        ]
        for (name, weight) in weights {
            try Self.check("\(name)Weight", weight, 0...1_000)
        }
        try Self.check("temperature", temperature, 0.1...100)
        try Self.check("prototypeTemperature", prototypeTemperature, 0.01...100)
        try Self.check("selfDecay", selfDecay, 0...0.999_999)
        try Self.check("warmUpEpochs", warmUpEpochs, 0...100_000)
        try Self.check("reweighting", reweighting, -2...2)
        try Self.check("effectiveNumberBeta", effectiveNumberBeta, 0...0.999_999_9)
        try Self.check("folds", folds, 2...100)
        try Self.check("batchApplicants", batchApplicants, 1...1_000_000)
        try Self.check("epochs", epochs, 1...100_000)
        try Self.check("patience", patience, 1...100_000)
        try Self.check("learningRate", learningRate, 1e-9...10)
        try Self.check("weightDecay", weightDecay, 0...100)
    }

    private static func check<Value: Comparable>(
        _ name: String, _ value: Value, _ range: ClosedRange<Value>
    ) throws(StageDistillationError) {
        guard range.contains(value) else {
            throw .badSetting(name: name, expected: "between \(range.lowerBound) and \(range.upperBound)")
        }
    }
}
