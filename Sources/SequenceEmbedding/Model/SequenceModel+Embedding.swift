public import SequenceKernel

/// The way to embeddings and back, for what is trained or explained on top of them.
extension SequenceModel {
    /// What backward needs, from pooled rows to event vectors.
    public struct EmbeddingTape {
        let encoder: AnyEncoder.Tape
        let projection: Linear.Tape?
        let pooling: Pooling.Tape
    }

    /// Events → vectors `[N, D]`, before their places are known.
    public func vectors(_ view: EventView, _ pass: Pass) -> (output: Rows, tape: EventEncoder.Tape) { events.forward(view, pass) }

    /// Vectors `[N, D]` of B sessions → embeddings `[B, E]`. The vectors stay as they are.
    public func embeddings(ofVectors vectors: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: EmbeddingTape) {
        let copy = pass.workspace.rows(vectors.count, vectors.width)
        copy.base.update(from: vectors.base, count: vectors.scalarCount)
        let placed = places.forward(copy, offsets, pass)
        var (rows, encoderTape) = encoder.forward(placed, offsets, pass)
        var projectionTape: Linear.Tape?
        if let projection { (rows, projectionTape) = projection.forward(rows, pass) }
        let (output, poolingTape) = pooling.forward(rows, offsets, pass)
        return (output, EmbeddingTape(encoder: encoderTape, projection: projectionTape, pooling: poolingTape))
    }

    /// Gradient of the embeddings `[B, E]` → gradient of the vectors `[N, D]`; adds to the gradients of the weights between them.
    public func backward(embeddings upstream: Rows, _ offsets: SequenceOffsets, _ tape: EmbeddingTape, _ pass: Pass) -> Rows {
        var gradient = pooling.backward(upstream, offsets, tape.pooling, pass)
        if let projection, let projectionTape = tape.projection { gradient = projection.backward(gradient, projectionTape, pass) }
        gradient = encoder.backward(gradient, offsets, tape.encoder, pass)
        places.backward(gradient, offsets, pass)
        return gradient
    }

    /// Gradient of the vectors → gradients of the event encoder's weights.
    public func backward(vectors gradient: Rows, _ view: EventView, _ tape: EventEncoder.Tape, _ pass: Pass) {
        guard view.rowCount > 0 else { return }
        events.backward(gradient, view, tape, pass)
    }
}
