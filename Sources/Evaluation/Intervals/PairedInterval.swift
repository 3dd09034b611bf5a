/// Two ways of doing the same task, compared on the same units: both are resampled together, so what makes a unit hard cancels.
public enum PairedInterval {
    /// Interval of mean(`a`) − mean(`b`).
    /// - Parameters:
    ///   - a: value of each unit (a hit, a loss) under the first.
    ///   - b: the same units under the second.
    ///   - clusters: cluster of each unit, drawn whole.
    public static func difference(
        _ a: [Double], _ b: [Double], clusters: [Int32]? = nil, _ resampling: Resampling = Resampling()
    ) -> MetricInterval {
        precondition(a.count == b.count, "PairedInterval.difference: \(a.count) units against \(b.count)")
        return MetricInterval.mean(zip(a, b).map { $0 - $1 }, clusters: clusters, resampling)
    }

    /// Interval of mean(`a`) / mean(`b`) − 1.
    public static func relativeChange(
        _ a: [Double], _ b: [Double], clusters: [Int32]? = nil, _ resampling: Resampling = Resampling()
    ) -> MetricInterval {
        precondition(a.count == b.count, "PairedInterval.relativeChange: \(a.count) units against \(b.count)")
        return resampling.interval(units: a.count, clusters: clusters) { weightedMean(a, $0) / weightedMean(b, $0) - 1 }
    }

    /// Interval of the share of the possible gain that was realised: (mean(`model`) − mean(`baseline`)) / (mean(`best`) − mean(`baseline`)).
    public static func shareOfPossibleGain(
        model: [Double], baseline: [Double], best: [Double], clusters: [Int32]? = nil, _ resampling: Resampling = Resampling()
    ) -> MetricInterval {
        precondition(
            model.count == baseline.count && model.count == best.count,
            "PairedInterval.shareOfPossibleGain: \(model.count), \(baseline.count) and \(best.count) units")
        return resampling.interval(units: model.count, clusters: clusters) { weights in
            let base = weightedMean(baseline, weights)
            return (weightedMean(model, weights) - base) / (weightedMean(best, weights) - base)
        }
    }
}
