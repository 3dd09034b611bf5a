/// What a student reads of some sessions: `[S, F]` floats, row by row.
public struct StudentFeatures: Sendable, Equatable {
    /// Floats of a session (F).
    public let width: Int
    /// `[S * F]`.
    public var floats: [Float]

    /// Rows as given.
    public init(width: Int, floats: [Float]) {
        precondition(width > 0 && floats.count.isMultiple(of: width), "StudentFeatures: \(floats.count) floats for rows of \(width)")
        self.width = width
        self.floats = floats
    }

    /// Two tables of the same sessions side by side.
    public init(_ left: StudentFeatures, _ right: StudentFeatures) {
        precondition(left.count == right.count, "StudentFeatures: \(left.count) and \(right.count) sessions side by side")
        width = left.width + right.width
        floats = []
        floats.reserveCapacity(left.floats.count + right.floats.count)
        for row in 0..<left.count {
            floats += left.floats[row * left.width..<(row + 1) * left.width]
            floats += right.floats[row * right.width..<(row + 1) * right.width]
        }
    }

    /// Sessions (S).
    public var count: Int { floats.count / width }

    /// Some of the features of all sessions.
    public func columns(_ columns: Range<Int>) -> StudentFeatures {
        var chosen: [Float] = []
        chosen.reserveCapacity(count * columns.count)
        for row in 0..<count { chosen += floats[row * width + columns.lowerBound..<row * width + columns.upperBound] }
        return StudentFeatures(width: columns.count, floats: chosen)
    }

    /// Some of the sessions, in this order.
    public func rows(_ rows: [Int]) -> StudentFeatures {
        var chosen: [Float] = []
        chosen.reserveCapacity(rows.count * width)
        for row in rows { chosen += floats[row * width..<(row + 1) * width] }
        return StudentFeatures(width: width, floats: chosen)
    }
}

/// Mean and scale of each feature on the sessions that a student learns from.
public struct FeatureScale: Sendable, Equatable, Codable {
    /// `[F]`.
    public var means: [Float]
    /// Standard deviations, `[F]`; 1 for a feature that does not vary.
    public var deviations: [Float]

    /// The scale of some rows.
    public init(_ features: StudentFeatures, rows: [Int]) {
        let width = features.width
        var sums = [Double](repeating: 0, count: width), squares = sums
        for row in rows {
            for column in 0..<width {
                let value = Double(features.floats[row * width + column])
                sums[column] += value
                squares[column] += value * value
            }
        }
        let count = Double(max(1, rows.count))
        means = sums.map { Float($0 / count) }
        deviations = zip(sums, squares).map { sum, square in
            let variance = square / count - (sum / count) * (sum / count)
            return variance > 1e-12 ? Float(variance.squareRoot()) : 1
        }
    }

    /// The rows with mean 0 and deviation 1 in the first `means.count` features.
    public func applied(to features: StudentFeatures) -> StudentFeatures {
        var result = features
        for row in 0..<features.count {
            for column in means.indices {
                let place = row * features.width + column
                result.floats[place] = (features.floats[place] - means[column]) / deviations[column]
            }
        }
        return result
    }
}
