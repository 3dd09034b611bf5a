internal import SequenceKernel

extension IntentClassifier {
    /// The same classifier without some of its intents: their outputs are cut out of the network, so that nothing of it gives them
    /// away, and
    /// the other probabilities stay what they were; only a parent is no longer held above a child that is gone.
    /// - Throws: ``PurposeError/nothingLeft(model:)`` where none would be left.
    public func leavingOut(_ banned: Set<String>, place: String) throws(PurposeError) -> IntentClassifier {
        let kept = settings.intents.indices.filter { !banned.contains(settings.intents[$0]) }
        if kept.count == count { return self }
        guard !kept.isEmpty else { throw .nothingLeft(model: place) }
        var own = settings
        own.intents = kept.map { settings.intents[$0] }
        own.calibration = kept.map { settings.calibration[$0] }
        own.thresholds = kept.map { settings.thresholds[$0] }
        for id in settings.intents where banned.contains(id) { own.heldBack.append(.init(intent: id, reasons: [.banned])) }
        let scores = heldOut.isEmpty ? [] : card.taughtSessions.indices.flatMap { row in kept.map { heldOut[row * count + $0] } }
        return IntentClassifier(
            own, taxonomy: taxonomy, student: student.keeping(kept), facts: facts, encoderWeights: encoderWeights, card: card,
            heldOut: scores, suspensions: suspensions)
    }
}

extension TrainedStudent {
    /// The same student with some of its outputs, in rising order.
    func keeping(_ outputs: [Int]) -> TrainedStudent {
        let smaller = StudentNetwork(inputs: network.inputs, hidden: network.hidden, outputs: outputs.count)
        let own = ParameterVector(zeros: smaller.parameters)
        func copy(_ layer: Linear, to target: Linear) {
            let (weight, bias) = (weights[layer.weight], weights[layer.bias!])
            own[target.weight] = outputs.flatMap { weight[$0 * layer.inputs..<($0 + 1) * layer.inputs] }
            own[target.bias!] = outputs.map { bias[$0] }
        }
        if let layer = network.linear, let target = smaller.linear { copy(layer, to: target) }
        if let layers = network.perceptron, let target = smaller.perceptron {
            own[target.up.weight] = weights[layers.up.weight]
            own[target.up.bias!] = weights[layers.up.bias!]
            copy(layers.down, to: target.down)
        }
        return TrainedStudent(smaller, own)
    }
}
