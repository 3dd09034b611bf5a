#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

func logOnePlus(_ value: Float) -> Float { log1pf(value) }

/// Mean cross-entropy of a linear softmax classifier and its gradient, in tight loops over blocks of rows.
///
/// Weights lie as `[columns + 1, groups]` of `SIMD8<Float>`: classes are padded to a multiple of eight, the last row is the bias.
struct SoftmaxLoss: ~Copyable {
    static let blockRows = 256

    let classes: Int
    let groups: Int
    private let table: FeatureTable
    private let weights: UnsafeMutablePointer<SIMD8<Float>>
    private let sums: UnsafeMutablePointer<SIMD8<Float>>
    private let scores: UnsafeMutablePointer<SIMD8<Float>>

    /// Number of parameters: `(columns + 1) × groups × 8`.
    var parameterCount: Int { (table.columns + 1) * groups * 8 }

    init(_ table: FeatureTable, classes: Int) {
        self.table = table
        self.classes = classes
        groups = (classes + 7) / 8
        weights = .allocate(capacity: (table.columns + 1) * groups)
        sums = .allocate(capacity: (table.columns + 1) * groups)
        scores = .allocate(capacity: Self.blockRows * groups)
        weights.initialize(repeating: .zero, count: (table.columns + 1) * groups)
        sums.initialize(repeating: .zero, count: (table.columns + 1) * groups)
        scores.initialize(repeating: .zero, count: Self.blockRows * groups)
    }

    deinit {
        weights.deallocate()
        sums.deallocate()
        scores.deallocate()
    }

    /// Mean loss over the rows plus `strength / 2` times the squared weights (the bias is free); writes the gradient.
    func callAsFunction(_ parameters: [Double], _ labels: [Int32], strength: Double, gradient: inout [Double]) -> Double {
        load(parameters)
        for index in gradient.indices { gradient[index] = 0 }
        var loss = 0.0
        var start = 0
        while start < table.rows {
            let count = min(Self.blockRows, table.rows - start)
            multiply(start, count)
            for row in 0..<count {
                let (total, top, own) = exponentiate(row, label: Int(labels[start + row]))
                loss += Double(logf(total) + top - own)
            }
            accumulate(start, count)
            for index in 0..<(table.columns + 1) * groups {
                let sum = sums[index]
                for lane in 0..<8 { gradient[index * 8 + lane] += Double(sum[lane]) }
            }
            start += count
        }
        let share = 1 / Double(max(1, table.rows))
        let free = table.columns * groups * 8
        var penalty = 0.0
        for index in gradient.indices {
            gradient[index] *= share
            if index < free {
                gradient[index] += strength * parameters[index]
                penalty += parameters[index] * parameters[index]
            }
        }
        return loss * share + strength / 2 * penalty
    }

    /// Probabilities `[rows, classes]`.
    func probabilities(_ parameters: [Double]) -> [Float] {
        load(parameters)
        return [Float](unsafeUninitializedCapacity: table.rows * classes) { result, filled in
            var start = 0
            while start < table.rows {
                let count = min(Self.blockRows, table.rows - start)
                multiply(start, count)
                for row in 0..<count {
                    _ = exponentiate(row, label: nil)
                    for label in 0..<classes { result[(start + row) * classes + label] = scores[row * groups + label / 8][label % 8] }
                }
                start += count
            }
            filled = table.rows * classes
        }
    }

    private func load(_ parameters: [Double]) {
        precondition(parameters.count == parameterCount, "SoftmaxLoss: \(parameters.count) parameters, expected \(parameterCount)")
        for index in 0..<(table.columns + 1) * groups {
            for lane in 0..<8 { weights[index][lane] = Float(parameters[index * 8 + lane]) }
        }
    }

