public import SequenceKernel

/// Ranks the true next item among all items the model knows, for test pairs: sessions whose last event is the target.
public struct NextItemEvaluation: Sendable {
    /// Pairs judged.
    public let pairs: Int
    /// The rank of each pair's target, from 1; 0 where the model does not know the target, which counts as a miss.
    public let ranks: [Int]

    /// Share of pairs whose target is among the first `count`.
    public func hitRate(at count: Int = 20) -> Double {
        pairs == 0 ? 0 : Double(ranks.count { $0 > 0 && $0 <= count }) / Double(pairs)
    }

    /// Mean of 1 / rank, 0 beyond `count`.
    public func meanReciprocalRank(at count: Int = 20) -> Double {
        pairs == 0 ? 0 : ranks.reduce(0.0) { $0 + ($1 > 0 && $1 <= count ? 1 / Double($1) : 0) } / Double(pairs)
    }

    /// Judges a model with a tied output on a table of pairs. Sessions with fewer than two events are left out. With a prior its mixture is
    /// judged, without one the network alone.
    public init(
        _ model: SequenceModel, _ weights: ParameterVector, _ encoding: FeatureEncoding, prior: NextItemPrior?, _ table: any EventTable,
        pool: WorkerPool
    ) throws(EncodingMismatch) {
        guard let tied = model.heads.tied, let unit = model.heads.tiedUnit, let lookup = model.plan.units[unit].lookup else {
            throw EncodingMismatch(differences: ["the model has no tied output over items (objectives.nextEvent.tiedField)"])
        }
        let events = try EncodedEvents(table, encoding)
        let sessions = (0..<table.sessionCount).filter { table.events(ofSession: $0).count > 1 }
        let embedder = SessionEmbedder(model, weights)
        let items = tied.items
        var ranks: [Int] = []
        ranks.reserveCapacity(sessions.count)
        let block = 256
        let scratch = embedder.makeScratch()
        let workspace = Workspace()
        let needsNetwork = prior.map { $0.settings.networkShare > 0 } ?? true
        for start in stride(from: 0, to: sessions.count, by: block) {
            let chosen = sessions[start..<min(start + block, sessions.count)]
            var targets: [Int32] = []
            var prefixes: [ArraySlice<Int32>] = []
            for session in chosen {
                let range = table.events(ofSession: session)
                var ids = [Int32](repeating: 0, count: range.count)
                ids.withUnsafeMutableBufferPointer { events.write(lookup: lookup, range, to: $0.baseAddress!) }
                targets.append(ids.last!)
                prefixes.append(ids.dropLast().map { $0 < Int32(items.lowerBound) ? -1 : $0 - Int32(items.lowerBound) }[...])
            }
            workspace.reset()
            let hidden = workspace.rows(chosen.count, tied.width)
            if needsNetwork { embedder.lastRows(events, prefixesOf: chosen, scratch, into: hidden) }
            guard let prior else {
                ranks += targets.withUnsafeBufferPointer { tied.ranks(hidden, targets: $0.baseAddress!, weights: weights, workspace, pool) }
                continue
            }
            let shifted = targets.map { items.contains(Int($0)) ? $0 - Int32(items.lowerBound) : -1 }
            guard needsNetwork else {
                ranks += prior.ranks(prefixes, targets: shifted, network: nil, pool)
                continue
            }
            let scores = Self.scores(tied, hidden, weights, workspace, pool)
            ranks += prior.ranks(prefixes, targets: shifted, network: { pair, _ in UnsafePointer(scores[pair]) }, pool)
        }
        self.ranks = ranks
        pairs = ranks.count
    }

    /// The network's scores of all items, `[M, V]`.
    private static func scores(
        _ tied: TiedSoftmax, _ hidden: Rows, _ weights: ParameterVector, _ workspace: Workspace, _ pool: WorkerPool
    ) -> Rows {
        let (count, width) = (tied.items.count, tied.width)
        let scores = workspace.rows(hidden.count, count)
        let transposed = workspace.rows(width, count)
        let table = weights.pointer(tied.table) + tied.items.lowerBound * width
        vectorLoops.transpose(count, width, table, width, transposed.base, count)
        let norms = workspace.floats(count)
        for item in 0..<count {
            let row = table + item * width
            norms[item] = tied.scale == nil ? 1 : 1 / max(vectorLoops.dot(width, row, row), 1e-24).squareRoot()
        }
        pool.run(hidden.count) { row, _ in
            let query = hidden[row]
            if let scale = tied.scale {
                let inverse = 1 / max(vectorLoops.dot(width, query, query), 1e-24).squareRoot()
                vectorLoops.scale(width, inverse * scale, query, query)
            }
            vectorLoops.product(1, count, width, query, width, 1, transposed.base, count, scores[row], count, false, nil, nil, 0)
            vectorLoops.multiply(count, scores[row], norms, scores[row])
        }
        return scores
    }
}

extension SessionEmbedder {
    /// The hidden row after the last event before each session's target: what predicts it.
    func lastRows(_ events: EncodedEvents, prefixesOf sessions: some Collection<Int>, _ scratch: Scratch, into output: Rows) {
        let stretches = sessions.map { session in
            Stretch(events: events.events(ofSession: session).dropLast().suffix(model.configuration.maximumEvents), visitor: 0, key: 0)
        }
        scratch.shard.fill(events, stretches[...])
        scratch.workspace.reset()
        let pass = Pass(weights: weights, workspace: scratch.workspace)
        let rows = model.hidden(EventView(scratch.shard), pass).output
        for session in 0..<sessions.count {
            let last = scratch.shard.offsets[session].upperBound - 1
            output[session].update(from: rows[last], count: rows.width)
        }
    }
}
