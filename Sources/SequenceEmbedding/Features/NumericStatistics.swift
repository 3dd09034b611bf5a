/// What training sessions say of a numeric field: mean and deviation to standardise by, quantiles to bin by.
///
/// A value becomes its standardised self (0 where missing) and the id of its bin; missing has an id, and so a vector, of its
/// own. A field that never varies has deviation 1 and one bin, and harms nothing.
public struct NumericStatistics: Codable, Sendable, Equatable {
    /// Mean of the values present.
    public let mean: Double
    /// Standard deviation (of the population), 1 where there is none.
    public let deviation: Double
    /// Values present in the training part.
    public let count: Int
    /// Rising borders between bins: bin k holds values above k borders. At most bins − 1; ties leave fewer.
    public let borders: [Double]
    /// Standardised values are cut at ± this, so that one absurd value cannot take over a batch.
    public static let limit: Float = 8

    /// The statistics as given: no standardisation when mean 0 and deviation 1.
    public init(mean: Double, deviation: Double, count: Int, borders: [Double]) {
        self.mean = mean
        self.deviation = deviation
        self.count = count
        self.borders = borders
    }

    /// Of values (those that are not finite are passed over). Two passes in Double, in the order given.
    public init(values: [Double], bins: Int) {
        let present = values.filter(\.isFinite)
        count = present.count
        // A running mean: sums of great values would overflow.
        var mean = 0.0
        for (index, value) in present.enumerated() { mean += (value - mean) / Double(index + 1) }
        var squares = 0.0
        for value in present { squares += (value - mean) * (value - mean) }
        let deviation = present.isEmpty ? 0 : (squares / Double(present.count)).squareRoot()
        self.mean = mean.isFinite ? mean : 0
        // Rounding alone gives constant fields a deviation of 1e-16 of the mean, which would blow up any other value.
        self.deviation = deviation.isFinite && deviation > 1e-12 * max(1, abs(mean)) ? deviation : 1
        guard bins > 1, !present.isEmpty else {
            borders = []
            return
        }
        let sorted = present.sorted()
        var borders: [Double] = []
        for bin in 1..<bins {
            let border = sorted[min(sorted.count - 1, bin * sorted.count / bins)]
            if border > sorted[0], borders.last.map({ border > $0 }) ?? true { borders.append(border) }
        }
        self.borders = borders
    }

    /// The value in deviations from the mean, within ± ``limit``; 0 where missing.
    public func standardised(_ value: Double) -> Float {
        guard value.isFinite else { return 0 }
        return min(max(Float((value - mean) / deviation), -Self.limit), Self.limit)
    }

    /// The id of the value's bin: ``Vocabulary/missing`` where there is none, ``Vocabulary/unknown`` for an infinite one.
    public func bin(_ value: Double) -> Int32 {
        if value.isNaN { return Vocabulary.missing }
        if value.isInfinite { return Vocabulary.unknown }
        var low = 0
        var high = borders.count
        while low < high {
            let middle = (low + high) / 2
            if borders[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return Vocabulary.firstValue + Int32(low)
    }

    /// Ids in use, the reserved ones among them.
    public var size: Int { Int(Vocabulary.firstValue) + borders.count + 1 }
}
