/// Features of examples, one row each: dense, or the non-zero entries only.
public struct FeatureTable: Sendable {
    enum Storage: Sendable {
        case dense([Float])
        case sparse(offsets: [Int], columns: [Int32], values: [Float])
    }

    /// Number of examples.
    public let rows: Int
    /// Number of features.
    public let columns: Int
    let storage: Storage

    private init(rows: Int, columns: Int, storage: Storage) {
        (self.rows, self.columns, self.storage) = (rows, columns, storage)
    }

    /// - Parameter values: `[rows, columns]`.
    public static func dense(_ values: [Float], columns: Int) -> FeatureTable {
        precondition(
            columns > 0 && values.count.isMultiple(of: columns), "FeatureTable.dense: \(values.count) values for \(columns) columns")
        return FeatureTable(rows: values.count / columns, columns: columns, storage: .dense(values))
    }

    /// Compressed rows: row `r` has `values[offsets[r] ..< offsets[r + 1]]` in the columns of the same places.
    public static func sparse(offsets: [Int], columnIndices: [Int32], values: [Float], columns: Int) -> FeatureTable {
        precondition(
            offsets.first == 0 && offsets.last == values.count && columnIndices.count == values.count,
            "FeatureTable.sparse: offsets end at \(offsets.last ?? -1), with \(columnIndices.count) columns and \(values.count) values")
        precondition(columnIndices.allSatisfy { $0 >= 0 && $0 < columns }, "FeatureTable.sparse: a column lies outside 0..<\(columns)")
        return FeatureTable(
            rows: offsets.count - 1, columns: columns, storage: .sparse(offsets: offsets, columns: columnIndices, values: values))
    }

    /// How often each code occurs in each sequence (page counts). Codes outside `0 ..< columns` are left out.
    public static func counts(of sequences: ItemSequences, columns: Int) -> FeatureTable {
        var (offsets, indices, values) = ([0], [Int32](), [Float]())
        for sequence in 0..<sequences.count {
            var previous: Int32 = -1
            for code in sequences[sequence].sorted() where code < columns {
                if code == previous {
                    values[values.count - 1] += 1
                } else {
                    indices.append(code)
                    values.append(1)
                    previous = code
                }
            }
            offsets.append(indices.count)
        }
        return sparse(offsets: offsets, columnIndices: indices, values: values, columns: columns)
    }

    /// One code per row, 1 in its column (last page). Codes outside `0 ..< columns` give an empty row.
    public static func oneHot(_ codes: [Int32], columns: Int) -> FeatureTable {
        counts(of: ItemSequences(codes.map { $0 >= 0 ? [$0] : [] }), columns: columns)
    }

    /// The rows with these numbers, in this order.
    public func selecting(_ chosen: [Int]) -> FeatureTable {
        switch storage {
        case .dense(let values):
            var result: [Float] = []
            result.reserveCapacity(chosen.count * columns)
            for row in chosen { result += values[row * columns..<(row + 1) * columns] }
            return .dense(result, columns: columns)
        case .sparse(let offsets, let indices, let values):
            var (newOffsets, newIndices, newValues) = ([0], [Int32](), [Float]())
            for row in chosen {
                newIndices += indices[offsets[row]..<offsets[row + 1]]
                newValues += values[offsets[row]..<offsets[row + 1]]
                newOffsets.append(newIndices.count)
            }
            return .sparse(offsets: newOffsets, columnIndices: newIndices, values: newValues, columns: columns)
        }
    }

    /// Each value replaced by log(1 + value), for counts.
    public func loggedCounts() -> FeatureTable {
        switch storage {
        case .dense(let values):
            return .dense(values.map(logOnePlus), columns: columns)
        case .sparse(let offsets, let indices, let values):
            return .sparse(offsets: offsets, columnIndices: indices, values: values.map(logOnePlus), columns: columns)
        }
    }
}

/// Mean and spread of each feature over the training rows.
struct FeatureScale: Sendable {
    let means: [Float]
    /// 1 / standard deviation; 0 for a feature that never changes, which takes it out.
    let factors: [Float]

    init(_ table: FeatureTable) {
        var (sums, squares) = ([Double](repeating: 0, count: table.columns), [Double](repeating: 0, count: table.columns))
        switch table.storage {
        case .dense(let values):
            // Around the first row, so that a large offset does not swallow the spread.
            for row in 0..<table.rows {
                for column in 0..<table.columns {
                    let value = Double(values[row * table.columns + column]) - Double(values[column])
                    sums[column] += value
                    squares[column] += value * value
                }
            }
        case .sparse(_, let columns, let values):
            for (column, value) in zip(columns, values) {
                sums[Int(column)] += Double(value)
                squares[Int(column)] += Double(value) * Double(value)
            }
        }
        let n = Double(max(1, table.rows))
        var means = sums.map { Float($0 / n) }
        factors = zip(sums, squares).map { sum, square in
            let variance = square / n - (sum / n) * (sum / n)
            return variance > 1e-12 * max(1, square / n) ? Float(1 / variance.squareRoot()) : 0
        }
        if case .dense(let values) = table.storage, table.rows > 0 { for column in means.indices { means[column] += values[column] } }
        self.means = means
    }

    /// Standardised features. Sparse rows are scaled but not centred: centring only moves the probe's free bias, and would fill them.
    func apply(_ table: FeatureTable) -> FeatureTable {
        precondition(table.columns == means.count, "FeatureScale: fitted on \(means.count) columns, applied to \(table.columns)")
        switch table.storage {
        case .dense(var values):
            for row in 0..<table.rows {
                for column in 0..<table.columns {
                    let place = row * table.columns + column
                    values[place] = (values[place] - means[column]) * factors[column]
                }
            }
            return .dense(values, columns: table.columns)
        case .sparse(let offsets, let columns, let values):
            let scaled = zip(columns, values).map { $1 * factors[Int($0)] }
            return .sparse(offsets: offsets, columnIndices: columns, values: scaled, columns: table.columns)
        }
    }
}
