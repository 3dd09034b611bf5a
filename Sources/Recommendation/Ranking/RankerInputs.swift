internal import SequenceKernel

/// What stands between features as they are and the network: mean 0 and deviation 1 on the impressions learnt from, 0 where missing, a flag
/// for each set of features that were missing there in the same rows (all that is made of a web session is missing together), and a last
/// float that is always 1.
package struct RankerInputs: Sendable, Equatable, Codable {
    /// Names of the features, `[C]`.
    var names: [String]
    /// `[C]`.
    var means: [Float]
    /// 1 / standard deviation, `[C]`; 0 for a feature that did not vary.
    var scales: [Float]
    /// Features with a flag: of those that are missing together, the first.
    var flagged: [Int]

    /// Standardised values further out than this are held here: one odd price must not decide a ranking.
    static let bound: Float = 6

    /// Floats of a row for the network.
    package var width: Int { names.count + flagged.count + 1 }

    /// The scale of some rows of `[N, C]`.
    package init(_ names: [String], _ floats: [Float], rows: some Sequence<Int>) {
        let width = names.count
        var (counts, sums, squares) = (
            [Int](repeating: 0, count: width), [Double](repeating: 0, count: width), [Double](repeating: 0, count: width)
        )
        var total = 0
        // Which rows lack a feature, as a sum of numbers that stand for rows: equal for features that are missing together.
        var patterns = [UInt64](repeating: 0, count: width)
        for row in rows {
            total += 1
            let mark = RandomSource.mix(UInt64(total))
            for column in 0..<width {
                let value = Double(floats[row * width + column])
                guard !value.isNaN else {
                    patterns[column] &+= mark
                    continue
                }
                counts[column] += 1
                sums[column] += value
                squares[column] += value * value
            }
        }
        self.names = names
        (means, scales, flagged) = ([], [], [])
        var known = Set<UInt64>()
        for column in 0..<width {
            let count = Double(max(1, counts[column]))
            let mean = sums[column] / count
            let variance = squares[column] / count - mean * mean
            means.append(Float(mean))
            // Relative to the size of the values: sums of squares of large numbers leave a remainder where nothing varies.
            scales.append(variance > 1e-9 * max(1e-6, mean * mean) ? Float(1 / variance.squareRoot()) : 0)
            if counts[column] < total, known.insert(patterns[column]).inserted { flagged.append(column) }
        }
    }

    /// One row of features → one row for the network.
    @inline(__always)
    package func write(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        let count = names.count
        means.withUnsafeBufferPointer { means in
            scales.withUnsafeBufferPointer { scales in
                for column in 0..<count {
                    let value = (source[column] - means[column]) * scales[column]
                    // A comparison with what is no number is false.
                    target[column] = value >= -Self.bound ? min(value, Self.bound) : value.isNaN ? 0 : -Self.bound
                }
            }
        }
        for place in flagged.indices { target[count + place] = source[flagged[place]].isNaN ? 1 : 0 }
        target[count + flagged.count] = 1
    }

    /// Whether a file holds what ``init(_:_:rows:)`` could have given.
    var isWhole: Bool {
        means.count == names.count && scales.count == names.count && means.allSatisfy(\.isFinite)
            && scales.allSatisfy { $0 >= 0 && $0.isFinite }
            && flagged.allSatisfy(names.indices.contains)
    }
}
