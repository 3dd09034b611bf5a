import Evaluation
import Testing

@Suite("Frozen probe, components, neighbours")
struct ProbeTests {
    /// Three classes around three centres; `noise` useless columns; columns on very different scales.
    private func clouds(_ rows: Int, seed: UInt64, noise: Int = 3) -> (values: [Float], labels: [Int32]) {
        var source = TestSource(seed)
        var (values, labels) = ([Float](), [Int32]())
        for _ in 0..<rows {
            let label = source.index(3)
            labels.append(Int32(label))
            values.append(Float(1000 + 50 * (source.normal() + (label == 1 ? 2 : 0))))
            values.append(Float(0.001 * (source.normal() + (label == 2 ? 2 : 0))))
            for _ in 0..<noise { values.append(Float(source.normal())) }
            values.append(7)
        }
        return (values, labels)
    }

    @Test("Learns what can be learnt, whatever the scale, and the same twice")
    func learns() {
        let (train, labels) = clouds(1500, seed: 1)
        let (validation, validationLabels) = clouds(500, seed: 2)
        let (test, testLabels) = clouds(2000, seed: 3)
        func fit() -> FrozenProbe {
            .fit(
                training: .dense(train, columns: 6), labels: labels, validation: .dense(validation, columns: 6),
                validationLabels: validationLabels, classes: 3)
        }
        let probe = fit()
        let table = FeatureTable.dense(test, columns: 6)
        let predictions = probe.predictions(table)
        let accuracy = ClassificationMetrics(right: testLabels, predicted: predictions, classes: 3).accuracy
        // The best linear rule is right about three times in four here.
        #expect(accuracy > 0.74 && accuracy < 0.82, "accuracy \(accuracy)")
        #expect(fit().probabilities(table) == probe.probabilities(table))
        let calibration = CalibrationMetrics.ofTopClass(probabilities: probe.probabilities(table), right: testLabels, classes: 3)
        #expect(calibration.expectedError < 0.05)
    }

    @Test("At the minimum the gradient is zero: predicted class shares equal the labels'")
    func optimum() {
        let (train, labels) = clouds(700, seed: 4)
        let table = FeatureTable.dense(train, columns: 6)
        let probe = FrozenProbe.fit(
            training: table, labels: labels, validation: table, validationLabels: labels, classes: 3, strengths: [0.01],
            maximumIterations: 500)
        let probabilities = probe.probabilities(table)
        for label in 0..<3 {
            let mean = (0..<700).reduce(0.0) { $0 + Double(probabilities[$1 * 3 + label]) } / 700
            let share = Double(labels.filter { $0 == label }.count) / 700
            #expect(abs(mean - share) < 1e-3, "class \(label)")
        }
    }

    @Test("Sparse and dense forms of the same features agree")
    func sparse() {
        var source = TestSource(6)
        let sequences = (0..<400).map { _ in (0..<(1 + source.index(9))).map { _ in Int32(source.index(20)) } }
        let labels = sequences.map { Int32(min(9, $0.reduce(0, +) / 20)) }
        let counts = FeatureTable.counts(of: ItemSequences(sequences), columns: 18)
        var dense = [Float](repeating: 0, count: 400 * 18)
        for (row, sequence) in sequences.enumerated() { for code in sequence where code < 18 { dense[row * 18 + Int(code)] += 1 } }
        let full = FeatureTable.dense(dense, columns: 18)
        func probabilities(_ table: FeatureTable) -> [Float] {
            FrozenProbe.fit(
                training: table, labels: labels, validation: table, validationLabels: labels, classes: 10, strengths: [0.03],
                maximumIterations: 300
            ).probabilities(table)
        }
        let difference = zip(probabilities(counts), probabilities(full)).map { abs($0 - $1) }.max()!
        #expect(difference < 5e-3, "largest difference \(difference)")
        #expect(counts.selecting([3, 1]).rows == 2)
    }

    @Test("The penalty is the one that does best on the validation part")
    func penalty() {
        // Sixty rows, forty useless columns: a weak penalty learns them by heart.
        let (train, labels) = clouds(60, seed: 7, noise: 37)
        let (validation, validationLabels) = clouds(600, seed: 8, noise: 37)
        let probe = FrozenProbe.fit(
            training: .dense(train, columns: 40), labels: labels, validation: .dense(validation, columns: 40),
            validationLabels: validationLabels, classes: 3)
        let best = probe.validationLosses.min { $0.logLoss < $1.logLoss }!
        #expect(probe.strength == best.strength)
        #expect(probe.strength >= 0.03)
    }

