public import SequenceKernel

/// Rows of features and targets that one step learns from.
public final class LabelledBatch: @unchecked Sendable {
    /// Rows of the table of features.
    public var rows: [Int] = []

    /// No rows yet.
    public init() {}
}

/// Soft confidences as targets, each intent a question of its own (systems.md 1.5):
///
///     L = -(1/K) Σ_k w_k [ c_k log q_k + (1 - c_k) log(1 - q_k) ],  q = σ(student(z)),  mean over the sessions of a batch
///
/// A target that is NaN (nobody was asked) has no loss.
public final class DistillationObjective: TrainingObjective, @unchecked Sendable {
    /// What is trained.
    public let network: StudentNetwork
    private let features: StudentFeatures
    private let targets: [Float]
    private let classWeights: [Float]
    /// The last batch's loss before it was rounded to single precision.
    package private(set) var lastLoss = 0.0
    private var tape: (gradient: Rows, tape: StudentNetwork.Tape)?

    /// - Parameters:
    ///   - features: `[S, F]`, standardised.
    ///   - targets: `[S * K]` confidences in 0...1.
    ///   - classWeights: `[K]`.
    public init(_ network: StudentNetwork, features: StudentFeatures, targets: [Float], classWeights: [Float]) {
        precondition(features.width == network.inputs && targets.count == features.count * network.outputs)
        precondition(classWeights.count == network.outputs)
        (self.network, self.features, self.targets, self.classWeights) = (network, features, targets, classWeights)
    }

    /// One: batches are small, and students are trained side by side.
    public var shardCount: Int { 1 }

    /// Logits, loss and its gradient.
    public func forward(_ batch: LabelledBatch, shard: Int, _ pass: Pass) {
        let (width, outputs) = (network.inputs, network.outputs)
        let input = pass.workspace.rows(batch.rows.count, width)
        let wanted = pass.workspace.floats(batch.rows.count * outputs)
        features.floats.withUnsafeBufferPointer { source in
            for (place, row) in batch.rows.enumerated() { input[place].update(from: source.baseAddress! + row * width, count: width) }
        }
        targets.withUnsafeBufferPointer { source in
            for (place, row) in batch.rows.enumerated() {
                (wanted + place * outputs).update(from: source.baseAddress! + row * outputs, count: outputs)
            }
        }
        let (logits, tape) = network.forward(input, pass)
        let factor = 1 / Float(max(1, batch.rows.count) * outputs)
        let sum = classWeights.withUnsafeBufferPointer {
            BinaryCrossEntropy.lossAndGradient(logits, targets: wanted, factor: factor, classWeights: $0.baseAddress)
        }
        lastLoss = sum.sum
        self.tape = (logits, tape)
    }

    /// Nothing is shared.
    public func joint(_ batch: LabelledBatch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>) -> Float {
        Float(lastLoss)
    }

    /// Gradients of the weights.
    public func backward(_ batch: LabelledBatch, shard: Int, _ pass: Pass) {
        guard let tape else { return }
        _ = network.backward(tape.gradient, tape.tape, pass)
    }
}

/// Labelled rows in an order that depends on the seed and the epoch.
struct LabelledRows: BatchSource {
    let rows: [Int]
    let batchSessions: Int
    let seed: UInt64
    private let reused = LabelledBatch()

    init(_ rows: [Int], batchSessions: Int, seed: UInt64) {
        (self.rows, self.batchSessions, self.seed) = (rows, batchSessions, seed)
    }

    func batchCount(epoch: Int) -> Int { (rows.count + batchSessions - 1) / batchSessions }

    func batch(_ number: Int, epoch: Int) -> LabelledBatch {
        var order = rows
        var random = RandomSource(seed, 0xD157_1115, UInt64(epoch))
        random.shuffle(&order)
        reused.rows = Array(order[number * batchSessions..<min(rows.count, (number + 1) * batchSessions)])
        return reused
    }

    func eventCount(_ batch: LabelledBatch) -> Int { batch.rows.count }
}

/// Weights of intents by their effective number of examples (Cui et al., 2019, "Class-Balanced Loss Based on Effective Number of
/// Samples", equation 2), with mean 1: `w_k ∝ (1 - β) / (1 - β^n_k)`.
public enum EffectiveNumber {
    /// Sums of the confidences of each intent over some rows, `[K]`; those of nobody (NaN) do not count.
    static func counts(_ targets: [Float], rows: [Int], outputs: Int) -> [Double] {
        (0..<outputs).map { k in
            rows.reduce(0.0) { sum, row in
                let target = targets[row * outputs + k]
                return target.isNaN ? sum : sum + Double(target)
            }
        }
    }

    /// - Parameters:
    ///   - counts: examples of each intent, `[K]`; soft counts are sums of confidences.
    ///   - beta: 0 for equal weights; towards 1 for weights by 1 / n.
    public static func weights(counts: [Double], beta: Double) -> [Float] {
        guard beta > 0, !counts.isEmpty else { return [Float](repeating: 1, count: counts.count) }
        // By squaring where n is whole would not do for soft counts; exp and log of Double differ by an ulp at most between machines.
        let raw = counts.map { (1 - beta) / (1 - power(beta, max($0, 1))) }
        let mean = raw.reduce(0, +) / Double(raw.count)
        return raw.map { Float($0 / mean) }
    }

    private static func power(_ base: Double, _ exponent: Double) -> Double {
        let whole = Int(exponent)
        var result = 1.0, factor = base, left = whole
        while left > 0 {
            if left & 1 == 1 { result *= factor }
            factor *= factor
            left >>= 1
        }
        // Linear between whole exponents: exact at both ends, monotone between them.
        return result * (1 - (exponent - Double(whole)) * (1 - base))
    }
}
