public import SequenceKernel

/// What objectives add to the model: one linear layer a predicted field, each objective its own, and the tied output.
public struct PredictionHeads: Sendable {
    /// Heads of the masked-event objective, one a unit of the plan; nil where the unit is not predicted.
    let masked: [Linear?]
    /// Heads that predict the same from the session's embedding.
    let summary: [Linear?]
    /// Heads of the next-event objective.
    let next: [Linear?]
    /// The output that shares its weights with a field's table.
    public let tied: TiedSoftmax?
    /// The unit that ``tied`` predicts.
    let tiedUnit: Int?

    init(_ configuration: ModelConfiguration, _ plan: FeaturePlan, tables: [Parameter], in scope: inout ParameterScope) {
        let objectives = configuration.objectives
        let tiedUnit = objectives.nextEvent.tiedField.flatMap { field in plan.units.firstIndex { $0.field == field } }
        func heads(_ name: String, _ weight: Float, _ without: Int?, _ scope: inout ParameterScope) -> [Linear?] {
            plan.units.indices.map { unit in
                let classes = plan.classes(unit)
                guard weight > 0, classes > 0, unit != without else { return nil }
                return scope.scope("\(name).\(plan.units[unit].field)") {
                    Linear(inputs: configuration.embeddingSize, outputs: classes, in: &$0)
                }
            }
        }
        masked = heads("masked", objectives.maskedEvent.weight, nil, &scope)
        let summaryWeight = objectives.maskedEvent.weight > 0 ? objectives.maskedEvent.summaryWeight : 0
        summary = heads("summary", summaryWeight, nil, &scope)
        next = heads("next", objectives.nextEvent.weight, tiedUnit, &scope)
        self.tiedUnit = tiedUnit
        if let tiedUnit, objectives.nextEvent.weight > 0 {
            let lookup = plan.units[tiedUnit].lookup!
            let scale = objectives.nextEvent.cosineScale
            tied = scope.scope("tied") {
                TiedSoftmax(
                    table: tables[lookup], items: Int(Vocabulary.firstValue)..<plan.lookups[lookup].size,
                    cosineScale: scale > 0 ? scale : nil, in: &$0)
            }
        } else {
            tied = nil
        }
    }
}

/// Rows of a shard that one head predicts, and what its backward needs.
///
/// The loss is the sum of the rows' cross-entropies; it becomes a mean when all shards have counted.
struct HeadTape {
    /// Which unit of the plan the head predicts.
    let unit: Int
    let rows: UnsafePointer<Int32>
    let count: Int
    /// Softmax minus one-hot: the gradient of the sum.
    let difference: Rows
    let input: Rows

    /// Gathers the rows, scores the classes and leaves the gradient of the summed loss in place of the scores.
    static func forward(
        _ head: Linear, unit: Int, _ hidden: Rows, rows: UnsafePointer<Int32>, targets: UnsafePointer<Int32>, count: Int, _ pass: Pass
    ) -> (loss: Double, tape: HeadTape) {
        let input = pass.workspace.rows(count, hidden.width)
        vectorLoops.gatherRows(count, hidden.width, hidden.base, rows, input.base, hidden.width)
        let scores = head.forward(input, pass).output
        let classes = scores.width
        let logSums = pass.workspace.floats(max(1, count))
        vectorLoops.logSumExpRows(count, classes, scores.base, classes, logSums)
        var loss = 0.0
        for row in 0..<count { loss += Double(logSums[row] - scores[row][Int(targets[row])]) }
        vectorLoops.softmaxRows(count, classes, scores.base, classes, scores.base, classes)
        for row in 0..<count { scores[row][Int(targets[row])] -= 1 }
        return (loss, HeadTape(unit: unit, rows: rows, count: count, difference: scores, input: input))
    }

    /// Adds `scale` times the gradient of the summed loss to the head and to the hidden rows.
    func backward(_ head: Linear, scale: Float, into gradient: Rows, _ pass: Pass) {
        guard count > 0 else { return }
        vectorLoops.scale(difference.scalarCount, scale, difference.base, difference.base)
        let upstream = head.backward(difference, input, pass)
        vectorLoops.scatterAddRows(count, upstream.width, rows, nil, nil, upstream.base, upstream.width, gradient.base, 0, 1)
    }
}
