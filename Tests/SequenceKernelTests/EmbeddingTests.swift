import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct EmbeddingTests {
    /// Adds notes up the slow way.
    private func sum(_ scatter: GradientScatter, _ count: Int) -> [Float] {
        var table = [Float](repeating: 0, count: count)
        for note in scatter.notes {
            let width = note.table.shape[1]
            for lookup in 0..<note.count where note.rows[lookup] >= 0 {
                let owner = note.owners.map { Int($0[lookup]) } ?? lookup
                for column in 0..<width {
                    table[Int(note.rows[lookup]) * width + column] +=
                        (note.scales?[lookup] ?? 1) * note.gradient[owner * note.stride + column]
                }
            }
        }
        return table
    }

    private func check(
        _ scope: ParameterScope, _ table: Parameter, outputs: Int,
        _ run: (UnsafeMutablePointer<Float>, Pass) -> (UnsafePointer<Float>) -> Void
    ) -> [String] {
        let weights = ParameterVector(scope, seed: 1)
        let workspace = Workspace()
        let scatter = GradientScatter()
        var random = RandomSource(2)
        let projection = random.floats(outputs)
        func forward() -> (Rows, (UnsafePointer<Float>) -> Void) {
            workspace.reset()
            let output = workspace.rows(1, outputs)
            output.clear()
            return (output, run(output.base, Pass(weights: weights, workspace: workspace, scatter: scatter)))
        }
        let (_, backward) = forward()
        let upstream = workspace.rows(projection, width: outputs)
        backward(upstream.base)
        let gradient = sum(scatter, table.count)
        return checkGradients([CheckedVariable(table.name, values: weights.pointer(table), gradient: gradient)], seed: 3, samples: 40) {
            zip(forward().0.scalars, projection).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        }
    }

    /// Repeated ids, a negative one, and a stride wider than the row.
    @Test(arguments: [3, 16, 21]) func lookup(width: Int) {
        var scope = ParameterScope()
        let embedding = Embedding(count: 7, width: width, in: &scope)
        let ids: [Int32] = [0, 3, 3, -1, 6]
        let failures = ids.withUnsafeBufferPointer { ids in
            check(scope, embedding.table, outputs: 5 * (width + 2)) { output, pass in
                embedding.forward(ids.baseAddress!, rows: 5, into: output, stride: width + 2, pass)
                return { embedding.backward($0, stride: width + 2, ids.baseAddress!, rows: 5, pass) }
            }
        }
        #expect(failures == [])
    }

    @Test(arguments: [nil, 2 as Int32?]) func bags(emptyRow: Int32?) {
        var scope = ParameterScope()
        let bag = EmbeddingBag(count: 6, width: 5, emptyRow: emptyRow, in: &scope)
        let ids: [Int32] = [0, 1, 1, 5, 4], offsets: [Int32] = [0, 3, 3, 5]
        let weights = ParameterVector(scope, seed: 1)
        let table = weights[bag.table]
        let workspace = Workspace()
        var output = [Float](repeating: 9, count: 15)
        _ = bag.forward(ids, offsets, bags: 3, into: &output, stride: 5, Pass(weights: weights, workspace: workspace))
        for column in 0..<5 {
            #expect(abs(output[column] - (table[column] + 2 * table[5 + column]) / 3) < 1e-6)
            #expect(output[5 + column] == (emptyRow == nil ? 0 : table[10 + column]))
        }
        let failures = ids.withUnsafeBufferPointer { ids in
            offsets.withUnsafeBufferPointer { offsets in
                check(scope, bag.table, outputs: 15) { output, pass in
                    let tape = bag.forward(ids.baseAddress!, offsets.baseAddress!, bags: 3, into: output, stride: 5, pass)
                    return { bag.backward($0, stride: 5, tape, pass) }
                }
            }
        }
        #expect(failures == [])
    }

    /// The fast scatter, in one part and in three, gives what the slow sum gives.
    @Test func scatterInParts() {
        var random = RandomSource(5)
        let ids: [Int32] = (0..<50).map { _ in Int32(random.below(9)) - 1 }
        let gradients = random.floats(50 * 6)
        for loops in builds {
            var whole = [Float](repeating: 0, count: 48), parts = whole, slow = whole
            loops.scatterAddRows(50, 6, ids, nil, nil, gradients, 6, &whole, 0, 1)
            for part in 0..<3 { loops.scatterAddRows(50, 6, ids, nil, nil, gradients, 6, &parts, part, 3) }
            for (lookup, id) in ids.enumerated() where id >= 0 {
                for column in 0..<6 { slow[Int(id) * 6 + column] += gradients[lookup * 6 + column] }
            }
            #expect(whole == parts)
            #expect(whole.difference(from: slow, absoluteTolerance: 1e-6) == nil)
        }
    }
}
