extension TiedSoftmax {
    /// The place of each target among all items: 1 + how many score higher, and as many as score the same. Ties count against the
    /// target, so that a model that gives every item the same score does not look good.
    ///
    /// - Parameters:
    ///   - hidden: `[M, D]`.
    ///   - targets: M table rows; one outside of ``items`` gets rank 0.
    public func ranks(
        _ hidden: Rows, targets: UnsafePointer<Int32>, weights: ParameterVector, _ workspace: Workspace, _ pool: WorkerPool
    ) -> [Int] {
        precondition(hidden.width == width, "TiedSoftmax.ranks: hidden [\(hidden.count), \(hidden.width)], table \(table.shape)")
        let evaluation = TiedEvaluation(self, hidden, weights, workspace, pool)
        let above = workspace.integers(max(1, hidden.count)), equal = workspace.integers(max(1, hidden.count))
        pool.run(evaluation.queries.chunkCount) { chunk, worker in
            evaluation.countBetter(chunk, worker, targets, above, equal)
        }
        return (0..<hidden.count).map { row in
            // The target equals itself.
            items.contains(Int(targets[row])) ? 1 + Int(above[row]) + max(0, Int(equal[row]) - 1) : 0
        }
    }

    /// The `count` items of highest score for each row, highest first, ties by the lower row number: table rows `[M, count]` and
    /// their scores. Where there are fewer items, -1 and -∞.
    public func top(
        _ count: Int, _ hidden: Rows, weights: ParameterVector, _ workspace: Workspace, _ pool: WorkerPool
    ) -> (items: [Int32], scores: [Float]) {
        precondition(
            count > 0 && hidden.width == width, "TiedSoftmax.top: \(count) for [\(hidden.count), \(hidden.width)] of \(table.shape)")
        let evaluation = TiedEvaluation(self, hidden, weights, workspace, pool)
        var best = [Int32](repeating: -1, count: hidden.count * count)
        var scores = [Float](repeating: -.infinity, count: hidden.count * count)
        best.withUnsafeMutableBufferPointer { best in
            scores.withUnsafeMutableBufferPointer { scores in
                guard let best = best.baseAddress, let scores = scores.baseAddress else { return }
                pool.run(evaluation.queries.chunkCount) { chunk, worker in evaluation.collect(count, chunk, worker, best, scores) }
            }
        }
        return (best, scores)
    }
}

/// Scores of all items for chunks of examples, a block at a time.
private struct TiedEvaluation {
    let softmax: TiedSoftmax
    let weights: ParameterVector
    let queries: TiedQueries
    /// All item vectors, normalised once.
    let vectors: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
    static let scratchSize = TiedSoftmax.blockSize * TiedSoftmax.chunkRow + TiedSoftmax.chunkRow

    init(_ softmax: TiedSoftmax, _ hidden: Rows, _ weights: ParameterVector, _ workspace: Workspace, _ pool: WorkerPool) {
        self.softmax = softmax
        self.weights = weights
        queries = TiedQueries(hidden, scale: softmax.scale, workspace, pool)
        scratch = workspace.floats(pool.threads * Self.scratchSize)
        let width = softmax.width
        if softmax.scale == nil {
            vectors = weights.pointer(softmax.table) + softmax.items.lowerBound * width
        } else {
            let target = workspace.floats(softmax.items.count * width)
            pool.run(softmax.blockCount) { block, _ in
                let rows = softmax.rows(block: block)
                _ = softmax.itemVectors(rows, weights, target + (rows.lowerBound - softmax.items.lowerBound) * width)
            }
            vectors = target
        }
    }

    private func scores(_ block: Int, _ chunk: Int, _ target: UnsafeMutablePointer<Float>) -> Range<Int> {
        let rows = softmax.rows(block: block)
        softmax.scores(vectors + (rows.lowerBound - softmax.items.lowerBound) * softmax.width, rows.count, queries, chunk: chunk, target)
        return rows
    }

    func countBetter(
        _ chunk: Int, _ worker: Int, _ targets: UnsafePointer<Int32>, _ above: UnsafeMutablePointer<Int32>,
        _ equal: UnsafeMutablePointer<Int32>
    ) {
        let examples = queries.rows(chunk)
        let block = scratch + worker * Self.scratchSize
        let own = block + TiedSoftmax.blockSize * TiedSoftmax.chunkRow
        for example in examples {
            let item = Int(targets[example])
            let local = example - examples.lowerBound
            above[example] = 0
            equal[example] = 0
            own[local] = .infinity
            guard softmax.items.contains(item) else { continue }
            // By the same product as the block's scores, so that the target equals itself to the last bit.
            vectorLoops.product(
                1, 1, softmax.width, vectors + (item - softmax.items.lowerBound) * softmax.width, softmax.width, 1,
                queries.transposed(chunk) + local, TiedSoftmax.chunkRow, own + local, 1, false, nil, nil, 0)
            if let bias = softmax.bias { own[local] += weights.pointer(bias)[item - softmax.items.lowerBound] }
        }
        for number in 0..<softmax.blockCount {
            let rows = scores(number, chunk, block)
            columnLoops.ranks(
                rows.count, examples.count, block, TiedSoftmax.chunkRow, softmax.bias(rows, weights), own, above + examples.lowerBound,
                equal + examples.lowerBound)
        }
    }

    func collect(
        _ count: Int, _ chunk: Int, _ worker: Int, _ best: UnsafeMutablePointer<Int32>, _ scores: UnsafeMutablePointer<Float>
    ) {
        let examples = queries.rows(chunk)
        let block = scratch + worker * Self.scratchSize
        let threshold = block + TiedSoftmax.blockSize * TiedSoftmax.chunkRow
        threshold.update(repeating: -.infinity, count: TiedSoftmax.chunkRow)
        for number in 0..<softmax.blockCount {
            let rows = self.scores(number, chunk, block)
            let bias = softmax.bias(rows, weights)
            for row in 0..<rows.count {
                let shift = bias?[row] ?? 0
                let line = block + row * TiedSoftmax.chunkRow
                var local = 0
                while local < examples.count {
                    if local + 8 <= examples.count {
                        let hits = (SIMD8<Float>(loading: line + local) + shift) .> SIMD8<Float>(loading: threshold + local)
                        if !any(hits) {
                            local += 8
                            continue
                        }
                    }
                    for candidate in local..<min(local + 8, examples.count) where line[candidate] + shift > threshold[candidate] {
                        let start = (examples.lowerBound + candidate) * count
                        threshold[candidate] = Self.insert(
                            Int32(rows.lowerBound + row), line[candidate] + shift, count, best + start, scores + start)
                    }
                    local += 8
                }
            }
        }
    }

    /// Puts an item into a list sorted by falling score; returns the score to beat from now on.
    private static func insert(
        _ item: Int32, _ score: Float, _ count: Int, _ items: UnsafeMutablePointer<Int32>, _ scores: UnsafeMutablePointer<Float>
    ) -> Float {
        var place = count - 1
        while place > 0 && scores[place - 1] < score {
            scores[place] = scores[place - 1]
            items[place] = items[place - 1]
            place -= 1
        }
        scores[place] = score
        items[place] = item
        return scores[count - 1]
    }
}
