internal import Glibc
internal import SequenceEmbedding
internal import SequenceKernel

/// Sessions of eight fields and three numbers, made from a seed in memory, and a model that reads them.
struct SyntheticSessions {
    let events: EncodedEvents
    let model: SequenceModel
    let weights: ParameterVector
    let lengths: [Int]
    private static let vocabularies = [200, 50, 5000, 30, 12, 8, 31, 1000]

    /// Sessions of the given lengths for a model of width 64 with two layers, or of width 8 with one, that predicts hidden events, or
    /// has every objective there is; a Transformer, or another encoder.
    init(
        lengths: [Int], small: Bool = true, everyObjective: Bool = false, encoder: ModelConfiguration.Encoder = .transformer,
        seed: UInt64 = 1
    ) {
        self.lengths = lengths
        let plan = FeaturePlan(
            encoded: Self.vocabularies.enumerated().map { ("field\($0.offset)", $0.element) }, width: 16,
            numbers: ["number0", "number1", "number2"], predicted: [0, 1])
        var configuration = ModelConfiguration()
        (configuration.width, configuration.embeddingSize) = small ? (64, 64) : (8, 8)
        (configuration.heads, configuration.layers, configuration.feedForward) = small ? (4, 2, 256) : (2, 1, 32)
        configuration.encoder = encoder
        configuration.maximumEvents = max(128, lengths.max() ?? 1)
        if everyObjective {
            configuration.objectives.maskedEvent.summaryWeight = 1
            (configuration.objectives.nextEvent.weight, configuration.objectives.nextEvent.tiedField) = (1, "field1")
            configuration.objectives.sliceContrast.weight = 1
        }
        var offsets = [0]
        for length in lengths { offsets.append(offsets[offsets.count - 1] + length) }
        let count = offsets[lengths.count]
        var random = SplitMix(state: seed)
        let lookups = Self.vocabularies.map { size in (0..<count).map { _ in Int32(1 + random.next() % UInt64(size)) } }
        let scalars = (0..<3).map { _ in (0..<count).map { _ in Float(random.next() >> 40) / Float(1 << 24) } }
        events = EncodedEvents(plan: plan, offsets: offsets, lookups: lookups, scalars: scalars)
        model = SequenceModel(configuration, plan)
        weights = ParameterVector(model.parameters, seed: seed)
    }

    /// Lengths about a median of 12 with a long tail, at most 128.
    static func usualLengths(_ count: Int, seed: UInt64 = 7) -> [Int] {
        var random = SplitMix(state: seed)
        func uniform() -> Double { (Double(random.next() >> 11) + 0.5) / Double(1 << 53) }
        return (0..<count).map { _ in
            let normal = sqrt(-2 * log(uniform())) * cos(2 * .pi * uniform())
            return min(128, max(1, Int((12 * exp(0.9 * normal)).rounded())))
        }
    }

    /// What trains the model, as `tessera pretrain` does it.
    func trainer(_ pool: WorkerPool, batchSessions: Int) -> (Trainer<PretrainingObjective>, PackedBatcher) {
        let objective = PretrainingObjective(model, shardCount: 8)
        let trainer = Trainer(objective, weights: weights, pool: pool, seed: 1, tiedTables: objective.tiedTables)
        let batcher = PackedBatcher(
            events, sessions: Array(lengths.indices), batchSessions: batchSessions, maximumEvents: model.configuration.maximumEvents,
            shardCount: 8, seed: 1, pool: pool)
        return (trainer, batcher)
    }

    /// Forward operations of the model's products for one event of a session of `length` events, two for each multiply-add.
    func operations(length: Int) -> Double {
        let settings = model.configuration
        let inputs = events.plan.lookups.reduce(0) { $0 + $1.width } + events.plan.scalars.count
        let matrices = 4 * settings.width * settings.width + 2 * settings.width * settings.feedForward
        return Double(2 * inputs * settings.width + settings.layers * (2 * matrices + 4 * length * settings.width))
    }
}

/// Numbers from a seed, the same everywhere.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
