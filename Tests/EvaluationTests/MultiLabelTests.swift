import Evaluation
import Foundation
import Testing

@Suite("Several labels")
struct MultiLabelTests {
    struct Golden: Decodable {
        struct Case: Decodable {
            let labels: Int
            let thresholds: [Float]
            let present: [Int]
            let scores: [Float]
            let f1: [Double]
            let average_precision: [Double?]
            let calibration: [Double]
            let micro_f1: Double
            let macro_f1: Double
            let mean_average_precision: Double
            let micro_average_precision: Double
            let expected_calibration_error: Double
        }
        let tolerance: Double
        let cases: [Case]
    }

    @Test("Against scikit-learn and the definitions")
    func golden() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/multilabel.json")
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        #expect(golden.cases.count == 8)
        for (number, own) in golden.cases.enumerated() {
            let metrics = MultiLabelMetrics(
                present: own.present.map { $0 == 1 }, scores: own.scores, labels: own.labels, thresholds: own.thresholds)
            func isNear(_ a: Double, _ b: Double?) -> Bool { b.map { abs(a - $0) <= golden.tolerance } ?? a.isNaN }
            #expect(isNear(metrics.microF1, own.micro_f1), "case \(number)")
            #expect(isNear(metrics.macroF1, own.macro_f1), "case \(number)")
            #expect(isNear(metrics.meanAveragePrecision, own.mean_average_precision), "case \(number)")
            #expect(isNear(metrics.microAveragePrecision, own.micro_average_precision), "case \(number)")
            #expect(isNear(metrics.expectedCalibrationError, own.expected_calibration_error), "case \(number)")
            for label in 0..<own.labels {
                #expect(isNear(metrics.perLabel[label].f1, own.f1[label]), "case \(number), label \(label)")
                #expect(isNear(metrics.perLabel[label].averagePrecision, own.average_precision[label]), "case \(number), label \(label)")
                #expect(isNear(metrics.perLabel[label].expectedCalibrationError, own.calibration[label]), "case \(number), label \(label)")
            }
        }
    }

    @Test("By hand, with a label that nobody has")
    func byHand() {
        let metrics = MultiLabelMetrics(
            present: [true, false, true, false, false, false], scores: [0.9, 0.6, 0.2, 0.1, 0.5, 0], labels: 2)
        // Label 0: found 1 of 2, said of 2. Label 1: none to find, said of one.
        #expect(metrics.perLabel[0].support == 2 && metrics.perLabel[0].predicted == 2)
        #expect(
            metrics.perLabel[0].precision.estimate == 0.5 && metrics.perLabel[0].recall.estimate == 0.5 && metrics.perLabel[0].f1 == 0.5)
        #expect(metrics.perLabel[1].recall.estimate.isNaN && metrics.perLabel[1].f1 == 0 && metrics.perLabel[1].averagePrecision.isNaN)
        #expect(metrics.macroF1 == 0.5 && metrics.microF1 == 2.0 / 5)
        #expect(abs(metrics.meanAveragePrecision - (1 + 2.0 / 3) / 2) < 1e-12)
    }

    /// Scores that know the truth more or less.
    static func scorer(_ seed: UInt64, examples: Int, labels: Int, noise: Double) -> (present: [Bool], scores: [Float]) {
        var source = TestSource(seed)
        var noises = TestSource(seed &+ 1000)
        let present = (0..<examples * labels).map { _ in source.index(5) == 0 }
        let scores = present.map { Float(1 / (1 + exp(-(($0 ? 1.5 : -1.5) + noise * noises.normal())))) }
        return (present, scores)
    }

    @Test("A resample is the metrics of the examples drawn")
    func resampled() {
        let (present, scores) = Self.scorer(1, examples: 40, labels: 3, noise: 2)
        let prepared = MultiLabelScores(present: present, scores: scores.map { ($0 * 8).rounded() / 8 }, labels: 3)
        let coarse = scores.map { ($0 * 8).rounded() / 8 }
        // The slow form: examples are written out as often as they were drawn.
        var drawn: [[Int32]] = []
        let resampling = Resampling(rounds: 60, seed: 5)
        var slow: [MultiLabelMetric: [Double]] = [:]
        _ = resampling.interval(units: 40) { weights in
            drawn.append(Array(weights))
            return 0
        }
        for weights in drawn.dropFirst() {
            let rows = weights.enumerated().flatMap { [Int](repeating: $0, count: Int($1)) }
            let metrics = MultiLabelMetrics(
                present: rows.flatMap { present[$0 * 3..<$0 * 3 + 3] }, scores: rows.flatMap { coarse[$0 * 3..<$0 * 3 + 3] }, labels: 3)
            slow[.microF1, default: []].append(metrics.microF1)
            slow[.macroF1, default: []].append(metrics.macroF1)
            slow[.meanAveragePrecision, default: []].append(metrics.meanAveragePrecision)
            slow[.microAveragePrecision, default: []].append(metrics.microAveragePrecision)
            slow[.expectedCalibrationError, default: []].append(metrics.expectedCalibrationError)
        }
        let intervals = prepared.intervals(resampling)
        #expect(intervals.count == 5)
        for (metric, values) in slow {
            let sorted = values.filter { !$0.isNaN }.sorted()
            func percentile(_ share: Double) -> Double {
                let place = share * Double(sorted.count - 1)
                let above = min(sorted.count - 1, Int(place) + 1)
                return sorted[Int(place)] + (place - Double(Int(place))) * (sorted[above] - sorted[Int(place)])
            }
            // Sums of the same numbers in another order.
            #expect(abs(intervals[metric]!.lower - percentile(0.025)) < 1e-12, "\(metric)")
            #expect(abs(intervals[metric]!.upper - percentile(0.975)) < 1e-12, "\(metric)")
        }
    }

    @Test("Intervals hold the estimate, differ by seed, and widen with clusters")
    func intervals() {
        let (present, scores) = Self.scorer(2, examples: 300, labels: 4, noise: 2)
        let prepared = MultiLabelScores(present: present, scores: scores, labels: 4)
        let metrics = MultiLabelMetrics(prepared)
        let resampling = Resampling(rounds: 200, seed: 3)
        let intervals = prepared.intervals(resampling)
        #expect(intervals[.macroF1]!.estimate == metrics.macroF1 && intervals[.microF1]!.estimate == metrics.microF1)
        // The calibration error of a resample is biased upwards (noise has no sign there), so its estimate need not lie inside.
        for metric in MultiLabelMetric.allCases where metric != .expectedCalibrationError {
            let interval = intervals[metric]!
            #expect(interval.lower < interval.estimate && interval.estimate < interval.upper, "\(metric)")
        }
        #expect(prepared.intervals(resampling) == intervals && prepared.intervals(Resampling(rounds: 200, seed: 4)) != intervals)
        let copies = MultiLabelScores(
            present: (0..<300).flatMap { present[$0 / 10 * 4..<$0 / 10 * 4 + 4] },
            scores: (0..<300).flatMap { scores[$0 / 10 * 4..<$0 / 10 * 4 + 4] }, labels: 4)
        func width(_ interval: MetricInterval) -> Double { interval.upper - interval.lower }
        let clustered = copies.intervals(clusters: (0..<300).map { Int32($0 / 10) }, resampling)
        #expect(width(clustered[.microF1]!) > 2 * width(copies.intervals(resampling)[.microF1]!))
    }

    @Test("Two scorers on the same examples")
    func paired() {
        let (present, good) = Self.scorer(6, examples: 200, labels: 3, noise: 1)
        let bad = Self.scorer(6, examples: 200, labels: 3, noise: 4).scores
        let a = MultiLabelScores(present: present, scores: good, labels: 3)
        let b = MultiLabelScores(present: present, scores: bad, labels: 3)
        let resampling = Resampling(rounds: 300, seed: 1)
        let (better, worse, none) = (
            a.differences(from: b, resampling), b.differences(from: a, resampling), a.differences(from: a, resampling)
        )
        for metric in [MultiLabelMetric.microF1, .macroF1, .meanAveragePrecision, .microAveragePrecision] {
            #expect(better[metric]!.isAboveZero && worse[metric]!.upper < 0, "\(metric)")
        }
        #expect(none.values.allSatisfy { $0 == MetricInterval(estimate: 0, lower: 0, upper: 0) })
        let expected = MultiLabelMetrics(a).macroF1 - MultiLabelMetrics(b).macroF1
        #expect(better[.macroF1]!.estimate == expected)
    }

    @Test("A thousand resamples of a thousand examples and fourteen labels")
    func speed() {
        let (present, scores) = Self.scorer(7, examples: 1000, labels: 14, noise: 2)
        let prepared = MultiLabelScores(present: present, scores: scores, labels: 14)
        let clock = ContinuousClock()
        let taken = clock.measure { #expect(prepared.intervals(Resampling(rounds: 1000)).count == 5) }
        print("1,000 resamples of [1000, 14]: \(taken)")
    }
}
