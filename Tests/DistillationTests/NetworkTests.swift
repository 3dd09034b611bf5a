import IntentTaxonomy
import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct NetworkTests {
    @Test(arguments: [0, 12]) func gradientOfTheLoss(hidden: Int) {
        var random = RandomSource(3, 1)
        let (rows, width, intents) = (9, 5, 4)
        let features = StudentFeatures(width: width, floats: (0..<rows * width).map { _ in 2 * random.uniform() - 1 })
        var targets = (0..<rows * intents).map { _ in random.uniform() }
        targets[5] = .nan
        let network = StudentNetwork(inputs: width, hidden: hidden, outputs: intents)
        let weights = ParameterVector(network.parameters, seed: 4)
        let objective = DistillationObjective(network, features: features, targets: targets, classWeights: [1, 2, 0.5, 0.5])
        let batch = LabelledBatch()
        batch.rows = [0, 2, 3, 8]
        func loss(_ gradients: UnsafeMutablePointer<Float>?) -> Double {
            let pass = Pass(weights: weights, workspace: Workspace(), gradients: gradients)
            objective.forward(batch, shard: 0, pass)
            if gradients != nil { objective.backward(batch, shard: 0, pass) }
            return objective.lastLoss
        }
        var gradient = [Float](repeating: 0, count: weights.denseCount)
        gradient.withUnsafeMutableBufferPointer { _ = loss($0.baseAddress) }
        let variables = weights.parameters.map { parameter in
            CheckedVariable(
                parameter.name, values: weights.pointer(parameter),
                gradient: Array(gradient[parameter.offset..<parameter.offset + parameter.count]))
        }
        let spare = UnsafeMutablePointer<Float>.allocate(capacity: weights.denseCount)
        spare.initialize(repeating: 0, count: weights.denseCount)
        defer { spare.deallocate() }
        #expect(checkGradients(variables, seed: 5, loss: { loss(spare) }) == [])
    }

    /// Averaging logits of several students is one network with their hidden units side by side.
    @Test(arguments: [0, 8]) func foldedIsTheMean(hidden: Int) {
        var random = RandomSource(8, 2)
        let (rows, width, intents) = (40, 6, 3)
        let features = StudentFeatures(width: width, floats: (0..<rows * width).map { _ in 6 * random.uniform() + 2 })
        let scale = FeatureScale(features, rows: Array(0..<rows))
        let members = (0..<3).map { number in
            let network = StudentNetwork(inputs: width, hidden: hidden, outputs: intents)
            return (network: network, weights: ParameterVector(network.parameters, seed: UInt64(number)))
        }
        let whole = StudentNetwork.folded(members, scale: scale)
        let pool = WorkerPool(threads: 2)
        let logits = TrainedStudent(whole.network, whole.weights).logits(features, pool: pool)
        let single = members.map { TrainedStudent($0.network, $0.weights).logits(scale.applied(to: features), pool: pool) }
        for index in logits.indices {
            let mean = single.reduce(0) { $0 + $1[index] } / 3
            // Sums of a dozen products in another order, with features around 5.
            #expect(abs(logits[index] - mean) < 2e-5)
        }
    }

    @Test func scaleHasMeanZero() {
        let features = StudentFeatures(width: 2, floats: [1, 5, 3, 5, 5, 5])
        let scaled = FeatureScale(features, rows: [0, 1, 2]).applied(to: features)
        #expect(scaled.floats[1] == 0 && scaled.floats[3] == 0)
        #expect(abs(scaled.floats[0] + 1.5.squareRoot().float) < 1e-6 && scaled.floats[2] == 0)
    }

    @Test func rareIntentsWeighMore() {
        let weights = EffectiveNumber.weights(counts: [10, 1000], beta: 0.999)
        // (1 - β) / (1 - β^n) by hand: 0.10045, 0.0015819; mean 1.
        #expect(abs(weights[0] / weights[1] - 63.5) < 0.5 && abs(weights[0] + weights[1] - 2) < 1e-5)
        #expect(EffectiveNumber.weights(counts: [10, 1000], beta: 0) == [1, 1])
    }

    @Test func partsKeepVisitorsTogether() throws {
        let visitors = (0..<100).map { $0 / 3 }
        let folds = try VisitorFolds(visitors: visitors, count: 4, seed: 9)
        for visitor in 0..<33 { #expect(Set((0..<100).filter { visitors[$0] == visitor }.map { folds.fold[$0] }).count == 1) }
        for part in 0..<4 { #expect(abs(folds.fold.count { $0 == part } - 25) <= 3) }
        #expect(throws: DistillationError.self) { try VisitorFolds(visitors: [1, 1, 2], count: 3, seed: 1) }
    }
}

extension Double {
    fileprivate var float: Float { Float(self) }
}
