internal import SequenceKernel

/// Embeddings of slices of one visitor's events lie together, those of different visitors apart (CoLES). Pairs are made over the
/// whole batch, so the loss is taken in the joint phase.
struct SliceContrastObjective {
    let model: SequenceModel
    private let choice: SliceChoice

    init(model: SequenceModel) {
        self.model = model
        choice = SliceChoice(settings: model.configuration.objectives.sliceContrast)
    }

    /// One shard's part of a step.
    struct Tape {
        let view: EventView
        let model: SequenceModel.Tape
        let pooling: Pooling.Tape
        let length: UnitLength.Tape
        /// `[slices, E]`.
        let embeddings: Rows
        let owners: WorkspaceList<Int32>
    }

    func forward(_ shard: ShardBatch, _ pass: Pass) -> Tape? {
        let (slices, owners) = choice.choose(shard, pass.workspace)
        guard !slices.isEmpty else { return nil }
        let view = EventView(shard, slices: slices, pass.workspace)
        let (hidden, tape) = model.hidden(view, pass)
        let (pooled, pooling) = model.pooling.forward(hidden, view.offsets, pass)
        let (embeddings, length) = UnitLength().forward(pooled, pass)
        return Tape(view: view, model: tape, pooling: pooling, length: length, embeddings: embeddings, owners: owners)
    }

    func backward(_ tape: Tape, _ gradient: Rows, _ pass: Pass) {
        let pooled = UnitLength().backward(gradient, tape.length, pass)
        let rows = model.pooling.backward(pooled, tape.view.offsets, tape.pooling, pass)
        model.backward(rows, tape.view, tape.model, pass)
    }
}

/// The contrast over the whole batch: slices of all shards one after another, in shard order.
struct SliceJoint {
    /// Gradient of each shard's embeddings.
    var gradients: [Rows?] = []

    mutating func run(
        _ objective: SliceContrastObjective, _ tapes: some Collection<SliceContrastObjective.Tape?>, weight: Float, _ passes: [Pass],
        _ pool: WorkerPool
    ) -> Double {
        gradients.removeAll(keepingCapacity: true)
        for _ in tapes { gradients.append(nil) }
        let settings = objective.model.configuration.objectives.sliceContrast
        let size = objective.model.configuration.embeddingSize
        let count = tapes.reduce(0) { $0 + ($1?.embeddings.count ?? 0) }
        guard count > 0 else { return 0 }
        let workspace = passes[0].workspace
        let embeddings = workspace.rows(count, size)
        let gradient = workspace.rows(count, size)
        let owners = workspace.integers(count)
        var row = 0
        for (shard, tape) in tapes.enumerated() {
            guard let tape else { continue }
            embeddings[row].update(from: tape.embeddings.base, count: tape.embeddings.scalarCount)
            for (index, owner) in tape.owners.enumerated() { owners[row + index] = owner }
            gradients[shard] = gradient.rows(row..<row + tape.embeddings.count)
            row += tape.embeddings.count
        }
        var contrast = SliceContrast()
        contrast.margin = settings.margin
        contrast.hardNegatives = settings.hardNegatives
        return Double(
            contrast.loss(embeddings, labels: owners, factor: weight / Float(count), gradient: gradient, workspace, pool))
    }
}
