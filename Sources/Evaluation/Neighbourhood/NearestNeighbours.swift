/// Exact nearest neighbours by the cosine of the angle. A row of zeros has cosine 0 with everything.
public struct NearestNeighbours: Sendable {
    /// A row and its cosine with the one asked for.
    public struct Neighbour: Sendable, Equatable {
        /// Row number.
        public var row: Int
        /// Between −1 and 1.
        public var cosine: Float
    }

    /// Number of rows.
    public let rows: Int
    private let columns: Int
    private let unit: [Float]

    /// - Parameter values: `[rows, columns]`.
    public init(_ values: [Float], columns: Int) {
        precondition(
            columns > 0 && values.count.isMultiple(of: columns), "NearestNeighbours: \(values.count) values for \(columns) columns")
        rows = values.count / columns
        self.columns = columns
        var unit = values
        for row in 0..<rows {
            let range = row * columns..<(row + 1) * columns
            let length = unit[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
            if length > 0 { for place in range { unit[place] /= length } }
        }
        self.unit = unit
    }

    /// The `k` rows nearest to a row, without itself, nearest first; of equals the smaller row number first.
    /// - Parameter isCandidate: which rows may be named, all by default (say, only rows of other visitors).
    /// - Complexity: O(rows × columns).
    public func nearest(_ k: Int, toRow row: Int, where isCandidate: (Int) -> Bool = { _ in true }) -> [Neighbour] {
        precondition(row >= 0 && row < rows, "NearestNeighbours: row \(row) of \(rows)")
        var best: [Neighbour] = []
        unit.withUnsafeBufferPointer { unit in
            let own = unit.baseAddress! + row * columns
            for other in 0..<rows where other != row && isCandidate(other) {
                let theirs = unit.baseAddress! + other * columns
                var cosine: Float = 0
                for column in 0..<columns { cosine += own[column] * theirs[column] }
                if k == 0 || (best.count == k && !(cosine > best[k - 1].cosine)) { continue }
                let place = best.firstIndex { cosine > $0.cosine } ?? best.count
                best.insert(Neighbour(row: other, cosine: cosine), at: place)
                if best.count > k { best.removeLast() }
            }
        }
        return best
    }
}
