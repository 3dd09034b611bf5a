import SequenceEmbedding
import SequenceKernel

/// Small tables made from a seed: pages that follow one another, titles, addresses and amounts, some of them missing.
enum Samples {
    static let fields = [
        TableField(name: "page", kind: .categorical), TableField(name: "title", kind: .text), TableField(name: "address", kind: .url),
        TableField(name: "amount", kind: .numeric), TableField(name: "later", kind: .outcome),
    ]

    static func events(_ count: Int, _ random: inout RandomSource, withTime: Bool = true) -> [MemoryTable.Event] {
        var page = random.below(6)
        var time: Int64 = 1_700_000_000_000_000 + Int64(random.below(1_000_000)) * 1_000_000
        return (0..<count).map { _ in
            page = random.uniform() < 0.7 ? (page + 1) % 6 : random.below(6)
            time += Int64(1 + random.below(120)) * 1_000_000
            var event = MemoryTable.Event(timeMicroseconds: withTime ? time : nil)
            event.strings["page"] = "page\(page)"
            if random.uniform() < 0.8 { event.strings["title"] = "Account overview number \(page)" }
            event.strings["address"] = "/accounts/\(random.below(40))/show?page=\(page)"
            if random.uniform() < 0.7 { event.numbers["amount"] = Double(page) * 10 + Double(random.uniform()) }
            event.strings["later"] = "yes"
            return event
        }
    }

    static func table(sessions: Int, seed: UInt64, withTime: Bool = true, longest: Int = 9) -> MemoryTable {
        var random = RandomSource(seed, 0x7AB1E)
        let all = (0..<sessions).map { _ in events(1 + random.below(longest), &random, withTime: withTime) }
        return MemoryTable(fields: fields, sessions: all, visitors: (0..<sessions).map { $0 / 2 })
    }

    /// Width 8, one layer, no dropout.
    static func configuration(_ change: (inout ModelConfiguration) -> Void = { _ in }) -> ModelConfiguration {
        var configuration = ModelConfiguration(preset: .tiny)
        configuration.dropout = 0
        configuration.fields.categoricalWidth = 6
        configuration.fields.textWidth = 5
        configuration.fields.binWidth = 3
        configuration.fields.bins = 4
        configuration.fields.buckets = 50
        configuration.training.batchSessions = 16
        configuration.training.shards = 3
        configuration.training.epochs = 3
        configuration.training.learningRate = 5e-3
        configuration.training.seed = 7
        change(&configuration)
        return configuration
    }

    /// Only the page, for identity and tied models.
    static func itemConfiguration(_ change: (inout ModelConfiguration) -> Void = { _ in }) -> ModelConfiguration {
        var configuration = configuration {
            $0.attention = .causal
            $0.aggregation = .identity
            $0.time = .none
            $0.objectives.maskedEvent.weight = 0
            $0.objectives.nextEvent.weight = 1
            $0.objectives.nextEvent.tiedField = "page"
            $0.objectives.nextEvent.cosineScale = 4
            for field in ["title", "address", "amount"] {
                var override = FieldSettings.Override()
                override.ignored = true
                $0.fields.overrides[field] = override
            }
        }
        change(&configuration)
        return configuration
    }
}

/// A model with its data, ready for one step.
struct Bench {
    let model: SequenceModel
    let encoding: FeatureEncoding
    let events: EncodedEvents
    let batcher: PackedBatcher
    let weights: ParameterVector

    init(_ table: any EventTable, _ configuration: ModelConfiguration, shards: Int, seed: UInt64) throws {
        try configuration.validate()
        encoding = try FeatureEncoding(fitting: configuration, to: table, sessions: Array(0..<table.sessionCount))
        events = try EncodedEvents(table, encoding)
        model = SequenceModel(configuration, encoding.plan)
        weights = ParameterVector(model.parameters, seed: seed)
        batcher = PackedBatcher(
            events, sessions: Array(0..<table.sessionCount), batchSessions: table.sessionCount, maximumEvents: configuration.maximumEvents,
            shardCount: shards, seed: seed)
    }

    /// Loss and gradient of both spaces, in the order of ``ParameterVector/base``, for one batch.
    func step(backward: Bool) -> (loss: Double, gradient: [Float]) {
        let objective = PretrainingObjective(model, shardCount: batcher.shardCount)
        let pool = WorkerPool(threads: 1)
        let batch = PackedBatch(plan: model.plan, shardCount: batcher.shardCount)
        batcher.fill(batch, sessions: batcher.sessions, key: 99)
        let tables = UnsafeMutablePointer<Float>.allocate(capacity: max(1, weights.tableCount))
        tables.initialize(repeating: 0, count: max(1, weights.tableCount))
        let dense = UnsafeMutablePointer<Float>.allocate(capacity: weights.denseCount)
        dense.initialize(repeating: 0, count: weights.denseCount)
        defer {
            tables.deallocate()
            dense.deallocate()
        }
        let passes = (0..<batcher.shardCount).map { _ in
            Pass(weights: weights, workspace: Workspace(), gradients: dense, scatter: GradientScatter())
        }
        for shard in passes.indices { objective.forward(batch, shard: shard, passes[shard]) }
        _ = objective.joint(batch, passes, pool, tableGradients: tables)
        if backward {
            for shard in passes.indices { objective.backward(batch, shard: shard, passes[shard]) }
            for pass in passes { for note in pass.scatter!.notes { apply(note, tables) } }
        }
        let gradient =
            Array(UnsafeBufferPointer(start: dense, count: weights.denseCount))
            + Array(UnsafeBufferPointer(start: tables, count: weights.tableCount))
        return (objective.lastLoss, gradient)
    }

    private func apply(_ note: GradientScatter.Note, _ tables: UnsafeMutablePointer<Float>) {
        let width = note.table.shape[1]
        for lookup in 0..<note.count where note.rows[lookup] >= 0 {
            let owner = note.owners.map { Int($0[lookup]) } ?? lookup
            let scale = note.scales?[lookup] ?? 1
            for column in 0..<width {
                tables[note.table.offset + Int(note.rows[lookup]) * width + column] += scale * note.gradient[owner * note.stride + column]
            }
        }
    }
}
