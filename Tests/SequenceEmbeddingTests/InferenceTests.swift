import KernelTestSupport
import SequenceEmbedding
import SequenceKernel
import Testing

/// The fast way to embeddings against the model's own layers.
@Suite struct InferenceTests {
    private static func table() -> MemoryTable {
        var random = RandomSource(31, 7)
        var sessions = [40, 1, 7, 16, 17, 2].map { Samples.events($0, &random) }
        sessions.append([])
        // Fewer values than others, and codes that training never saw.
        sessions.append(Samples.events(5, &random).map { MemoryTable.Event(timeMicroseconds: $0.timeMicroseconds) })
        sessions += (0..<120).map { _ in Samples.events(1 + random.below(30), &random) }
        sessions.append(Samples.events(530, &random))
        return MemoryTable(fields: Samples.fields, sessions: sessions)
    }

    /// Embeddings by the layers that training uses.
    private static func plain(_ bench: Bench, _ sessions: Range<Int>) -> [Float] {
        let size = bench.model.configuration.embeddingSize
        return sessions.flatMap { session -> [Float] in
            if bench.events.events(ofSession: session).isEmpty { return [Float](repeating: 0, count: size) }
            let batcher = PackedBatcher(
                bench.events, sessions: [session], batchSessions: 1, maximumEvents: bench.model.configuration.maximumEvents, shardCount: 1,
                seed: 0, shuffles: false)
            let batch = batcher.batch(0, epoch: 0)
            let workspace = Workspace()
            defer { withExtendedLifetime(workspace) {} }
            let pass = Pass(weights: bench.weights, workspace: workspace)
            return bench.model.embed(EventView(batch.shards[0]), pass).scalars
        }
    }

    static let variants: [(String, @Sendable (inout ModelConfiguration) -> Void)] = [
        ("defaults", { _ in }),
        ("small", { ($0.width, $0.heads, $0.layers, $0.feedForward, $0.embeddingSize) = (64, 4, 2, 256, 64) }),
        ("odd sizes", { ($0.width, $0.heads, $0.layers, $0.feedForward, $0.embeddingSize) = (15, 3, 2, 21, 15) }),
        ("projected mean", { $0.embeddingSize = 5 }),
        ("projected last, causal", { ($0.embeddingSize, $0.pooling, $0.attention) = (24, .last, .causal) }),
        ("maximum", { $0.pooling = .max }),
        ("projected attention pooling", { ($0.pooling, $0.embeddingSize) = (.attention, 11) }),
        ("sinusoidal places", { $0.positions = .sinusoidal }),
        ("no places", { $0.positions = .none }),
        ("few events", { $0.maximumEvents = 9 }),
        (
            "attention among fields",
            {
                $0.aggregation = .attention
                ($0.fields.categoricalWidth, $0.fields.textWidth, $0.fields.binWidth) = (8, 8, 8)
            }
        ),
        ("gated recurrent unit", { $0.encoder = .gru }),
        (
            "pages told apart within sessions",
            {
                $0.fields.overrides["page"] = .init()
                $0.fields.overrides["page"]?.withinSession = 4
                $0.maximumEvents = 9
            }
        ),
    ]

    @Test(arguments: variants.indices, [16 << 20, 0]) func matchesTheModelsLayers(_ variant: Int, foldedBytes: Int) throws {
        let (name, change) = Self.variants[variant]
        let table = Self.table()
        let bench = try Bench(
            table,
            Samples.configuration {
                $0.maximumEvents = 600
                change(&$0)
            }, shards: 1, seed: 2)
        let embedder = SessionEmbedder(bench.model, bench.weights, foldedBytes: foldedBytes)
        let sessions = 0..<table.sessionCount
        let together = EmbeddingTable.make(embedder, bench.events, sessions: sessions, pool: WorkerPool(threads: 1))
        let plain = Self.plain(bench, sessions)
        // Single precision, sums in another order.
        #expect(together.difference(from: plain, absoluteTolerance: 4e-6, relativeTolerance: 4e-6) == nil, "\(name)")
        let shared = EmbeddingTable.make(embedder, bench.events, sessions: sessions, pool: WorkerPool(threads: 3))
        #expect(together == shared, "\(name): threads show")
        let scratch = embedder.makeScratch()
        let size = bench.model.configuration.embeddingSize
        for session in sessions.reversed() {
            let alone = embedder.embed(bench.events, session: session, scratch)
            #expect(alone == Array(together[session * size..<(session + 1) * size]), "\(name): session \(session) alone differs")
        }
        let empty = together[6 * size..<7 * size]
        #expect(empty.allSatisfy { $0 == 0 })
    }

