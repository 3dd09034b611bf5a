import Evaluation
import Foundation
import Testing

@Suite struct DeLongTests {
    struct Golden: Decodable {
        struct Case: Decodable {
            let truths: [Int]
            let first: [Float]
            let second: [Float]
            let auc: [Double]
            let variance: [Double]
            let difference_variance: Double
            let z: Double
            let p: Double
            let ks: [Double]
        }
        let cases: [Case]
    }

    @Test func agreesWithTheDefinitionInFractions() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/delong.json")
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        #expect(golden.cases.count == 4)
        for own in golden.cases {
            let positives = own.truths.map { $0 == 1 }
            let (first, second) = (DeLong(scores: own.first, positives: positives), DeLong(scores: own.second, positives: positives))
            // Double sums of at most 150 terms against exact fractions.
            for (found, place) in [(first, 0), (second, 1)] {
                #expect(abs(found.auc - own.auc[place]) < 1e-12 && abs(found.variance - own.variance[place]) < 1e-12)
                let metrics = DiscriminationMetrics(scores: place == 0 ? own.first : own.second, positives: positives)
                #expect(abs(metrics.ks - own.ks[place]) < 1e-12 && abs(metrics.auc - own.auc[place]) < 1e-12)
            }
            let compared = first.comparison(with: second)
            #expect(abs(compared.standardError * compared.standardError - own.difference_variance) < 1e-12)
            #expect(abs(compared.z - own.z) < 1e-9 && abs(compared.pValue - own.p) < 1e-9)
            let back = second.comparison(with: first)
            #expect(back.difference.estimate == -compared.difference.estimate && back.pValue == compared.pValue)
            #expect(abs(compared.difference.upper - compared.difference.estimate - 1.959963984540054 * compared.standardError) < 1e-9)
        }
    }

    /// All pairs, as the definition says, of more and heavily tied scores.
    @Test(arguments: [UInt64(1), 2, 3]) func agreesWithAllPairs(seed: UInt64) {
        var state = seed
        func unit() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) * 0x1p-24
        }
        let positives = (0..<300).map { _ in unit() < 0.25 }
        let scores = positives.map { ((unit() + ($0 ? 0.2 : 0)) * 12).rounded() }
        let above = scores.indices.filter { positives[$0] }, below = scores.indices.filter { !positives[$0] }
        func pair(_ x: Int, _ y: Int) -> Double { scores[x] > scores[y] ? 1 : scores[x] == scores[y] ? 0.5 : 0 }
        let v10 = above.map { x in below.reduce(0.0) { $0 + pair(x, $1) } / Double(below.count) }
        let v01 = below.map { y in above.reduce(0.0) { $0 + pair($1, y) } / Double(above.count) }
        func variance(_ values: [Double]) -> Double {
            let mean = values.reduce(0, +) / Double(values.count)
            return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
        }
        let found = DeLong(scores: scores, positives: positives)
        #expect(abs(found.auc - v10.reduce(0, +) / Double(v10.count)) < 1e-12)
        #expect(abs(found.variance - variance(v10) / Double(v10.count) - variance(v01) / Double(v01.count)) < 1e-14)
    }

    @Test func edges() {
        // Wholly apart: no variance, and the interval says so instead of making one up.
        let apart = DeLong(scores: [4, 3, 2, 1], positives: [true, true, false, false])
        #expect(apart.auc == 1 && apart.variance == 0 && apart.interval() == MetricInterval(estimate: 1, lower: 1, upper: 1))
        // All equal.
        let equal = DeLong(scores: [1, 1, 1, 1], positives: [true, true, false, false])
        #expect(equal.auc == 0.5 && equal.variance == 0)
        let same = equal.comparison(with: equal)
        #expect(same.z == 0 && same.pValue == 1)
        #expect(apart.comparison(with: equal).pValue == 0)
        // One class, and one example of a class.
        let one = DeLong(scores: [1, 2], positives: [true, true])
        #expect(one.auc.isNaN && one.variance.isNaN && one.comparison(with: one).pValue.isNaN)
        let few = DeLong(scores: [1, 2, 3], positives: [false, false, true])
        #expect(few.auc == 1 && few.variance.isNaN && few.interval().lower.isNaN)
        #expect(DeLong(scores: [], positives: []).auc.isNaN)
    }
}
