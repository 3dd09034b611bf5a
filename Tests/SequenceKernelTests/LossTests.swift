import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct LossTests {
    @Test(arguments: [0.0, 0.1]) func softmaxGolden(smoothing: Double) throws {
        let golden = try Golden.load("softmax_cross_entropy")
        let targets = try #require(golden.settings["targets"]).map { Int32($0) }
        let workspace = Workspace()
        let logits = workspace.rows(Golden.formula(35, phase: 0, amplitude: 30), width: 7)
        let loss = SoftmaxCrossEntropy(labelSmoothing: Float(smoothing))
        let alone = loss.loss(logits, targets: targets, factor: 0.25)
        let result = loss.lossAndGradient(logits, targets: targets, factor: 0.25)
        #expect(golden.difference("loss.\(smoothing)", [Float(result.sum)]) == nil)
        #expect(golden.difference("gradient.\(smoothing)", logits.scalars) == nil)
        #expect(alone == result)
        #expect(result.count == 4)
    }

    @Test func softmaxAtExtremes() {
        let workspace = Workspace()
        let logits = workspace.rows([1e30, -1e30, 0, -.infinity, 5, 5], width: 3)
        let result = SoftmaxCrossEntropy().lossAndGradient(logits, targets: [0, 1], factor: 1)
        #expect(abs(result.sum - 0.693_147_18) < 1e-6)
        #expect(logits.scalars.difference(from: [0, 0, 0, 0, -0.5, 0.5], absoluteTolerance: 1e-6) == nil)
    }

    @Test func binaryGolden() throws {
        let golden = try Golden.load("binary_cross_entropy")
        let workspace = Workspace()
        let logits = workspace.rows(Golden.formula(12, phase: 0, amplitude: 40), width: 3)
        let targets = Golden.formula(12, phase: 0.3, amplitude: 0.5).map { $0 + 0.5 }
        let result = BinaryCrossEntropy.lossAndGradient(logits, targets: targets, factor: 1.0 / 12)
        #expect(golden.difference("loss", [Float(result.sum)]) == nil)
        #expect(golden.difference("gradient", logits.scalars) == nil)
    }

    @Test func binaryWithoutTarget() {
        let workspace = Workspace()
        let logits = workspace.rows([500, -500, 3], width: 3)
        let result = BinaryCrossEntropy.lossAndGradient(logits, targets: [0, 0, .nan], factor: 1, classWeights: [2, 1, 1])
        #expect(abs(result.sum - 1000) < 1e-3 && result.count == 2)
        #expect(logits.scalars.difference(from: [2, 0, 0], absoluteTolerance: 1e-6) == nil)
    }

    @Test(arguments: [1, 2]) func sliceContrastGolden(threads: Int) throws {
        let golden = try Golden.load("slice_contrast")
        let labels = try #require(golden.settings["labels"]).map { Int32($0) }
        let hard = try #require(golden.settings["hard"]?.first)
        let workspace = Workspace()
        var rows = Golden.formula(12 * 6, phase: 0.4).map { $0 + 0.8 }
        for row in 0..<12 {
            let norm = rows[row * 6..<row * 6 + 6].reduce(0) { $0 + $1 * $1 }.squareRoot()
            for column in 0..<6 { rows[row * 6 + column] /= norm }
        }
        let gradient = workspace.rows(12, 6)
        let loss = SliceContrast(margin: 0.9, hardNegatives: hard).loss(
            workspace.rows(rows, width: 6), labels: labels, factor: 1.0 / 12, gradient: gradient, workspace, WorkerPool(threads: threads))
        #expect(golden.difference("loss", [loss]) == nil)
        #expect(golden.difference("gradient", gradient.scalars) == nil)
    }

    // MARK: sampled softmax

    private static func sampled(_ distribution: NegativeDistribution, count: Int) -> (SampledSoftmax, ParameterScope) {
        var scope = ParameterScope()
        let table = scope.declare("items", [12, 5], .normal(0.5), kind: .table)
        return (SampledSoftmax(table: table, items: 2..<12, sampleCount: count, distribution: distribution), scope)
    }

    @Test func sampledGradients() {
        let (softmax, scope) = Self.sampled(.logUniform, count: 6)
        let failures = withEverySeed(0..<3) { seed in
            let weights = ParameterVector(scope, seed: seed)
            let targets: [Int32] = [2, 7, -1, 2], ids: [Int32] = [2, 2, 5, 7, 9, 3]
            return targets.withUnsafeBufferPointer { targets in
                ids.withUnsafeBufferPointer { ids in
                    Self.check(softmax, weights, targets.baseAddress!, ids.baseAddress!, seed)
                }
            }
        }
        #expect(failures == [])
    }

    private static func check(
        _ softmax: SampledSoftmax, _ weights: ParameterVector, _ targets: UnsafePointer<Int32>, _ ids: UnsafePointer<Int32>, _ seed: UInt64
    ) -> [String] {
        var random = RandomSource(seed)
        let workspace = Workspace(), inputs = Workspace()
        let hidden = inputs.rows(random.floats(20), width: 5)
        let scatter = GradientScatter()
        func run(_ scatter: GradientScatter?) -> (LossSum, Rows) {
            workspace.reset()
            let (loss, gradient) = softmax.loss(
                hidden, targets: targets, ids: ids, factor: 0.5, Pass(weights: weights, workspace: workspace, scatter: scatter))
            return (loss, gradient)
        }
        let gradient = run(scatter).1.scalars
        var tableGradient = [Float](repeating: 0, count: 60)
        for note in scatter.notes {
            for lookup in 0..<note.count where note.rows[lookup] >= 0 {
                for column in 0..<5 {
                    tableGradient[Int(note.rows[lookup]) * 5 + column] +=
                        (note.scales?[lookup] ?? 1) * note.gradient[lookup * note.stride + column]
                }
            }
        }
        let variables = [
            CheckedVariable("hidden", values: hidden.base, gradient: gradient),
            CheckedVariable("items", values: weights.pointer(softmax.table), gradient: tableGradient),
        ]
        return checkGradients(variables, seed: seed) { run(nil).0.sum }
    }

    /// Over many samples the mean of e^(corrected score) is the full sum of exponentials: that is what the correction is for.
    @Test func correctionIsUnbiased() {
        let counts = [50, 1, 3, 0, 8, 20, 2, 2, 9, 4]
        for distribution in [NegativeDistribution.logUniform, .counts(counts, power: 0.75)] {
            let (softmax, scope) = Self.sampled(distribution, count: 200)
            let weights = ParameterVector(scope, seed: 1)
            let workspace = Workspace()
            let hidden: [Float] = [1, -1, 0.5, 2, 0]
            let scores = (2..<12).map { item in
                zip(hidden, weights[softmax.table][item * 5..<item * 5 + 5]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            }
            // loss = -s_t + log(e^s_t + mean sum); with the target outside of the sample's share the exponential gives the sum back.
            let full = scores.reduce(0) { $0 + DoubleReference.exponential($1) }
            var mean = 0.0
            let rounds = 200
            var ids = [Int32](repeating: 0, count: 200)
            for step in 0..<rounds {
                ids.withUnsafeMutableBufferPointer { softmax.sample(seed: 3, step: step, into: $0.baseAddress!) }
                workspace.reset()
                var histogram = [Int](repeating: 0, count: 12)
                for id in ids { histogram[Int(id)] += 1 }
                #expect(histogram[0] == 0 && histogram[1] == 0)
                mean += softmax.estimate(scores, ids) / Double(rounds)
            }
            #expect(abs(mean / full - 1) < 0.02, "\(distribution): \(mean) against \(full)")
        }
    }
}

extension SampledSoftmax {
    /// Σ over the sample of e^score / (S P(v)), with P as drawn.
    fileprivate func estimate(_ scores: [Double], _ ids: [Int32]) -> Double {
        ids.reduce(0) { $0 + DoubleReference.exponential(scores[Int($1) - items.lowerBound] + Double(correction(of: $1))) }
    }
}
