internal import CreditRisk
internal import Glibc
internal import SequenceKernel

/// Applicants with one sequence of rows each (median 18, at most 128), read by a plain GRU whose last state a linear map judges.
struct RecurrentWork: CreditWork {
    let width: Int
    let batch = 256
    private let rows: [Float]
    private let offsets: [Int32]
    private let outcomes: [Float]
    private let network: RecurrentNetwork

    private static let learningRate = 0.001
    private static let seed: UInt64 = 13

    init(applicants: Int, width: Int) {
        self.width = width
        let inputs = width == 30 ? 10 : width / 2
        var random = RandomSource(Self.seed, 0x6407)
        var offsets: [Int32] = [0]
        for number in 0..<applicants {
            offsets.append(offsets[number] + Int32(CreditTraining.length(&random, median: 18, deviation: 0.9, 1...128)))
        }
        rows = (0..<Int(offsets[applicants]) * inputs).map { _ in 2 * random.uniform() - 1 }
        outcomes = (0..<applicants).map { Float($0 % 16 == 0 ? 1 : 0) }
        (self.offsets, network) = (offsets, RecurrentNetwork(inputs: inputs, width: width))
    }

    private var weights: ParameterVector { ParameterVector(network.parameters, seed: Self.seed) }
    var parameterCount: Int { network.parameters.parameters.reduce(0) { $0 + $1.count } }

    var shape: FigureValue {
        [
            "applicants": .integer(outcomes.count), "rows": .integer(rows.count / network.inputs), "inputs": .integer(network.inputs),
            "states": .integer(width),
        ]
    }

    func add(to writer: inout SafetensorsWriter) {
        let name = "gru-\(width)"
        writer.add("\(name).applicants", shape: [offsets.count], offsets.map(Float.init))
        writer.add("\(name).rows", shape: [rows.count / network.inputs, network.inputs], rows)
        writer.add("\(name).outcomes", shape: [outcomes.count], outcomes)
        for parameter in network.parameters.parameters {
            writer.add("\(name).weights.\(parameter.name)", shape: parameter.shape, weights[parameter])
        }
        for (key, value) in ["learning_rate": Self.learningRate, "weight_decay": 0] { writer.metadata["\(name).\(key)"] = "\(value)" }
    }

    private func trainer(_ pool: WorkerPool) -> Trainer<RecurrentObjective> {
        Trainer(
            RecurrentObjective(network, rows: rows, offsets: offsets, outcomes: outcomes), weights: weights, pool: pool,
            optimizer: AdamW(weightDecay: 0), seed: 1)
    }

    func trainingRate(_ pool: WorkerPool, seconds: Double) -> (applicants: Double, allocations: Int) {
        CreditTraining.rate(
            trainer(pool), applicants: outcomes.count, batch: batch, learningRate: Self.learningRate, seconds: seconds)
    }

    func losses(_ pool: WorkerPool) -> [Float] { CreditTraining.losses(trainer(pool), learningRate: Self.learningRate) }
}

/// GRU → last state → one logit.
private struct RecurrentNetwork: Sendable {
    let inputs: Int
    let parameters: ParameterScope
    let encoder: GRUEncoder
    let last: Pooling
    let head: Linear

    init(inputs: Int, width: Int) {
        var scope = ParameterScope()
        encoder = scope.scope("encoder") { GRUEncoder(inputs: inputs, width: width, in: &$0) }
        last = Pooling(.last, width: width, in: &scope)
        head = scope.scope("head") { Linear(inputs: width, outputs: 1, in: &$0) }
        (self.inputs, parameters) = (inputs, scope)
    }
}

/// Mean binary cross-entropy of a batch.
private final class RecurrentObjective: TrainingObjective, @unchecked Sendable {
    private struct State {
        let offsets: SequenceOffsets
        let encoder: GRUEncoder.Tape
        let last: Pooling.Tape
        let pooled: Rows
        let gradient: Rows
    }

    let shardCount = 16
    private let network: RecurrentNetwork
    private let rows: [Float]
    private let offsets: [Int32]
    private let outcomes: [Float]
    private let losses: UnsafeMutablePointer<Double>
    private let states: UnsafeMutablePointer<State?>

    init(_ network: RecurrentNetwork, rows: [Float], offsets: [Int32], outcomes: [Float]) {
        (self.network, self.rows, self.offsets, self.outcomes) = (network, rows, offsets, outcomes)
        losses = .allocate(capacity: shardCount)
        losses.initialize(repeating: 0, count: shardCount)
        states = .allocate(capacity: shardCount)
        states.initialize(repeating: nil, count: shardCount)
    }

    deinit {
        losses.deallocate()
        states.deinitialize(count: shardCount)
        states.deallocate()
    }

    func forward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        let count = batch.applicants.count
        let own = batch.applicants[count * shard / shardCount..<count * (shard + 1) / shardCount]
        (losses[shard], states[shard]) = (0, nil)
        guard !own.isEmpty else { return }
        let starts = pass.workspace.integers(own.count + 1), targets = pass.workspace.floats(own.count)
        starts[0] = 0
        for (place, applicant) in own.enumerated() {
            starts[place + 1] = starts[place] + offsets[applicant + 1] - offsets[applicant]
            targets[place] = outcomes[applicant]
        }
        let packed = SequenceOffsets(starts, count: own.count)
        let input = pass.workspace.rows(packed.rowCount, network.inputs)
        rows.withUnsafeBufferPointer { rows in
            for (place, applicant) in own.enumerated() {
                input[Int(starts[place])].update(
                    from: rows.baseAddress! + Int(offsets[applicant]) * network.inputs, count: packed[place].count * network.inputs)
            }
        }
        let (hidden, encoder) = network.encoder.forward(input, packed, pass)
        let (pooled, last) = network.last.forward(hidden, packed, pass)
        let logits = network.head.forward(pooled, pass).output
        losses[shard] = BinaryCrossEntropy.lossAndGradient(logits, targets: targets, factor: 1 / Float(count)).sum
        states[shard] = State(offsets: packed, encoder: encoder, last: last, pooled: pooled, gradient: logits)
    }

    func joint(_ batch: ApplicantBatch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float {
        var sum = 0.0
        for shard in 0..<shardCount { sum += losses[shard] }
        return Float(sum)
    }

    func backward(_ batch: ApplicantBatch, shard: Int, _ pass: Pass) {
        guard let state = states[shard] else { return }
        let pooled = network.head.backward(state.gradient, state.pooled, pass)
        let hidden = network.last.backward(pooled, state.offsets, state.last, pass)
        _ = network.encoder.backward(hidden, state.offsets, state.encoder, pass)
    }
}
