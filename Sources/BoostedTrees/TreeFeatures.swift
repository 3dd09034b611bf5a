/// Features of N examples: every value, NaN where missing, or only the values that are there.
///
/// Trees learn at each split where examples without a value go, so that an absent count needs no zero.
public struct TreeFeatures: Sendable {
    enum Storage: Sendable {
        case dense([Float])
        case sparse(offsets: [Int], columns: [UInt32], values: [Float])
    }

    /// Most features of an example.
    public static let maximumColumns = 1_000_000
    /// Most values in one table, given or missing.
    public static let maximumValues = 1 << 31

    /// Examples (N).
    public let rows: Int
    /// Features (D).
    public let columns: Int
    let storage: Storage

    /// Every value.
    /// - Parameter values: `[N, D]` row by row; NaN is missing, an infinity is refused.
    /// - Throws: ``BoostedTreesError`` where the sizes do not agree or a value is infinite.
    public static func dense(_ values: [Float], columns: Int) throws(BoostedTreesError) -> TreeFeatures {
        try check(columns: columns, stored: values.count)
        guard values.count.isMultiple(of: columns) else {
            throw .wrongSize(what: "feature values of \(columns) columns", found: values.count, expected: values.count / columns * columns)
        }
        if let index = values.firstIndex(where: \.isInfinite) {
            throw .badElement(what: "the feature values", index: index, expected: "finite or NaN")
        }
        return TreeFeatures(rows: values.count / columns, columns: columns, storage: .dense(values))
    }

    /// The values that are there: row `r` has `values[offsets[r] ..< offsets[r + 1]]` in the columns of the same places.
    /// - Throws: ``BoostedTreesError`` where the sizes do not agree, offsets fall, columns of a row do not rise, or a value is not finite.
    public static func sparse(
        offsets: [Int], columnIndices: [Int32], values: [Float], columns: Int
    ) throws(BoostedTreesError) -> TreeFeatures {
        try check(columns: columns, stored: values.count)
        guard offsets.first == 0, offsets.last == values.count else {
            throw .wrongSize(what: "the last offset of sparse features", found: offsets.last ?? -1, expected: values.count)
        }
        guard columnIndices.count == values.count else {
            throw .wrongSize(what: "column indices of sparse features", found: columnIndices.count, expected: values.count)
        }
        for row in 1..<offsets.count {
            guard offsets[row] >= offsets[row - 1], offsets[row] <= values.count else {
                throw .badElement(what: "the offsets of sparse features", index: row, expected: "between its neighbours")
            }
            var previous: Int32 = -1
            for entry in offsets[row - 1]..<offsets[row] {
                guard columnIndices[entry] > previous, columnIndices[entry] < columns else {
                    throw .badElement(what: "the column indices", index: entry, expected: "above the one before and below \(columns)")
                }
                previous = columnIndices[entry]
            }
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw .badElement(what: "the feature values", index: index, expected: "finite")
        }
        return TreeFeatures(
            rows: offsets.count - 1, columns: columns,
            storage: .sparse(offsets: offsets, columns: columnIndices.map { UInt32(bitPattern: $0) }, values: values))
    }

    /// The rows with these numbers, in this order; they must be there.
    package func selecting(_ chosen: [Int]) -> TreeFeatures {
        switch storage {
        case .dense(let values):
            var result: [Float] = []
            result.reserveCapacity(chosen.count * columns)
            for row in chosen { result += values[row * columns..<(row + 1) * columns] }
            return TreeFeatures(rows: chosen.count, columns: columns, storage: .dense(result))
        case .sparse(let offsets, let indices, let values):
            var (newOffsets, newIndices, newValues) = ([0], [UInt32](), [Float]())
            for row in chosen {
                newIndices += indices[offsets[row]..<offsets[row + 1]]
                newValues += values[offsets[row]..<offsets[row + 1]]
                newOffsets.append(newIndices.count)
            }
            return TreeFeatures(
                rows: chosen.count, columns: columns, storage: .sparse(offsets: newOffsets, columns: newIndices, values: newValues))
        }
    }

    private static func check(columns: Int, stored: Int) throws(BoostedTreesError) {
        guard columns > 0 else { throw .wrongSize(what: "columns of features", found: columns, expected: 1) }
        guard columns <= maximumColumns else { throw .tooLarge(what: "columns of features", found: columns, limit: maximumColumns) }
        guard stored <= maximumValues else { throw .tooLarge(what: "feature values", found: stored, limit: maximumValues) }
    }

    /// Values that are there, or would be were none missing.
    var storedCount: Int {
        switch storage {
        case .dense(let values): values.count
        case .sparse(_, _, let values): values.count
        }
    }
}

/// Examples with what is to be learnt of them.
public struct TreeExamples: Sendable {
    /// `[N, D]`.
    public let features: TreeFeatures
    /// `[N]`: a number, a probability, or the number of a class, as the objective says; `[N, K]` with several targets.
    public let targets: [Float]
    /// `[N]`, how much each example counts; 1 by default.
    public let weights: [Float]?
    /// Rows of each list, one list after another; for objectives that order or choose within lists. Weights are then the same for all rows of a
    /// list.
    public let lists: [Int]?

    /// Examples; sizes and values are checked where they are used, as only then it is known how many targets there are.
    public init(features: TreeFeatures, targets: [Float], weights: [Float]? = nil, lists: [Int]? = nil) {
        (self.features, self.targets, self.weights, self.lists) = (features, targets, weights, lists)
    }

    /// The examples with these numbers, in this order; for objectives without lists.
    func selecting(_ chosen: [Int]) -> TreeExamples {
        TreeExamples(
            features: features.selecting(chosen), targets: chosen.map { targets[$0] },
            weights: weights.map { own in chosen.map { own[$0] } })
    }
}
