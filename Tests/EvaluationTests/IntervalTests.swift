import Evaluation
import Testing

@Suite("Intervals")
struct IntervalTests {
    @Test("The interval of a mean is as wide as theory says")
    func width() {
        var source = TestSource(3)
        let values = (0..<2000).map { _ in source.normal() }
        let interval = MetricInterval.mean(values)
        let expected = 2 * 1.96 / 2000.0.squareRoot()
        #expect(abs((interval.upper - interval.lower) / expected - 1) < 0.1)
        #expect(interval.lower < interval.estimate && interval.estimate < interval.upper)
    }

    @Test("It covers the truth about as often as it says")
    func coverage() {
        var covered = 0
        for seed in UInt64(0)..<200 {
            var source = TestSource(seed)
            let interval = MetricInterval.mean((0..<100).map { _ in source.normal() + 2 }, Resampling(rounds: 300, seed: seed))
            if interval.lower <= 2 && interval.upper >= 2 { covered += 1 }
        }
        // 95 % of 200 with three standard deviations to each side.
        #expect((178...199).contains(covered), "covered \(covered) of 200")
    }

    @Test("Copies within a cluster do not make an interval narrower")
    func clusters() {
        var source = TestSource(4)
        let visitors = (0..<100).map { _ in source.normal() }
        let values = visitors.flatMap { [Double](repeating: $0, count: 10) }
        let clusters = (0..<1000).map { Int32($0 / 10) }
        let wide = MetricInterval.mean(values, clusters: clusters)
        let narrow = MetricInterval.mean(values)
        let ratio = (wide.upper - wide.lower) / (narrow.upper - narrow.lower)
        #expect(abs(ratio - 10.0.squareRoot()) < 0.5, "ratio \(ratio)")
        // The numbers of clusters are names only.
        #expect(wide == MetricInterval.mean(values, clusters: clusters.map { 7 - $0 * 3 }))
    }

    @Test("A small steady difference is seen through large common noise")
    func paired() {
        var source = TestSource(5)
        let b = (0..<500).map { _ in source.normal() * 10 }
        let a = b.map { $0 + 0.2 + source.normal() * 0.1 }
        let interval = PairedInterval.difference(a, b)
        #expect(interval.isAboveZero && interval.upper < 0.25)
        #expect(!PairedInterval.difference(b, a).isAboveZero)
        #expect(PairedInterval.difference(a, b) == interval, "same seed, same interval")
        #expect(PairedInterval.difference(a, b, Resampling(seed: 2)) != interval)
    }

    @Test("Share of the possible gain")
    func share() {
        let baseline = [0.0, 1, 0, 1, 0, 0, 1, 0]
        let best = [1.0, 1, 1, 1, 1, 0, 1, 1]
        let model = [1.0, 1, 0, 1, 1, 0, 1, 0]
        #expect(abs(PairedInterval.shareOfPossibleGain(model: model, baseline: baseline, best: best).estimate - 0.5) < 1e-12)
        #expect(abs(PairedInterval.relativeChange(model, baseline).estimate - 2.0 / 3) < 1e-12)
    }

    @Test("Wilson's interval, against published values")
    func wilson() {
        // Newcombe (1998), method 3: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611.
        let a = MetricInterval.wilson(successes: 81, of: 263)
        #expect(abs(a.lower - 0.2553) < 5e-5 && abs(a.upper - 0.3662) < 5e-5)
        let b = MetricInterval.wilson(successes: 0, of: 20)
        #expect(b.lower == 0 && abs(b.upper - 0.1611) < 5e-5)
    }
}

@Suite("Classification, discrimination, calibration")
struct ScoreTests {
    @Test("Accuracy, macro F1 and per-class numbers by hand")
    func classification() {
        let metrics = ClassificationMetrics(right: [0, 0, 1, 1, 2], predicted: [0, 1, 1, 1, 0], classes: 4)
        #expect(metrics.accuracy == 0.6 && metrics.microF1 == 0.6)
        // F1: class 0 1/2, class 1 4/5, class 2 0; class 3 does not occur.
        #expect(abs(metrics.macroF1 - (0.5 + 0.8 + 0) / 3) < 1e-12)
        #expect(metrics.perClass[1].precision.estimate == 2.0 / 3 && metrics.perClass[1].recall.estimate == 1)
        #expect(metrics.perClass[2].precision.estimate.isNaN && metrics.perClass[3].support == 0)
        let interval = ClassificationMetrics.macroF1Interval(right: [0, 0, 1, 1, 2], predicted: [0, 1, 1, 1, 0], classes: 4)
        #expect(abs(interval.estimate - metrics.macroF1) < 1e-12)
        let losses = ClassificationMetrics.logLosses(probabilities: [0.5, 0.5, 1, 0], right: [0, 1], classes: 2)
        #expect(abs(losses[0] - 0.6931471805599453) < 1e-7 && abs(losses[1] - 16.11809565095832) < 1e-6)
    }

    @Test("AUC, KS and average precision against the slow form", arguments: 0..<10)
    func discrimination(seed: UInt64) {
        var source = TestSource(seed)
        let positives = (0..<60).map { _ in source.index(3) == 0 }
        // Few distinct scores, so that there are many ties.
        let scores = positives.map { Float(source.index(6) + ($0 ? 1 : 0)) }
        let metrics = DiscriminationMetrics(scores: scores, positives: positives)
        var (wins, pairs) = (0.0, 0.0)
        for (a, isA) in zip(scores, positives) where isA {
            for (b, isB) in zip(scores, positives) where !isB {
                pairs += 1
                wins += a > b ? 1 : a == b ? 0.5 : 0
            }
        }
        #expect(abs(metrics.auc - wins / pairs) < 1e-12, "seed \(seed)")
        func share(_ kind: Bool, above threshold: Float) -> Double {
            let own = zip(scores, positives).filter { $0.1 == kind }
            return Double(own.filter { $0.0 >= threshold }.count) / Double(own.count)
        }
        let ks = Set(scores).map { abs(share(true, above: $0) - share(false, above: $0)) }.max()!
        #expect(abs(metrics.ks - ks) < 1e-12, "seed \(seed)")
        var (previous, area) = (0.0, 0.0)
        for threshold in Set(scores).sorted(by: >) {
            let recall = share(true, above: threshold)
            let all = zip(scores, positives).filter { $0.0 >= threshold }
            area += (recall - previous) * Double(all.filter(\.1).count) / Double(all.count)
            previous = recall
        }
        #expect(abs(metrics.averagePrecision - area) < 1e-12, "seed \(seed)")
    }

    @Test("One class alone has no AUC")
    func oneClass() {
        let metrics = DiscriminationMetrics(scores: [1, 2], positives: [true, true])
        #expect(metrics.auc.isNaN && metrics.ks.isNaN && metrics.averagePrecision == 1)
    }

    @Test("Calibration by hand")
    func calibration() {
        let metrics = CalibrationMetrics(probabilities: [0.1, 0.1, 0.9, 0.9, 1], happened: [false, true, true, true, true], bins: 2)
        #expect(abs(metrics.expectedError - (abs(0.2 - 1) + abs(2.8 - 3)) / 5) < 1e-6)
        #expect(abs(metrics.brier - (0.01 + 0.81 + 0.01 + 0.01) / 5) < 1e-6)
        #expect(metrics.bins.map(\.count) == [2, 3])
        let top = CalibrationMetrics.ofTopClass(probabilities: [0.2, 0.8, 0.6, 0.4], right: [1, 1], classes: 2)
        #expect(abs(top.expectedError - (0.2 + 0.6) / 2) < 1e-6)
    }
}
