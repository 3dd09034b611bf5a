import IntentTaxonomy
import KernelTestSupport
import SequenceEmbedding
import SequenceKernel
import Testing

/// The way from events to embeddings and back in two pieces, as fine-tuning and integrated gradients take it.
@Suite struct EmbeddingGradientTests {
    static let cases: [(name: String, configuration: ModelConfiguration)] = [
        ("mean", configuration { _ in }),
        (
            "attention pooling, projected",
            configuration {
                $0.pooling = .attention
                $0.embeddingSize = 5
            }
        ),
        ("attention among fields", configuration { $0.aggregation = .attention }),
        (
            "GRU, last",
            configuration {
                $0.encoder = .gru
                $0.pooling = .last
            }
        ),
    ]

    private static func configuration(_ change: (inout ModelConfiguration) -> Void) -> ModelConfiguration {
        var configuration = ModelConfiguration(preset: .tiny)
        configuration.dropout = 0
        configuration.fields.categoricalWidth = 6
        configuration.fields.textWidth = 5
        configuration.fields.binWidth = 3
        configuration.fields.bins = 4
        configuration.fields.buckets = 50
        change(&configuration)
        return configuration
    }

    /// A model with one batch of sessions.
    private struct Bench {
        let model: SequenceModel
        let weights: ParameterVector
        let shard: ShardBatch

        init(_ configuration: ModelConfiguration, seed: UInt64) throws {
            let table = MixedSamples.table(sessions: 5, seed: seed)
            let all = Array(0..<table.sessionCount)
            let encoding = try FeatureEncoding(fitting: configuration, to: table, sessions: all)
            model = SequenceModel(configuration, encoding.plan)
            weights = ParameterVector(model.parameters, seed: seed)
            let batcher = PackedBatcher(
                try EncodedEvents(table, encoding), sessions: all, batchSessions: all.count, maximumEvents: 64, shardCount: 1, seed: 0,
                shuffles: false)
            shard = batcher.batch(0, epoch: 0).shards[0]
        }

        /// `Σ c · embeddings` with the coefficients c, and its gradient in the order of ``ParameterVector/base``.
        func run(_ coefficients: [Float], backward: Bool) -> (loss: Double, gradient: [Float]) {
            var dense = [Float](repeating: 0, count: max(1, weights.denseCount))
            var tables = [Float](repeating: 0, count: max(1, weights.tableCount))
            let workspace = Workspace(), scatter = GradientScatter(), view = EventView(shard)
            let loss = dense.withUnsafeMutableBufferPointer { gradients in
                let pass = Pass(weights: weights, workspace: workspace, gradients: gradients.baseAddress, scatter: scatter)
                let (vectors, eventTape) = model.vectors(view, pass)
                let (embeddings, tape) = model.embeddings(ofVectors: vectors, view.offsets, pass)
                let loss = (0..<embeddings.scalarCount).reduce(0.0) { $0 + Double(embeddings.base[$1]) * Double(coefficients[$1]) }
                if backward {
                    let upstream = workspace.rows(embeddings.count, embeddings.width)
                    for index in 0..<upstream.scalarCount { upstream.base[index] = coefficients[index] }
                    model.backward(vectors: model.backward(embeddings: upstream, view.offsets, tape, pass), view, eventTape, pass)
                }
                return loss
            }
            for note in scatter.notes {
                let width = note.table.shape[1]
                for lookup in 0..<note.count where note.rows[lookup] >= 0 {
                    let owner = note.owners.map { Int($0[lookup]) } ?? lookup
                    let scale = note.scales?[lookup] ?? 1
                    for column in 0..<width {
                        tables[note.table.offset + Int(note.rows[lookup]) * width + column] +=
                            scale * note.gradient[owner * note.stride + column]
                    }
                }
            }
            return (loss, Array(dense.prefix(weights.denseCount)) + Array(tables.prefix(weights.tableCount)))
        }
    }

    @Test(arguments: cases.indices) func gradientsReachEveryParameter(_ number: Int) throws {
        let (name, configuration) = Self.cases[number]
        let seed: UInt64 = 17
        let bench = try Bench(configuration, seed: seed)
        var random = RandomSource(seed, 5)
        // Norms at 1 and biases at 0 would hide faults.
        for parameter in bench.weights.parameters {
            let floats = bench.weights.pointer(parameter)
            for index in 0..<parameter.count { floats[index] += 0.2 * (2 * random.uniform() - 1) }
        }
        let coefficients = (0..<bench.shard.sessionCount * configuration.embeddingSize).map { _ in 2 * random.uniform() - 1 }
        let gradient = bench.run(coefficients, backward: true).gradient
        var tolerance = GradientTolerance()
        // As for the objectives of pre-training: a loss of size 1 over floats with errors of 1e-6, through more layers than one.
        tolerance.absolute = 5e-4
        let variables = bench.weights.parameters.map { parameter in
            let start = bench.weights.pointer(parameter) - bench.weights.base
            return CheckedVariable(
                parameter.name, values: bench.weights.pointer(parameter), gradient: Array(gradient[start..<start + parameter.count]))
        }
        // Heads have no part in an embedding; everything else must have a gradient somewhere.
        for parameter in bench.weights.parameters where !parameter.name.hasPrefix("heads") {
            let start = bench.weights.pointer(parameter) - bench.weights.base
            let isSilent = gradient[start..<start + parameter.count].allSatisfy { $0 == 0 }
            #expect(!isSilent || parameter.name.contains("mask"), "\(name): \(parameter.name) has no gradient")
        }
        let failures = checkGradients(variables, seed: seed, tolerance: tolerance, samples: 8) {
            bench.run(coefficients, backward: false).loss
        }
        #expect(failures.isEmpty, "\(name), seed \(seed): \(failures.joined(separator: "; "))")
    }

    @Test(arguments: cases.indices) func twoPiecesAreTheWhole(_ number: Int) throws {
        let (name, configuration) = Self.cases[number]
        let bench = try Bench(configuration, seed: 3)
        let workspace = Workspace(), view = EventView(bench.shard)
        defer { withExtendedLifetime(workspace) {} }
        let pass = Pass(weights: bench.weights, workspace: workspace)
        let vectors = bench.model.vectors(view, pass).output
        let before = vectors.scalars
        let pieces = bench.model.embeddings(ofVectors: vectors, view.offsets, pass).output.scalars
        #expect(vectors.scalars == before, "\(name): the vectors were changed")
        #expect(pieces == bench.model.embed(view, pass).scalars, "\(name): not the embedding of the whole model")
        #expect(pieces.contains { $0 != 0 })
    }
}
