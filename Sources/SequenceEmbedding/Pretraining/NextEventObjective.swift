internal import SequenceKernel

/// The next event's fields are predicted: after every event by a causal encoder, for each session's hidden last event by a
/// bidirectional one. Fields have heads of their own; a tied field competes over its whole table, for the whole batch at once.
struct NextEventObjective {
    let model: SequenceModel

    /// One shard's part of a step.
    struct Tape {
        let view: EventView
        let model: SequenceModel.Tape
        let hidden: Rows
        var heads: WorkspaceList<HeadTape>
        /// Rows that predict, and what: the tied field's.
        var tiedRows: UnsafeMutablePointer<Int32>
        var tiedTargets: UnsafeMutablePointer<Int32>
        var tiedCount = 0
    }

    func forward(_ shard: ShardBatch, _ totals: inout FieldTotals, _ pass: Pass) -> Tape? {
        let rows = shard.rowCount
        guard rows > 0 else { return nil }
        let isCausal = model.configuration.isCausal
        // Places that predict, and the rows whose fields they predict.
        let places = pass.workspace.integers(rows)
        let sources = pass.workspace.integers(rows)
        var count = 0
        var view = EventView(shard)
        if isCausal {
            for session in 0..<shard.sessionCount {
                for row in shard.offsets[session].dropLast() {
                    (places[count], sources[count]) = (Int32(row), Int32(row + 1))
                    count += 1
                }
            }
        } else {
            let units = model.plan.units.count
            let hiding = pass.workspace.integers(units * rows)
            hiding.update(repeating: EventView.Hiding.none, count: units * rows)
            for session in 0..<shard.sessionCount where shard.offsets[session].count > 1 {
                let last = shard.offsets[session].upperBound - 1
                for unit in 0..<units { hiding[unit * rows + last] = EventView.Hiding.masked }
                (places[count], sources[count]) = (Int32(last), Int32(last))
                count += 1
            }
            view = EventView(shard, hiding: hiding, pass.workspace)
        }
        let (hidden, tape) = model.hidden(view, pass)
        var result = Tape(
            view: view, model: tape, hidden: hidden,
            heads: WorkspaceList(capacity: model.plan.units.count, in: pass.workspace), tiedRows: pass.workspace.integers(max(1, count)),
            tiedTargets: pass.workspace.integers(max(1, count)))
        for unit in model.plan.units.indices {
            if unit == model.heads.tiedUnit, let tied = model.heads.tied {
                let targets = shard.targets(unit: unit)
                for index in 0..<count where tied.items.contains(Int(targets[Int(sources[index])])) {
                    result.tiedRows[result.tiedCount] = places[index]
                    result.tiedTargets[result.tiedCount] = targets[Int(sources[index])]
                    result.tiedCount += 1
                }
                continue
            }
            guard let head = model.heads.next[unit] else { continue }
            let targets = shard.targets(unit: unit)
            let unknown = model.plan.unknownID(unit)
            let used = pass.workspace.integers(max(1, count))
            let classes = pass.workspace.integers(max(1, count))
            var kept = 0
            for index in 0..<count {
                let target = targets[Int(sources[index])]
                guard target != unknown, target >= 0, Int(target) < head.outputs else { continue }
                (used[kept], classes[kept]) = (places[index], target)
                kept += 1
            }
            guard kept > 0 else { continue }
            let (loss, headTape) = HeadTape.forward(head, unit: unit, hidden, rows: used, targets: classes, count: kept, pass)
            totals.add(unit, loss, kept)
            result.heads.append(headTape)
        }
        return result
    }

    func backward(_ tape: Tape, scales: [Float], tiedGradient: Rows?, _ pass: Pass) {
        let gradient = pass.workspace.rows(tape.hidden.count, tape.hidden.width)
        gradient.clear()
        for head in tape.heads { head.backward(model.heads.next[head.unit]!, scale: scales[head.unit], into: gradient, pass) }
        if let tiedGradient {
            vectorLoops.scatterAddRows(
                tape.tiedCount, gradient.width, tape.tiedRows, nil, nil, tiedGradient.base, gradient.width, gradient.base, 0, 1)
        }
        model.backward(gradient, tape.view, tape.model, pass)
    }
}

/// The tied field's loss over the whole batch: rows of all shards one after another, in shard order.
struct TiedJoint {
    /// Gradient of each shard's rows; nil where the shard has none.
    var gradients: [Rows?] = []

    /// The mean cross-entropy times `weight`; the table's gradient is added to.
    mutating func run(
        _ tied: TiedSoftmax, _ tapes: some Collection<NextEventObjective.Tape?>, weight: Float, _ passes: [Pass], _ pool: WorkerPool,
        tableGradients: UnsafeMutablePointer<Float>
    ) -> Double {
        gradients.removeAll(keepingCapacity: true)
        for _ in tapes { gradients.append(nil) }
        let count = tapes.reduce(0) { $0 + ($1?.tiedCount ?? 0) }
        guard count > 0 else { return 0 }
        let workspace = passes[0].workspace
        let hidden = workspace.rows(count, tied.width)
        let gradient = workspace.rows(count, tied.width)
        let targets = workspace.integers(count)
        let factors = workspace.floats(count)
        factors.update(repeating: weight / Float(count), count: count)
        var row = 0
        for (shard, tape) in tapes.enumerated() {
            guard let tape else { continue }
            vectorLoops.gatherRows(
                tape.tiedCount, tied.width, tape.hidden.base, tape.tiedRows, hidden.base + row * tied.width, tied.width)
            (targets + row).update(from: tape.tiedTargets, count: tape.tiedCount)
            gradients[shard] = gradient.rows(row..<row + tape.tiedCount)
            row += tape.tiedCount
        }
        return Double(
            tied.loss(
                hidden, targets: targets, factors: factors, weights: passes[0].weights, hiddenGradient: gradient,
                tableGradients: tableGradients, workspace, pool))
    }
}
