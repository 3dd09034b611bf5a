import Evaluation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Logistic regression for soft targets")
struct LogisticProbeTests {
    /// Two features that matter, in opposite ways and in different units, and noise.
    static func data(_ count: Int, seed: UInt64) -> (features: [Float], targets: [Float]) {
        var source = TestSource(seed)
        var (features, targets) = ([Float](), [Float]())
        for _ in 0..<count {
            let own = (0..<4).map { _ in source.normal() }
            features += [Float(own[0]), Float(own[1] * 100), Float(own[2]), Float(own[3])]
            targets.append(Float(1 / (1 + exp(-(1.5 * own[0] - own[1] + 0.5)))))
        }
        return (features, targets)
    }

    static let folds = (0..<300).map { $0 % 5 }

    @Test("Soft probabilities come back")
    func recovers() {
        let (features, targets) = Self.data(300, seed: 1)
        let probe = LogisticCrossValidation(.dense(features, columns: 4), folds: Self.folds).fit(targets)
        let test = Self.data(200, seed: 2)
        let distances = zip(probe.probabilities(.dense(test.features, columns: 4)), test.targets).map { abs($0 - $1) }
        // Noise-free targets: what is left is the weakest penalty's pull.
        #expect(distances.max()! < 0.02)
        // Standardised, as one feature is in units a hundred times smaller.
        #expect(probe.isStandardised && probe.strength <= 1e-4)
    }

    @Test("The minimum: no gradient is left, and the mean prediction is the mean target")
    func optimal() {
        let (features, targets) = Self.data(300, seed: 3)
        let table = FeatureTable.dense(features.enumerated().map { $0 % 4 == 1 ? $1 / 100 : $1 }, columns: 4)
        let probe = LogisticCrossValidation(table, folds: Self.folds, standardised: [false]).fit(targets, strengths: [0.1])
        #expect(probe.strength == 0.1 && !probe.isStandardised)
        let predictions = probe.probabilities(table)
        let difference = zip(predictions, targets).reduce(0.0) { $0 + Double($1.0 - $1.1) } / 300
        // The gradient of the bias, which has no penalty; the solver stops below 1e-4 of the loss's scale.
        #expect(abs(difference) < 1e-3)
    }

    @Test("Sparse and dense tables give the same")
    func sparse() {
        let (features, targets) = Self.data(300, seed: 4)
        let kept = features.map { abs($0) > 0.5 ? $0 : 0 }
        var (offsets, columns, values) = ([0], [Int32](), [Float]())
        for row in 0..<300 {
            for column in 0..<4 where kept[row * 4 + column] != 0 {
                columns.append(Int32(column))
                values.append(kept[row * 4 + column])
            }
            offsets.append(values.count)
        }
        let dense = FeatureTable.dense(kept, columns: 4)
        let sparse = FeatureTable.sparse(offsets: offsets, columnIndices: columns, values: values, columns: 4)
        let a = LogisticCrossValidation(dense, folds: Self.folds, standardised: [false]).fit(targets)
        let b = LogisticCrossValidation(sparse, folds: Self.folds, standardised: [false]).fit(targets)
        #expect(a.strength == b.strength && a.probabilities(dense) == b.probabilities(sparse))
    }

    @Test("Noise is penalised away, and one-sided targets stay finite")
    func noise() {
        var source = TestSource(5)
        let (features, _) = Self.data(300, seed: 6)
        let targets = (0..<300).map { _ in Float(source.index(2)) }
        let validation = LogisticCrossValidation(.dense(features, columns: 4), folds: Self.folds)
        let probe = validation.fit(targets)
        #expect(probe.strength >= 0.1 && abs(probe.heldOutLoss - 0.6931) < 0.02)
        for constant: Float in [0, 1] {
            let own = validation.fit([Float](repeating: constant, count: 300)).probabilities(.dense(features, columns: 4))
            #expect(own.allSatisfy { abs($0 - constant) < 0.01 && $0 > 0 && $0 < 1 })
        }
    }
}
