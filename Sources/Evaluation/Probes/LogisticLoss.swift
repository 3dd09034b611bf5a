#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Mean binary cross-entropy of a linear classifier against soft targets, with its gradient. Parameters are the columns' weights, then the bias.
struct LogisticLoss {
    let table: FeatureTable

    /// Mean over the rows of log(1 + exp(z)) − t z, plus `strength / 2` times the squared weights (the bias is free); writes the gradient.
    func callAsFunction(_ parameters: [Double], _ targets: [Float], strength: Double, gradient: inout [Double]) -> Double {
        let columns = table.columns
        var (loss, biasSum, penalty) = (0.0, 0.0, 0.0)
        let share = 1 / Double(max(1, table.rows))
        parameters.withUnsafeBufferPointer { weights in
            gradient.withUnsafeMutableBufferPointer { gradient in
                for column in 0..<columns {
                    gradient[column] = strength * weights[column]
                    penalty += weights[column] * weights[column]
                }
                Self.forEachRow(of: table) { row, entries, indices, values in
                    var score = weights[columns]
                    for entry in entries {
                        score += Double(values[entry]) * weights[indices.map { Int($0[entry]) } ?? entry - row * columns]
                    }
                    let (target, small) = (Double(targets[row]), exp(-abs(score)))
                    loss += max(score, 0) + log1p(small) - target * score
                    let slope = ((score >= 0 ? 1 / (1 + small) : small / (1 + small)) - target) * share
                    biasSum += slope
                    for entry in entries {
                        gradient[indices.map { Int($0[entry]) } ?? entry - row * columns] += slope * Double(values[entry])
                    }
                }
                gradient[columns] = biasSum
            }
        }
        return loss * share + strength / 2 * penalty
    }

    /// Probabilities, `[rows]`.
    static func probabilities(_ table: FeatureTable, _ parameters: [Double]) -> [Float] {
        var result = [Float](repeating: 0, count: table.rows)
        forEachRow(of: table) { row, entries, indices, values in
            var score = parameters[table.columns]
            for entry in entries {
                score += Double(values[entry]) * parameters[indices.map { Int($0[entry]) } ?? entry - row * table.columns]
            }
            let small = exp(-abs(score))
            result[row] = Float(score >= 0 ? 1 / (1 + small) : small / (1 + small))
        }
        return result
    }

    /// Calls `body` with each row, where its entries lie, their columns (nil where all columns are there) and values.
    @inline(__always)
    private static func forEachRow(
        of table: FeatureTable,
        _ body: (_ row: Int, _ entries: Range<Int>, _ indices: UnsafeBufferPointer<Int32>?, _ values: UnsafeBufferPointer<Float>) -> Void
    ) {
        switch table.storage {
        case .dense(let values):
            values.withUnsafeBufferPointer { values in
                for row in 0..<table.rows { body(row, row * table.columns..<(row + 1) * table.columns, nil, values) }
            }
        case .sparse(let offsets, let indices, let values):
            values.withUnsafeBufferPointer { values in
                indices.withUnsafeBufferPointer { indices in
                    for row in 0..<table.rows { body(row, offsets[row]..<offsets[row + 1], indices, values) }
                }
            }
        }
    }
}