    @Test("A class that never occurs in training, and a feature that never changes, do no harm")
    func degenerate() {
        let probe = FrozenProbe.fit(
            training: .dense([1, 5, 2, 5, 3, 5, 4, 5], columns: 2), labels: [0, 0, 2, 2], validation: .dense([1, 5, 4, 6], columns: 2),
            validationLabels: [0, 2], classes: 9)
        let probabilities = probe.probabilities(.dense([1, 5, 4, 1000], columns: 2))
        #expect(probabilities.allSatisfy { $0.isFinite } && FrozenProbe.mostProbable(probabilities, classes: 9) == [0, 2])
    }

    @Test("Components of a known ellipse", arguments: 0..<3)
    func components(seed: UInt64) {
        var source = TestSource(seed + 20)
        var values: [Float] = []
        for _ in 0..<4000 {
            let (long, short) = (5 * source.normal(), source.normal())
            values += [Float(3 + 0.6 * long - 0.8 * short), Float(-2 + 0.8 * long + 0.6 * short), Float(0.01 * source.normal())]
        }
        let components = PrincipalComponents(values, columns: 3)
        #expect(abs(components.directions[0] - 0.6) < 0.02 && abs(components.directions[1] - 0.8) < 0.02, "seed \(seed)")
        #expect(abs(components.variances[0] - 25) < 2 && abs(components.variances[1] - 1) < 0.1)
        #expect(components.shares[0] > 0.95)
        let places = components.project(values)
        let mean = (0..<4000).reduce(0.0) { $0 + Double(places[$1 * 2]) } / 4000
        #expect(abs(mean) < 1e-4)
        // Signed by the largest entry.
        #expect(components.directions[1] > 0 && components.directions[3...].max { abs($0) < abs($1) }! > 0)
    }

    @Test("Components of many columns stand by falling variance, and share no more than there is", arguments: 0..<4)
    func componentsOfManyColumns(seed: UInt64) {
        var source = TestSource(seed + 60)
        let deviations = (0..<40).map { 5 / Double($0 + 1) }
        let values = (0..<3000).flatMap { _ in deviations.map { Float($0 * source.normal()) } }
        let components = PrincipalComponents(values, columns: 40, components: 4)
        let all = deviations.reduce(0) { $0 + $1 * $1 }
        for place in 0..<4 {
            let own = deviations[place] * deviations[place]
            // The variance of a sample variance of 3,000 is 2/3,000 of its square.
            #expect(abs(components.variances[place] / own - 1) < 0.15, "seed \(seed), direction \(place)")
            #expect(abs(components.shares[place] - own / all) < 0.1 * own / all + 0.01)
            #expect(abs(components.directions[place * 40 + place]) > 0.98)
        }
        #expect(zip(components.variances, components.variances.dropFirst()).allSatisfy { $0 > $1 })
        #expect(components.shares.reduce(0, +) < 1)
    }

    @Test("Rows that are all alike have components too")
    func flat() {
        let components = PrincipalComponents([Float](repeating: 2, count: 30), columns: 3)
        #expect(components.project([2, 2, 2]).allSatisfy { abs($0) < 1e-6 } && components.shares == [0, 0])
    }

    @Test("Nearest rows equal the sorted list", arguments: 0..<5)
    func neighbours(seed: UInt64) {
        var source = TestSource(seed + 40)
        // Few distinct directions, so that there are ties; row 3 is zero.
        var values = (0..<50 * 3).map { _ in Float(source.index(3)) - 1 }
        for column in 0..<3 { values[9 + column] = 0 }
        let index = NearestNeighbours(values, columns: 3)
        func length(_ row: Int) -> Float { (0..<3).reduce(0) { $0 + values[row * 3 + $1] * values[row * 3 + $1] }.squareRoot() }
        for row in 0..<50 {
            let found = index.nearest(7, toRow: row) { $0 % 2 == 0 }
            let cosines = (0..<50).map { other -> Float in
                let product = (0..<3).reduce(Float(0)) { $0 + values[row * 3 + $1] * values[other * 3 + $1] }
                let scale = length(row) * length(other)
                return scale == 0 ? 0 : product / scale
            }
            let expected = (0..<50).filter { $0 != row && $0 % 2 == 0 }.map { cosines[$0] }.sorted(by: >).prefix(7)
            #expect(zip(found.map(\.cosine), expected).allSatisfy { abs($0 - $1) < 1e-5 } && found.count == 7, "seed \(seed), row \(row)")
            #expect(found.allSatisfy { $0.row % 2 == 0 && $0.row != row })
        }
    }
}