    /// Whether a text's mean is kept for all events that show it, or made anew for a few sessions.
    @Test func textsAreTheSameWithLittleMemory() throws {
        let table = Self.table()
        let bench = try Bench(table, Samples.configuration { $0.maximumEvents = 9 }, shards: 1, seed: 2)
        let sessions = 0..<table.sessionCount, pool = WorkerPool(threads: 1)
        let plan = bench.model.plan
        let rows =
            plan.lookups.reduce(9 + 1) { $0 + $1.size } + plan.bags.reduce(0) { $0 + $1.hashing.size } + plan.scalars.count
        // The addresses' means would be larger than all tables are.
        #expect(table.dictionaryCount("address") > rows)
        let little = SessionEmbedder(bench.model, bench.weights, foldedBytes: rows * 8 * 4)
        let ample = SessionEmbedder(bench.model, bench.weights)
        let found = EmbeddingTable.make(ample, bench.events, sessions: sessions, pool: pool)
        #expect(EmbeddingTable.make(little, bench.events, sessions: sessions, pool: pool) == found)
        // Another corpus with the same memory: nothing of the first may stay.
        let other = try EncodedEvents(Samples.table(sessions: 3, seed: 77), bench.encoding)
        let scratch = ample.makeScratch()
        _ = ample.embed(bench.events, session: 0, scratch)
        #expect(ample.embed(other, session: 0, scratch) == ample.embed(other, session: 0, ample.makeScratch()))
        #expect(ample.embed(bench.events, session: 0, scratch) == Array(found[..<8]))
    }

    /// Fields that training never saw a value of, and ids of no row.
    @Test func unknownCodesAndAbsentIDs() throws {
        let training = Samples.table(sessions: 12, seed: 4)
        let bench = try Bench(training, Samples.configuration(), shards: 1, seed: 3)
        var strange = MemoryTable.Event(timeMicroseconds: 1_700_000_000_000_000)
        strange.strings = ["page": "never seen", "title": "Nothing of the kind", "address": "/other"]
        let events = try EncodedEvents(MemoryTable(fields: Samples.fields, sessions: [[strange], [strange, strange]]), bench.encoding)
        let embedder = SessionEmbedder(bench.model, bench.weights)
        let embedding = embedder.embed(events, session: 0, embedder.makeScratch())
        #expect(embedding.allSatisfy { $0.isFinite } && embedding.contains { $0 != 0 })

        var plan = FeaturePlan()
        plan.lookups = [.init(field: "a", size: 4, width: 3, classes: 4), .init(field: "b", size: 5, width: 2, classes: 5)]
        plan.scalars = [.value(field: "x")]
        var configuration = ModelConfiguration(preset: .tiny)
        configuration.dropout = 0
        var scope = ParameterScope()
        let model = SequenceModel(configuration, plan, in: &scope)
        let weights = ParameterVector(scope, seed: 9)
        let encoded = EncodedEvents(
            plan: plan, offsets: [0, 3, 4], lookups: [[1, -1, 3, -1], [-1, 4, 0, -1]], scalars: [[1, 0, -2, 0.5]])
        let found = EmbeddingTable.make(SessionEmbedder(model, weights), encoded, sessions: 0..<2, pool: WorkerPool(threads: 1))
        let batcher = PackedBatcher(
            encoded, sessions: [0, 1], batchSessions: 2, maximumEvents: 64, shardCount: 1, seed: 0, shuffles: false)
        let workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        let plain = model.embed(EventView(batcher.batch(0, epoch: 0).shards[0]), Pass(weights: weights, workspace: workspace))
        #expect(found.difference(from: plain.scalars, absoluteTolerance: 4e-6) == nil)
    }

    /// Products in bfloat16 keep the embedding's direction, and the bytes do not depend on threads or neighbours either.
    @Test(.enabled(if: SessionEmbedder.Precision.bfloat16.isSupported, "this processor has no AVX-512 BF16"))
    func bfloat16StaysClose() throws {
        let table = Self.table()
        let bench = try Bench(
            table,
            Samples.configuration { ($0.width, $0.heads, $0.layers, $0.feedForward, $0.embeddingSize) = (64, 4, 2, 256, 64) }, shards: 1,
            seed: 2)
        let exact = SessionEmbedder(bench.model, bench.weights)
        let reduced = SessionEmbedder(bench.model, bench.weights, precision: .bfloat16)
        let sessions = 0..<table.sessionCount
        let expected = EmbeddingTable.make(exact, bench.events, sessions: sessions, pool: WorkerPool(threads: 1))
        let found = EmbeddingTable.make(reduced, bench.events, sessions: sessions, pool: WorkerPool(threads: 2))
        #expect(found != expected)
        let scratch = reduced.makeScratch()
        for session in sessions where !bench.events.events(ofSession: session).isEmpty {
            let a = expected[session * 64..<session * 64 + 64], b = found[session * 64..<session * 64 + 64]
            let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
            #expect(
                difference < SessionEmbedder.Precision.bfloat16Accuracy * a.reduce(0) { $0 + $1 * $1 }.squareRoot(), "session \(session)")
            #expect(reduced.embed(bench.events, session: session, scratch) == Array(b), "session \(session)")
        }
    }

    /// Where no matrix is wide enough for bfloat16 the option changes nothing, and takes no slower way.
    @Test(.enabled(if: SessionEmbedder.Precision.bfloat16.isSupported, "this processor has no AVX-512 BF16"))
    func bfloat16LeavesNarrowModelsAsTheyAre() throws {
        let table = Self.table()
        let bench = try Bench(table, Samples.configuration(), shards: 1, seed: 2)
        let sessions = 0..<table.sessionCount
        let embeddings = [SessionEmbedder.Precision.float32, .bfloat16].map { precision in
            EmbeddingTable.make(
                SessionEmbedder(bench.model, bench.weights, precision: precision), bench.events, sessions: sessions,
                pool: WorkerPool(threads: 1))
        }
        #expect(embeddings[0] == embeddings[1])
    }
}
