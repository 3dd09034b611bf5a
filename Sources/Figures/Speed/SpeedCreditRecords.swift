internal import CreditRisk
internal import Glibc
internal import SequenceKernel

/// Applicants for the time-series framework's preset (8 floats, 2 heads, 1 layer): up to 200 records (median 40) of ten fields: three
/// categories, three numbers, and both intervals as numbers and as buckets.
struct FrameworkWork: CreditWork {
    private let configuration: FrameworkConfiguration
    private let examples: FrameworkExamples
    private let encoder: FrameworkEncoder
    private let encoded: EncodedHistories
    private let network: FrameworkNetwork
    private let weights: ParameterVector
    /// Holds the inputs as the peer reads them.
    private let workspace = Workspace()
    private let input: FrameworkInput
    private let offsets: [Int32]

    private static let seed: UInt64 = 12
    private static let sizes = [40, 12, 6]

    init(applicants: Int) throws {
        var table = FrameworkConfiguration.Table(name: "events")
        (table.categorical, table.numeric) = (["page", "product", "channel"], ["amount", "balance", "duration"])
        configuration = FrameworkConfiguration(tables: [table])
        var random = RandomSource(Self.seed, 0xF4A3)
        var (own, records) = (ApplicantTable(configuration.applicants), RecordTable(table))
        let day: Int64 = 86_400_000_000, decision = 20_000 * day
        var offsets: [Int32] = [0]
        for number in 0..<applicants {
            try own.append(key: "a\(number)", decision: decision, outcome: number % 16 == 0 ? 1 : 0)
            let length = CreditTraining.length(&random, median: 40, deviation: 0.8, 1...configuration.sequences[0].items)
            for place in 0..<length {
                try records.append(
                    key: "a\(number)", time: decision - Int64(length - place) * day / 2 - Int64(random.below(1_000_000_000)),
                    categorical: Self.sizes.map { "c\(random.below($0))" },
                    numeric: (0..<3).map { _ in random.uniform() < 0.05 ? .nan : Double(random.uniform()) * 1_000 })
            }
            offsets.append(offsets[number] + Int32(length))
        }
        examples = try FrameworkExamples(configuration, own, [records])
        encoder = try FrameworkEncoder(examples, configuration)
        (encoded, _) = try encoder.encoded(examples)
        network = FrameworkNetwork(encoder, configuration.network)
        weights = network.weights(seed: Self.seed)
        input = FrameworkInput(encoder, encoded, 0..<applicants, workspace)
        self.offsets = offsets
    }

    var batch: Int { configuration.network.batchApplicants }
    var parameterCount: Int { network.parameters.parameters.reduce(0) { $0 + $1.count } }

    private var fields: Int { encoder.fieldNames(of: "events").count }

    var shape: FigureValue {
        [
            "applicants": .integer(examples.count), "records": .integer(input.tables[0].count), "fields": .integer(fields),
            "width": .integer(configuration.network.width), "heads": .integer(configuration.network.heads),
            "layers": .integer(configuration.network.layers), "most_records": .integer(configuration.sequences[0].items),
        ]
    }

    func add(to writer: inout SafetensorsWriter) {
        let table = input.tables[0], scalars = encoder.scalarFields(ofTable: 0)
        func name(_ own: String) -> String { "framework.\(own)" }
        writer.add(name("applicants"), shape: [offsets.count], offsets.map(Float.init))
        writer.add(name("places"), shape: [table.count, fields], numbers: table.places)
        writer.add(name("floats"), shape: [table.count, scalars.count], floats: table.floats)
        writer.add(name("scalar_fields"), shape: [scalars.count], scalars.map(Float.init))
        writer.add(name("outcomes"), shape: [examples.count], examples.outcomes)
        let settings = configuration.network
        let numbers = [
            "dropout": Double(settings.dropout), "learning_rate": settings.learningRate, "weight_decay": settings.weightDecay,
            "heads": Double(settings.heads), "longest": Double(configuration.sequences[0].items),
        ]
        CreditTraining.add(weights, numbers, "framework", to: &writer)
    }

    private func trainer(_ pool: WorkerPool, dropout: Float) -> Trainer<FrameworkObjective> {
        var settings = configuration.network
        settings.dropout = dropout
        let network = FrameworkNetwork(encoder, settings)
        return Trainer(
            FrameworkObjective(network, encoder, encoded, outcomes: examples.outcomes), weights: network.weights(seed: Self.seed),
            pool: pool, optimizer: AdamW(weightDecay: settings.weightDecay), seed: 1)
    }

    func trainingRate(_ pool: WorkerPool, seconds: Double) -> (applicants: Double, allocations: Int) {
        CreditTraining.rate(
            trainer(pool, dropout: configuration.network.dropout), applicants: examples.count, batch: batch,
            learningRate: configuration.network.learningRate, seconds: seconds)
    }

    func losses(_ pool: WorkerPool) -> [Float] {
        CreditTraining.losses(trainer(pool, dropout: 0), learningRate: configuration.network.learningRate)
    }

    /// Applicants a second that a model scores from raw records: what is encoded beforehand for the peer is not for ours.
    func scoringRate(_ pool: WorkerPool, seconds: Double) throws -> Double {
        var configuration = configuration
        configuration.network.epochs = 1
        let half = examples.count / 2
        let model = try FrameworkModel.train(
            configuration, training: examples.subset(Array(0..<half)), validation: examples.subset(Array(half..<examples.count)), pool: pool
        )
        return try Rounds.rate(of: examples.count, seconds: seconds) { _ = try model.probabilities(examples, pool: pool) }.median
    }
}
