internal import Glibc

extension TiedSoftmax {
    /// The loss, the hidden rows' gradient, and the table's (and bias's) added to.
    ///
    /// - Parameters:
    ///   - hidden: `[M, D]`, gathered from all shards.
    ///   - targets: M rows of the table, inside ``items``; a negative one has no loss.
    ///   - factors: what each row's loss counts, such as 1 / M for a mean; M of them.
    ///   - hiddenGradient: `[M, D]`, overwritten.
    ///   - tableGradients: the shared gradient of the table space.
    ///   - biasGradient: the dense gradient of ``bias``; needed when there is one.
    ///   - workspace: scratch, about (16 + 3) M D floats and the workers' blocks.
    public func loss(
        _ hidden: Rows, targets: UnsafePointer<Int32>, factors: UnsafePointer<Float>, weights: ParameterVector, hiddenGradient: Rows,
        tableGradients: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>? = nil, _ workspace: Workspace,
        _ pool: WorkerPool
    ) -> Float {
        precondition(
            hidden.width == width && hiddenGradient.width == width && hiddenGradient.count == hidden.count,
            "TiedSoftmax.loss: hidden [\(hidden.count), \(hidden.width)], gradient [\(hiddenGradient.count), \(hiddenGradient.width)], "
                + "table \(table.shape)")
        precondition((bias == nil) == (biasGradient == nil), "TiedSoftmax.loss: bias and biasGradient go together")
        guard hidden.count > 0 else { return 0 }
        let step = TiedStep(self, hidden, targets, factors, weights, workspace, pool)
        pool.run(groupCount, TiedStep.Sums(step: step))
        let loss = step.finishSums()
        pool.run(groupCount, TiedStep.Gradients(step: step, table: tableGradients, bias: biasGradient))
        pool.run(step.queries.chunkCount, TiedStep.HiddenGradient(step: step, result: hiddenGradient))
        return loss
    }
}

/// One step of ``TiedSoftmax``: its scratch, and the parts of work that go to the pool.
private struct TiedStep {
    let softmax: TiedSoftmax
    let weights: ParameterVector
    let queries: TiedQueries
    let targets: UnsafePointer<Int32>
    let factors: UnsafePointer<Float>
    /// No score is larger; nil where none is known.
    let bound: Float?
    /// Per group and example: largest score so far and sum of exponentials.
    let most: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Float>
    /// Per group: sum of its items' vectors, for label smoothing.
    let vectorSums: UnsafeMutablePointer<Float>
    /// Per example.
    let logSums: UnsafeMutablePointer<Float>
    let activeFactors: UnsafeMutablePointer<Float>
    /// Per group: the hidden rows' gradient `[M, D]`.
    let hiddenParts: UnsafeMutablePointer<Float>
    /// Per worker: item vectors, their gradient, their inverse norms, a block of scores.
    let scratch: UnsafeMutablePointer<Float>
    let scratchSize: Int
    let ones: UnsafeMutablePointer<Float>

    init(
        _ softmax: TiedSoftmax, _ hidden: Rows, _ targets: UnsafePointer<Int32>, _ factors: UnsafePointer<Float>,
        _ weights: ParameterVector, _ workspace: Workspace, _ pool: WorkerPool
    ) {
        self.softmax = softmax
        self.weights = weights
        self.targets = targets
        self.factors = factors
        queries = TiedQueries(hidden, scale: softmax.scale, workspace, pool)
        // Beyond 40 an example whose scores are all near -scale would lose its sum to underflow.
        if let scale = softmax.scale, scale <= 40, softmax.bias == nil { bound = scale } else { bound = nil }
        let count = hidden.count, groups = softmax.groupCount, width = softmax.width
        most = workspace.floats(groups * count)
        sums = workspace.floats(groups * count)
        vectorSums = workspace.floats(groups * width)
        logSums = workspace.floats(count)
        activeFactors = workspace.floats(count)
        hiddenParts = workspace.floats(groups * count * width)
        ones = workspace.floats(TiedSoftmax.chunkSize)
        ones.update(repeating: 1, count: TiedSoftmax.chunkSize)
        scratchSize = TiedSoftmax.blockSize * (2 * width + TiedSoftmax.chunkRow + 1)
        scratch = workspace.floats(pool.threads * scratchSize)
    }

