internal import Glibc

/// How negatives are drawn.
public enum NegativeDistribution: Sendable {
    /// P(v) = log((v + 2) / (v + 1)) / log(V + 1): for items numbered by falling frequency, without needing the counts.
    case logUniform
    /// P(v) ∝ count(v) ^ power, usually 0.75 (Mikolov et al., 2013). Items that were never seen are drawn as if seen once.
    case counts([Int], power: Double)
}

/// Cross-entropy against the target and a sample of the vocabulary, with the correction that makes its expected gradient that of the full
/// softmax (Jean et al., 2015): each score is lowered by the logarithm of how often its item is expected in the sample.
///
///     score(m, v) = h_m · e_v - log(S P(v)),     loss = -score(target) + log(e^score(target) + Σ_sample e^score)
///
/// One sample serves a whole step. Items that happen to be a row's own target are left out for that row. Runs inside a shard; the table's
/// gradient goes through ``GradientScatter``.
///
/// - Shapes: hidden `[M, D]`, table `[V', D]`, sample S ids.
/// - Cost: 6 M S D operations.
public struct SampledSoftmax: Sendable {
    /// The embedding table.
    public let table: Parameter
    /// The table's rows that can be drawn.
    public let items: Range<Int>
    /// Negatives a step (S).
    public let sampleCount: Int
    /// log P of every item.
    private let logChances: [Float]
    /// Running sums of P.
    private let cumulative: [Double]

    /// Prepares the distribution over `items`; counts are one for each of them.
    public init(table: Parameter, items: Range<Int>? = nil, sampleCount: Int, distribution: NegativeDistribution) {
        let items = items ?? 0..<table.shape[0]
        precondition(table.kind == .table && table.shape.count == 2, "SampledSoftmax: \(table.name) \(table.shape) is no table [V, D]")
        precondition(
            !items.isEmpty && items.lowerBound >= 0 && items.upperBound <= table.shape[0] && sampleCount > 0,
            "SampledSoftmax: \(sampleCount) of items \(items) of \(table.name) \(table.shape)")
        self.table = table
        self.items = items
        self.sampleCount = sampleCount
        var chances: [Double]
        switch distribution {
        case .logUniform: chances = (0..<items.count).map { log((Double($0) + 2) / (Double($0) + 1)) }
        case .counts(let counts, let exponent):
            precondition(counts.count == items.count, "SampledSoftmax: \(counts.count) counts for \(items.count) items")
            chances = counts.map { pow(Double(max(1, $0)), exponent) }
        }
        let total = chances.reduce(0, +)
        chances = chances.map { $0 / total }
        logChances = chances.map { Float(log($0)) }
        var sum = 0.0
        cumulative = chances.map {
            sum += $0
            return sum
        }
    }

    /// -log(S P(v)): what is added to the score of an item.
    public func correction(of row: Int32) -> Float { -(logChances[Int(row) - items.lowerBound] + Float(log(Double(sampleCount)))) }

    /// The sample of a step, as table rows, with replacement; the same for every shard that asks.
    public func sample(seed: UInt64, step: Int, into ids: UnsafeMutablePointer<Int32>) {
        var random = RandomSource(seed, 0x5A3D, UInt64(step))
        for index in 0..<sampleCount {
            let point = Double(random.next() >> 11) * 0x1p-53 * cumulative[cumulative.count - 1]
            var low = 0, high = cumulative.count - 1
            while low < high {
                let middle = (low + high) / 2
                if cumulative[middle] > point { high = middle } else { low = middle + 1 }
            }
            ids[index] = Int32(items.lowerBound + low)
        }
    }

    /// The loss of one shard's rows, their gradient, and notes for the table's, all times `factor`.
    ///
    /// - Parameters:
    ///   - targets: M table rows; negative ones have no loss. They and `ids` must stay in memory until the step ends.
    ///   - ids: the sample of the step.
    public func loss(
        _ hidden: Rows, targets: UnsafePointer<Int32>, ids: UnsafePointer<Int32>, factor: Float, _ pass: Pass
    ) -> (loss: LossSum, gradient: Rows) {
        let width = table.shape[1], count = hidden.count
        precondition(hidden.width == width, "SampledSoftmax: hidden [\(count), \(hidden.width)], table \(table.shape)")
        let workspace = pass.workspace, row = sampleCount + 1
        let vectors = workspace.rows(sampleCount, width), transposed = workspace.rows(width, sampleCount)
        vectorLoops.gatherRows(sampleCount, width, pass.weights(table), ids, vectors.base, width)
        vectorLoops.transpose(sampleCount, width, vectors.base, width, transposed.base, sampleCount)
        let corrections = workspace.floats(sampleCount)
        for index in 0..<sampleCount { corrections[index] = correction(of: ids[index]) }
        // Column 0 is the target.
        let logits = workspace.rows(count, row)
        vectorLoops.product(
            count, sampleCount, width, hidden.base, width, 1, transposed.base, sampleCount, logits.base + 1, row, false, corrections, nil, 0
        )
        let places = workspace.integers(max(1, count))
        for index in 0..<count {
            let target = Int(targets[index])
            places[index] = target < 0 ? -1 : 0
            guard target >= 0 else { continue }
            precondition(items.contains(target), "SampledSoftmax: target \(target) outside of items \(items)")
            let line = logits[index]
            line[0] = vectorLoops.dot(width, hidden[index], pass.weights(table) + target * width) + correction(of: targets[index])
            for sample in 0..<sampleCount where Int(ids[sample]) == target { line[sample + 1] = -.infinity }
        }
        let loss = SoftmaxCrossEntropy().lossAndGradient(logits, targets: places, factor: factor)
        let gradient = workspace.rows(count, width)
        vectorLoops.product(
            count, width, sampleCount, logits.base + 1, row, 1, vectors.base, width, gradient.base, width, false, nil, nil, 0)
        let ownScales = workspace.floats(max(1, count))
        for index in 0..<count {
            ownScales[index] = logits[index][0]
            guard targets[index] >= 0 else { continue }
            vectorLoops.axpy(width, ownScales[index], pass.weights(table) + Int(targets[index]) * width, gradient[index])
        }
        if let scatter = pass.scatter {
            let sampleGradient = workspace.rows(sampleCount, width)
            vectorLoops.product(
                sampleCount, width, count, logits.base + 1, 1, row, hidden.base, width, sampleGradient.base, width, false, nil, nil, 0)
            scatter.add(.init(table: table, rows: ids, count: sampleCount, gradient: sampleGradient.base, stride: width))
            scatter.add(.init(table: table, rows: targets, count: count, gradient: hidden.base, stride: width, scales: ownScales))
        }
        return (loss, gradient)
    }
}