    /// Scores of a block of rows: features times weights plus bias.
    private func multiply(_ start: Int, _ count: Int) {
        let (columns, groups) = (table.columns, groups)
        switch table.storage {
        case .dense(let values):
            values.withUnsafeBufferPointer { values in
                var row = 0
                while row < count {
                    // Four rows at a time (the last block repeats its last row and throws the repeats away).
                    let x0 = values.baseAddress! + (start + row) * columns
                    let x1 = values.baseAddress! + (start + min(row + 1, count - 1)) * columns
                    let x2 = values.baseAddress! + (start + min(row + 2, count - 1)) * columns
                    let x3 = values.baseAddress! + (start + min(row + 3, count - 1)) * columns
                    for group in 0..<groups {
                        let bias = weights[columns * groups + group]
                        var (y0, y1, y2, y3) = (bias, bias, bias, bias)
                        var weight = weights + group
                        for column in 0..<columns {
                            let w = weight.pointee
                            y0 += x0[column] * w
                            y1 += x1[column] * w
                            y2 += x2[column] * w
                            y3 += x3[column] * w
                            weight += groups
                        }
                        scores[row * groups + group] = y0
                        if row + 1 < count { scores[(row + 1) * groups + group] = y1 }
                        if row + 2 < count { scores[(row + 2) * groups + group] = y2 }
                        if row + 3 < count { scores[(row + 3) * groups + group] = y3 }
                    }
                    row += 4
                }
            }
        case .sparse(let offsets, let indices, let values):
            for row in 0..<count {
                let score = scores + row * groups
                for group in 0..<groups { score[group] = weights[columns * groups + group] }
                for entry in offsets[start + row]..<offsets[start + row + 1] {
                    let weight = weights + Int(indices[entry]) * groups
                    let value = values[entry]
                    for group in 0..<groups { score[group] += value * weight[group] }
                }
            }
        }
    }

    /// Turns one row of scores into probabilities, less one at the label: the gradient with respect to the scores.
    private func exponentiate(_ row: Int, label: Int?) -> (total: Float, top: Float, own: Float) {
        let score = scores + row * groups
        var top = -Float.infinity
        for index in 0..<classes { top = max(top, score[index / 8][index % 8]) }
        let own = label.map { score[$0 / 8][$0 % 8] } ?? 0
        var total: Float = 0
        for index in 0..<groups * 8 {
            let value = index < classes ? expf(score[index / 8][index % 8] - top) : 0
            score[index / 8][index % 8] = value
            total += value
        }
        for group in 0..<groups { score[group] /= total }
        if let label { score[label / 8][label % 8] -= 1 }
        return (total, top, own)
    }

    /// Sums features times score gradients over a block of rows.
    private func accumulate(_ start: Int, _ count: Int) {
        let (columns, groups) = (table.columns, groups)
        for group in 0..<groups {
            var bias = SIMD8<Float>.zero
            for row in 0..<count { bias += scores[row * groups + group] }
            sums[columns * groups + group] = bias
        }
        switch table.storage {
        case .dense(let values):
            values.withUnsafeBufferPointer { values in
                for column in 0..<columns {
                    let x = values.baseAddress! + start * columns + column
                    var group = 0
                    while group < groups {
                        // Two groups at a time keep their sums in registers.
                        let second = min(group + 1, groups - 1)
                        var (first, other) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
                        for row in 0..<count {
                            let value = x[row * columns]
                            first += value * scores[row * groups + group]
                            other += value * scores[row * groups + second]
                        }
                        sums[column * groups + group] = first
                        sums[column * groups + second] = second == group ? first : other
                        group += 2
                    }
                }
            }
        case .sparse(let offsets, let indices, let values):
            for index in 0..<columns * groups { sums[index] = .zero }
            for row in 0..<count {
                let score = scores + row * groups
                for entry in offsets[start + row]..<offsets[start + row + 1] {
                    let sum = sums + Int(indices[entry]) * groups
                    let value = values[entry]
                    for group in 0..<groups { sum[group] += value * score[group] }
                }
            }
        }
    }
}
