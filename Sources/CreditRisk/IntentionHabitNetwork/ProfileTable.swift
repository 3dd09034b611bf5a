/// Features of applicants as numbers, in the groups that have a map each: the applicant, the device, the product applied for.
public struct ProfileTable: Sendable {
    /// One of the three.
    public enum Group: String, Sendable, Hashable, Codable, CaseIterable {
        /// The applicant.
        case user
        /// The device.
        case device
        /// The product applied for.
        case item
    }

    /// Applicants (B).
    public let count: Int
    private let values: [Group: [Float]]
    /// Columns of each group.
    let widths: [Group: Int]

    /// - Parameters: `[B, C]` floats each, NaN where a value is missing; a group may have no columns.
    /// - Throws: ``IntentionHabitError/table(_:)`` where sizes do not fit, and
    ///   ``IntentionHabitError/applicant(number:reason:remedy:)`` for a value without bound.
    public init(count: Int, user: [Float], device: [Float] = [], item: [Float] = []) throws(IntentionHabitError) {
        var widths: [Group: Int] = [:]
        for (group, own) in [(Group.user, user), (.device, device), (.item, item)] {
            guard count > 0, own.count.isMultiple(of: count) else {
                throw .table("\(own.count) values of the \(group.rawValue) for \(count) applicants; give every applicant the same features")
            }
            widths[group] = own.count / count
            if let place = own.firstIndex(where: { $0.isInfinite }) {
                throw .applicant(
                    number: place / (own.count / count),
                    reason: "feature \(place % (own.count / count)) of the \(group.rawValue) is infinite",
                    remedy: "give a number, or NaN where it is missing")
            }
        }
        (self.count, self.widths) = (count, widths)
        values = [.user: user, .device: device, .item: item]
    }

    /// The features of one group, `[B, C]`.
    func floats(_ group: Group) -> [Float] { values[group] ?? [] }
}

/// What stands between the features of a group and the network: mean 0 and deviation 1 on the applicants learnt from, 0 where missing, and
/// a flag for each feature that was missing there, so that missing is not the same as average.
struct ProfileScale: Sendable, Equatable, Codable {
    /// `[C]`.
    var means: [Float] = []
    /// 1 / standard deviation, `[C]`; 0 for a feature that did not vary.
    var scales: [Float] = []
    /// Features with a flag.
    var flagged: [Int] = []

    /// Standardised values further out than this are held here: one odd income must not decide, nor overflow.
    static let bound: Float = 10

    /// Floats of a row for the network.
    var width: Int { means.count + flagged.count }

    /// The scale of all rows of some tables of the same width.
    init(_ tables: [ProfileTable], _ group: ProfileTable.Group) {
        self.init(width: tables.first?.widths[group] ?? 0, tables.map { $0.floats(group) })
    }

    /// The scale of all rows of some blocks of `width` floats a row.
    init(width: Int, _ blocks: [[Float]]) {
        for column in 0..<width {
            var (count, sum, squares, missing) = (0.0, 0.0, 0.0, false)
            // Shifted by the first value: sums of squares of large numbers would leave a remainder where nothing varies.
            var shift: Double?
            for floats in blocks {
                for place in stride(from: column, to: floats.count, by: width) {
                    let value = Double(floats[place])
                    guard !value.isNaN else {
                        missing = true
                        continue
                    }
                    let moved = value - (shift ?? value)
                    if shift == nil { shift = value }
                    count += 1
                    sum += moved
                    squares += moved * moved
                }
            }
            let mean = sum / max(1, count), variance = squares / max(1, count) - mean * mean
            means.append(Float((shift ?? 0) + mean))
            scales.append(variance > 0 && variance.squareRoot() > 1e-7 * abs((shift ?? 0) + mean) ? Float(1 / variance.squareRoot()) : 0)
            if missing { flagged.append(column) }
        }
    }

    /// One row of features → one row for the network.
    @inline(__always)
    func write(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        for column in means.indices {
            let value = (source[column] - means[column]) * scales[column]
            // A comparison with what is no number is false.
            target[column] = value >= -Self.bound ? min(value, Self.bound) : value.isNaN ? 0 : -Self.bound
        }
        for (place, column) in flagged.enumerated() { target[means.count + place] = source[column].isNaN ? 1 : 0 }
    }

    /// Whether a file holds what ``init(_:_:)`` could have given.
    var isWhole: Bool {
        scales.count == means.count && means.allSatisfy(\.isFinite) && scales.allSatisfy { $0.isFinite && $0 >= 0 }
            && flagged.allSatisfy(means.indices.contains)
    }
}
