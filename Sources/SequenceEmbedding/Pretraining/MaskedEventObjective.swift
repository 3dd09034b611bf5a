internal import SequenceKernel

/// Fields of hidden events are predicted from the rest of the session: mean cross-entropy of each field over its hidden places in
/// the batch, then the mean over the fields. With a summary weight the same fields are predicted from the session's embedding, too.
struct MaskedEventObjective {
    let model: SequenceModel
    let masking: EventMasking
    /// Hidden places given from outside in place of random ones: `(shard, hiding [units, N])`.
    var given: (@Sendable (ShardBatch, UnsafeMutablePointer<Int32>) -> Void)?

    /// One shard's part of a step.
    struct Tape {
        let view: EventView
        let model: SequenceModel.Tape
        let hidden: Rows
        var heads: WorkspaceList<HeadTape>
        var pooled: (rows: Rows, tape: Pooling.Tape)?
        var summaryHeads: WorkspaceList<HeadTape>
    }

    func forward(_ shard: ShardBatch, _ totals: inout FieldTotals, _ summaryTotals: inout FieldTotals, _ pass: Pass) -> Tape? {
        let rows = shard.rowCount
        guard rows > 0 else { return nil }
        let units = model.plan.units.count
        let hiding = pass.workspace.integers(units * rows)
        if let given { given(shard, hiding) } else { masking.choose(shard, hiding) }
        let view = EventView(shard, hiding: hiding, pass.workspace)
        let (hidden, tape) = model.hidden(view, pass)
        var result = Tape(
            view: view, model: tape, hidden: hidden, heads: WorkspaceList(capacity: units, in: pass.workspace),
            summaryHeads: WorkspaceList(capacity: units, in: pass.workspace))
        let sessionOfRow = pass.workspace.integers(rows)
        for session in 0..<shard.sessionCount { for row in shard.offsets[session] { sessionOfRow[row] = Int32(session) } }
        if model.heads.summary.contains(where: { $0 != nil }) {
            let (pooled, pooling) = model.pooling.forward(hidden, view.offsets, pass)
            result.pooled = (pooled, pooling)
        }
        for unit in 0..<units {
            guard let head = model.heads.masked[unit] else { continue }
            let targets = shard.targets(unit: unit)
            let unknown = model.plan.unknownID(unit)
            let places = pass.workspace.integers(rows)
            let classes = pass.workspace.integers(rows)
            var count = 0
            for row in 0..<rows where hiding[unit * rows + row] == EventView.Hiding.masked {
                let target = targets[row]
                guard target != unknown, target >= 0, Int(target) < head.outputs else { continue }
                places[count] = Int32(row)
                classes[count] = target
                count += 1
            }
            guard count > 0 else { continue }
            let (loss, headTape) = HeadTape.forward(head, unit: unit, hidden, rows: places, targets: classes, count: count, pass)
            totals.add(unit, loss, count)
            result.heads.append(headTape)
            guard let summary = model.heads.summary[unit], let pooled = result.pooled?.rows else { continue }
            let sessions = pass.workspace.integers(count)
            for index in 0..<count { sessions[index] = sessionOfRow[Int(places[index])] }
            let (summaryLoss, summaryTape) = HeadTape.forward(
                summary, unit: unit, pooled, rows: sessions, targets: classes, count: count, pass)
            summaryTotals.add(unit, summaryLoss, count)
            result.summaryHeads.append(summaryTape)
        }
        return result
    }

    func backward(_ tape: Tape, scales: [Float], summaryScales: [Float], _ pass: Pass) {
        var gradient = pass.workspace.rows(tape.hidden.count, tape.hidden.width)
        gradient.clear()
        if let pooled = tape.pooled {
            let upstream = pass.workspace.rows(pooled.rows.count, pooled.rows.width)
            upstream.clear()
            for head in tape.summaryHeads {
                head.backward(model.heads.summary[head.unit]!, scale: summaryScales[head.unit], into: upstream, pass)
            }
            gradient = model.pooling.backward(upstream, tape.view.offsets, pooled.tape, pass)
        }
        for head in tape.heads { head.backward(model.heads.masked[head.unit]!, scale: scales[head.unit], into: gradient, pass) }
        model.backward(gradient, tape.view, tape.model, pass)
    }
}

extension FeaturePlan {
    /// The class that means *unknown* and is never a target.
    func unknownID(_ unit: Int) -> Int32 { units[unit].lookup.map { lookups[$0].unknownID } ?? Vocabulary.unknown }
}
