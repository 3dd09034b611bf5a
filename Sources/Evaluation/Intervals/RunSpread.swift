/// Means over runs, how they vary between the runs, and how with other units.
struct RunSpread {
    private var estimates: [Double] = []
    /// Of the mean, by what lies between the runs: their variance over their number.
    private var between: [Double] = []
    private var degrees = 0.0
    /// Of each statistic: resamples, their mean, and the sum of squared distances from it (Welford, 1962).
    private var drawn: [(count: Double, mean: Double, squares: Double)] = []

    init() {}

    init(_ runs: [[Double]], _ mean: [Double]) {
        (estimates, degrees) = (mean, Double(runs.count - 1))
        between = mean.indices.map { place in
            let squares = runs.reduce(0) { $0 + ($1[place] - mean[place]) * ($1[place] - mean[place]) }
            return squares / max(1, degrees) / Double(runs.count)
        }
        drawn = mean.map { _ in (0, 0, 0) }
    }

    /// A resample of units.
    mutating func add(_ means: [Double]) {
        for (place, value) in means.enumerated() where !value.isNaN {
            drawn[place].count += 1
            let step = value - drawn[place].mean
            drawn[place].mean += step / drawn[place].count
            drawn[place].squares += step * (value - drawn[place].mean)
        }
    }

    func intervals(_ confidence: Double) -> [MetricInterval] {
        estimates.indices.map { place in
            let (count, _, squares) = drawn[place]
            let variance = between[place] + (count > 1 ? squares / (count - 1) : .nan)
            guard variance > 0 else {
                let end = variance == 0 ? estimates[place] : .nan
                return MetricInterval(estimate: estimates[place], lower: end, upper: end)
            }
            let share = variance / between[place]
            let half = StudentT.quantile(confidence, degrees: degrees * share * share) * variance.squareRoot()
            return MetricInterval(estimate: estimates[place], lower: estimates[place] - half, upper: estimates[place] + half)
        }
    }
}