    struct Sums: SharedWork {
        let step: TiedStep
        func perform(_ group: Int, worker: Int) { step.sumExponentials(group, worker) }
    }

    struct Gradients: SharedWork {
        let step: TiedStep
        let table: UnsafeMutablePointer<Float>
        let bias: UnsafeMutablePointer<Float>?
        func perform(_ group: Int, worker: Int) { step.addGradients(group, worker, table, bias) }
    }

    struct HiddenGradient: SharedWork {
        let step: TiedStep
        let result: Rows
        func perform(_ chunk: Int, worker: Int) { step.finishHidden(chunk, result) }
    }

    private func vectors(_ worker: Int) -> UnsafeMutablePointer<Float> { scratch + worker * scratchSize }
    private func gradient(_ worker: Int) -> UnsafeMutablePointer<Float> { vectors(worker) + TiedSoftmax.blockSize * softmax.width }
    private func scores(_ worker: Int) -> UnsafeMutablePointer<Float> { gradient(worker) + TiedSoftmax.blockSize * softmax.width }
    private func norms(_ worker: Int) -> UnsafeMutablePointer<Float> { scores(worker) + TiedSoftmax.blockSize * TiedSoftmax.chunkRow }

    /// First pass over the blocks of a group.
    func sumExponentials(_ group: Int, _ worker: Int) {
        let sums = sums + group * queries.count, most = most + group * queries.count
        sums.update(repeating: 0, count: queries.count)
        most.update(repeating: -.infinity, count: queries.count)
        let vectorSum = vectorSums + group * softmax.width
        vectorSum.update(repeating: 0, count: softmax.width)
        let scores = scores(worker)
        for block in softmax.blocks(group: group) {
            let rows = softmax.rows(block: block)
            let vectors = softmax.itemVectors(rows, weights, vectors(worker))
            let bias = softmax.bias(rows, weights)
            if softmax.labelSmoothing > 0 { vectorLoops.columnSums(rows.count, softmax.width, vectors, softmax.width, vectorSum) }
            for chunk in 0..<queries.chunkCount {
                let examples = queries.rows(chunk)
                softmax.scores(vectors, rows.count, queries, chunk: chunk, scores)
                if let bound {
                    columnLoops.exponentialSums(
                        rows.count, examples.count, scores, TiedSoftmax.chunkRow, bias, bound, sums + examples.lowerBound)
                } else {
                    columnLoops.onlineSums(
                        rows.count, examples.count, scores, TiedSoftmax.chunkRow, bias, most + examples.lowerBound,
                        sums + examples.lowerBound)
                }
            }
        }
    }

    /// Adds the groups' sums in order and returns the loss.
    func finishSums() -> Float {
        let width = softmax.width, count = Float(softmax.items.count), smoothing = softmax.labelSmoothing
        for group in 1..<max(1, softmax.groupCount) where smoothing > 0 {
            vectorLoops.add(width, vectorSums, vectorSums + group * width, vectorSums)
        }
        var meanBias: Float = 0
        if smoothing > 0, let bias = softmax.bias {
            for index in 0..<softmax.items.count { meanBias += weights.pointer(bias)[index] }
            meanBias /= count
        }
        var loss = 0.0
        for row in 0..<queries.count {
            let target = Int(targets[row])
            guard target >= 0 else {
                logSums[row] = 0
                activeFactors[row] = 0
                continue
            }
            precondition(softmax.items.contains(target), "TiedSoftmax.loss: target \(target) outside of items \(softmax.items)")
            var peak = bound ?? -.infinity
            if bound == nil { for group in 0..<softmax.groupCount { peak = max(peak, most[group * queries.count + row]) } }
            var sum: Double = 0
            for group in 0..<softmax.groupCount {
                let part = sums[group * queries.count + row]
                sum += bound == nil ? Double(part) * exp(Double(most[group * queries.count + row] - peak)) : Double(part)
            }
            let logSum = Double(peak) + log(sum)
            logSums[row] = Float(logSum)
            activeFactors[row] = factors[row]
            let hidden = queries.scaled + row * width
            let item = weights.pointer(softmax.table) + target * width
            var score = vectorLoops.dot(width, hidden, item)
            if softmax.scale != nil { score *= TiedSoftmax.inverseNorm(item, width) }
            if let bias = softmax.bias { score += weights.pointer(bias)[target - softmax.items.lowerBound] }
            var own = logSum - Double(score) * Double(1 - smoothing)
            if smoothing > 0 { own -= Double(smoothing * (vectorLoops.dot(width, hidden, vectorSums) / count + meanBias)) }
            loss += own * Double(factors[row])
        }
        return Float(loss)
    }

