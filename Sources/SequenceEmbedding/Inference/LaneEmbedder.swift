internal import SequenceKernel

/// The fast way from sessions to embeddings, for Transformers: some sessions at a time go from ids to embeddings within one worker, in
/// memory that stays in its cache and is used again.
///
/// An embedding differs from ``SequenceModel/embed(_:_:)`` by rounding only (about 1e-6) and never depends on the sessions beside it.
final class LaneEmbedder: @unchecked Sendable {
    private let model: SequenceModel
    private let transformer: LaneTransformer
    private let folded: FoldedTables?

    /// Events taken through the layers together, unless one session alone has more: as many as leave a layer's rows and weights room in the
    /// second-level cache, in whole blocks.
    let chunkEvents: Int

    /// Nil for another encoder than a Transformer.
    init?(_ model: SequenceModel, _ weights: ParameterVector, foldedBytes: Int) {
        guard case .transformer(let encoder) = model.encoder else { return nil }
        self.model = model
        transformer = LaneTransformer(encoder, weights)
        folded = FoldedTables(model, weights, greatestBytes: foldedBytes)
        chunkEvents = model.configuration.width <= 32 ? 480 : 240
    }

    /// Embeds the scratch's stretches of events, one a session.
    func embed(
        _ events: EncodedEvents, _ scratch: SessionEmbedder.Scratch, _ transposes: TransposedWeights, _ weights: ParameterVector,
        into output: UnsafeMutablePointer<Float>
    ) {
        let stretches = scratch.stretches
        var first = 0, rows = 0
        var target = output
        for index in stretches.indices {
            if rows > 0 && rows + stretches[index].count > chunkEvents {
                embed(events, stretches[first..<index], scratch, transposes, weights, into: target)
                target += (index - first) * model.configuration.embeddingSize
                (first, rows) = (index, 0)
            }
            rows += stretches[index].count
        }
        embed(events, stretches[first...], scratch, transposes, weights, into: target)
    }

    private func embed(
        _ events: EncodedEvents, _ stretches: ArraySlice<Range<Int>>, _ scratch: SessionEmbedder.Scratch, _ transposes: TransposedWeights,
        _ weights: ParameterVector, into output: UnsafeMutablePointer<Float>
    ) {
        let workspace = scratch.workspace
        workspace.reset()
        let pass = Pass(weights: weights, workspace: workspace, transposes: transposes)
        let width = model.configuration.width
        let offsets: SequenceOffsets, row: Int, x: UnsafeMutablePointer<Float>
        if let folded {
            scratch.columns.fill(events, stretches, folded)
            offsets = scratch.columns.offsets
            row = Self.rowFloats(offsets.rowCount)
            x = workspace.floats(LaneLoops.padded(width) * row)
            scratch.columns.write(to: x, row: row, folded, workspace)
        } else {
            scratch.fillShard(events, stretches)
            let view = EventView(scratch.shard)
            offsets = view.offsets
            row = Self.rowFloats(offsets.rowCount)
            x = workspace.floats(LaneLoops.padded(width) * row)
            let mark = workspace.mark
            let rows = model.places.forward(model.events.forward(view, pass).output, offsets, pass)
            laneLoops.lanesOfRows(rows.count, width, rows.base, width, x, row)
            workspace.release(to: mark)
        }
        transformer.apply(x, row: row, offsets, workspace)
        pool(x, row, offsets, pass, into: output)
    }

    /// Room for the lanes and a block behind them; an odd number of cache lines, so that rows do not all fall into the same sets.
    private static func rowFloats(_ lanes: Int) -> Int { ((lanes + LaneLoops.blockLanes + 15) / 16 | 1) * 16 }

    private func pool(
        _ x: UnsafeMutablePointer<Float>, _ row: Int, _ offsets: SequenceOffsets, _ pass: Pass, into output: UnsafeMutablePointer<Float>
    ) {
        let width = model.configuration.width, size = model.configuration.embeddingSize
        let kind = model.configuration.pooling
        guard kind == .mean || kind == .last else {
            // These do not commute with the projection, and are rare: the model's own layers do them.
            var rows = pass.workspace.rows(offsets.rowCount, width)
            vectorLoops.transpose(width, rows.count, x, row, rows.base, width)
            if let projection = model.projection { rows = projection.forward(rows, pass).output }
            let pooled = model.pooling.forward(rows, offsets, pass).output
            output.update(from: pooled.base, count: pooled.scalarCount)
            return
        }
        let pooled = model.projection == nil ? Rows(output, count: offsets.count, width: width) : pass.workspace.rows(offsets.count, width)
        if kind == .mean {
            laneLoops.means(offsets.base, offsets.count, width, x, row, pooled.base, width)
        } else {
            for sequence in 0..<offsets.count {
                let last = offsets[sequence].last
                for feature in 0..<width { pooled[sequence][feature] = last.map { x[feature * row + $0] } ?? 0 }
            }
        }
        guard let projection = model.projection else { return }
        let projected = Rows(output, count: offsets.count, width: size)
        projection.apply(pooled, into: projected, pass)
        for sequence in 0..<offsets.count where offsets[sequence].isEmpty { projected[sequence].update(repeating: 0, count: size) }
    }
}
