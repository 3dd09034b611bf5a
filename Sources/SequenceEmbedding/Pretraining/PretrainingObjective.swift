public import SequenceKernel

/// The weighted sum of the objectives that the configuration switches on, each with a pass of its own through the model.
public final class PretrainingObjective: TrainingObjective, @unchecked Sendable {
    /// The model that is trained.
    public let model: SequenceModel
    /// Shards that every batch is cut into.
    public let shardCount: Int
    private let settings: ObjectiveSettings
    private var masked: MaskedEventObjective?
    private let next: NextEventObjective?
    private let contrast: SliceContrastObjective?
    private let slots: [Slot]
    private var maskedMean: FieldMean
    private var summaryMean: FieldMean
    private var nextMean: FieldMean
    private var tied = TiedJoint()
    private var slices = SliceJoint()
    /// The last batch's loss before it was rounded to single precision.
    package private(set) var lastLoss = 0.0

    /// One shard's place for what forward keeps for backward.
    private final class Slot {
        var masked: MaskedEventObjective.Tape?
        var maskedTotals: FieldTotals
        var summaryTotals: FieldTotals
        var next: NextEventObjective.Tape?
        var nextTotals: FieldTotals
        var contrast: SliceContrastObjective.Tape?

        init(units: Int) {
            maskedTotals = FieldTotals(units: units)
            summaryTotals = FieldTotals(units: units)
            nextTotals = FieldTotals(units: units)
        }
    }

    /// The objectives of a model's configuration.
    public init(_ model: SequenceModel, shardCount: Int) {
        precondition(shardCount > 0, "PretrainingObjective: \(shardCount) shards")
        self.model = model
        self.shardCount = shardCount
        settings = model.configuration.objectives
        let units = model.plan.units.count
        masked =
            settings.maskedEvent.weight > 0
            ? MaskedEventObjective(model: model, masking: EventMasking(settings: settings.maskedEvent, unitCount: units)) : nil
        next = settings.nextEvent.weight > 0 ? NextEventObjective(model: model) : nil
        contrast = settings.sliceContrast.weight > 0 ? SliceContrastObjective(model: model) : nil
        slots = (0..<shardCount).map { _ in Slot(units: units) }
        maskedMean = FieldMean(units: units)
        summaryMean = FieldMean(units: units)
        nextMean = FieldMean(units: units)
    }

    /// Hides what `choose` says in place of random choices: `choose(shard, hiding)` fills `[units, N]` with 0 (shown) or 1 (hidden
    /// and predicted).
    public func hide(_ choose: @escaping @Sendable (ShardBatch, UnsafeMutablePointer<Int32>) -> Void) { masked?.given = choose }

    /// Names of the tables that a tied output writes to; the trainer updates them densely.
    public var tiedTables: Set<String> { model.heads.tied.map { [$0.table.name] } ?? [] }

    /// Every objective's forward pass over one shard.
    public func forward(_ batch: PackedBatch, shard: Int, _ pass: Pass) {
        let slot = slots[shard]
        let rows = batch.shards[shard]
        slot.maskedTotals.clear()
        slot.summaryTotals.clear()
        slot.nextTotals.clear()
        slot.masked = masked?.forward(rows, &slot.maskedTotals, &slot.summaryTotals, pass.salted(1))
        slot.next = next?.forward(rows, &slot.nextTotals, pass.salted(2))
        slot.contrast = contrast?.forward(rows, pass.salted(3))
    }

    /// Adds up the shards' losses; tied output and contrast over the whole batch.
    public func joint(
        _ batch: PackedBatch, _ passes: [Pass], _ pool: WorkerPool, tableGradients: UnsafeMutablePointer<Float>
    ) -> Float {
        // Lazy, here and below: an array of what the slots hold would be made anew in every step.
        var loss = maskedMean.combine(slots.lazy.map { $0.maskedTotals }, weight: settings.maskedEvent.weight)
        let summaryWeight = settings.maskedEvent.weight * settings.maskedEvent.summaryWeight
        loss += summaryMean.combine(slots.lazy.map { $0.summaryTotals }, weight: summaryWeight)
        if next != nil {
            // A tied field is one of the predicted fields: it shares the objective's weight with the heads.
            let hasHeads = model.heads.next.contains { $0 != nil }
            let share = model.heads.tied == nil ? 1 : hasHeads ? 0.5 : 0
            loss += nextMean.combine(slots.lazy.map { $0.nextTotals }, weight: settings.nextEvent.weight * Float(share))
            if let output = model.heads.tied {
                loss += tied.run(
                    output, slots.lazy.map { $0.next }, weight: settings.nextEvent.weight * Float(1 - share), passes, pool,
                    tableGradients: tableGradients)
            }
        }
        if let contrast {
            loss += slices.run(contrast, slots.lazy.map { $0.contrast }, weight: settings.sliceContrast.weight, passes, pool)
        }
        lastLoss = loss
        return Float(loss)
    }

    /// Every objective's backward pass over one shard.
    public func backward(_ batch: PackedBatch, shard: Int, _ pass: Pass) {
        let slot = slots[shard]
        if let tape = slot.masked {
            masked?.backward(tape, scales: maskedMean.scales, summaryScales: summaryMean.scales, pass.salted(1))
        }
        if let tape = slot.next {
            next?.backward(
                tape, scales: nextMean.scales, tiedGradient: tied.gradients.isEmpty ? nil : tied.gradients[shard], pass.salted(2))
        }
        if let tape = slot.contrast, let gradient = slices.gradients[shard] { contrast?.backward(tape, gradient, pass.salted(3)) }
    }
}

extension Pass {
    /// The same pass with dropout masks of its own, so that two objectives do not drop the same values.
    func salted(_ salt: Int) -> Pass {
        Pass(
            weights: weights, workspace: workspace, gradients: gradients, scatter: scatter,
            dropout: dropout.map { DropoutStream(seed: $0.key, step: salt, shard: 0) }, transposes: transposes)
    }
}