    /// Second pass over the blocks of a group: the table's gradient whole, the hidden rows' as the group's part.
    func addGradients(
        _ group: Int, _ worker: Int, _ tableGradients: UnsafeMutablePointer<Float>, _ biasGradient: UnsafeMutablePointer<Float>?
    ) {
        let width = softmax.width, smoothing = softmax.labelSmoothing
        let hidden = hiddenParts + group * queries.count * width
        hidden.update(repeating: 0, count: queries.count * width)
        let scores = scores(worker), gradient = gradient(worker), norms = norms(worker)
        for block in softmax.blocks(group: group) {
            let rows = softmax.rows(block: block)
            let vectors = softmax.itemVectors(rows, weights, vectors(worker), inverseNorms: norms)
            let bias = softmax.bias(rows, weights)
            for chunk in 0..<queries.chunkCount {
                let examples = queries.rows(chunk)
                softmax.scores(vectors, rows.count, queries, chunk: chunk, scores)
                columnLoops.softmaxGradient(
                    rows.count, examples.count, scores, TiedSoftmax.chunkRow, bias, logSums + examples.lowerBound,
                    activeFactors + examples.lowerBound, smoothing / Float(softmax.items.count))
                for example in examples {
                    let row = Int(targets[example]) - rows.lowerBound
                    if row >= 0 && row < rows.count {
                        scores[row * TiedSoftmax.chunkRow + example - examples.lowerBound] -= (1 - smoothing) * factors[example]
                    }
                }
                vectorLoops.product(
                    rows.count, width, examples.count, scores, TiedSoftmax.chunkRow, 1, queries.scaled + examples.lowerBound * width, width,
                    gradient, width, chunk > 0, nil, nil, 0)
                vectorLoops.product(
                    examples.count, width, rows.count, scores, 1, TiedSoftmax.chunkRow, vectors, width,
                    hidden + examples.lowerBound * width,
                    width, true, nil, nil, 0)
                if let biasGradient {
                    let target = biasGradient + (rows.lowerBound - softmax.items.lowerBound)
                    for row in 0..<rows.count {
                        target[row] += vectorLoops.dot(examples.count, scores + row * TiedSoftmax.chunkRow, ones)
                    }
                }
            }
            let table = tableGradients + softmax.table.offset + rows.lowerBound * width
            for row in 0..<rows.count {
                let own = gradient + row * width, vector = vectors + row * width
                if softmax.scale != nil {
                    // Through ê = e / |e|: the part along ê is lost, the rest shrinks by the norm.
                    vectorLoops.axpy(width, -vectorLoops.dot(width, own, vector), vector, own)
                    vectorLoops.axpy(width, norms[row], own, table + row * width)
                } else {
                    vectorLoops.axpy(width, 1, own, table + row * width)
                }
            }
        }
    }

    /// Adds the groups' parts of a chunk in order and goes back through the normalisation.
    func finishHidden(_ chunk: Int, _ result: Rows) {
        let width = softmax.width
        let rows = queries.rows(chunk)
        let start = rows.lowerBound * width, count = rows.count * width
        let target = result.base + start
        target.update(from: hiddenParts + start, count: count)
        for group in 1..<max(1, softmax.groupCount) {
            vectorLoops.add(count, target, hiddenParts + group * queries.count * width + start, target)
        }
        guard let scale = softmax.scale else { return }
        for row in rows {
            // scaled = scale · ĥ, so ĥ (ĥ · g) = scaled (scaled · g) / scale².
            let scaled = queries.scaled + row * width
            let along = vectorLoops.dot(width, result[row], scaled) / (scale * scale)
            vectorLoops.axpy(width, -along, scaled, result[row])
            vectorLoops.scale(width, scale * queries.inverseNorms[row], result[row], result[row])
        }
    }
}
