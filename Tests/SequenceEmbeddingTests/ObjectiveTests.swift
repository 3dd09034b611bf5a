import KernelTestSupport
import SequenceEmbedding
import SequenceKernel
import Testing

/// Each objective through the whole model: gradients, and what must not be seen.
@Suite struct ObjectiveTests {
    static let cases: [(name: String, configuration: ModelConfiguration)] = [
        ("masked", Samples.configuration()),
        ("masked, attention among fields", Samples.configuration { $0.aggregation = .attention }),
        ("masked, and from the summary", Samples.configuration { $0.objectives.maskedEvent.summaryWeight = 2 }),
        (
            "summary, attention pooling, projected",
            Samples.configuration {
                $0.pooling = .attention
                $0.embeddingSize = 5
                $0.objectives.maskedEvent.summaryWeight = 1
            }
        ),
        (
            "next, bidirectional",
            Samples.configuration {
                $0.objectives.maskedEvent.weight = 0
                $0.objectives.nextEvent.weight = 1
            }
        ),
        (
            "next, GRU, projected",
            Samples.configuration {
                $0.encoder = .gru
                $0.embeddingSize = 5
                $0.objectives.maskedEvent.weight = 0
                $0.objectives.nextEvent.weight = 2
            }
        ),
        ("tied", Samples.itemConfiguration()),
        ("tied, brought to length 4", Samples.itemConfiguration { $0.fields.normalisedLength = 4 }),
        (
            "slices",
            Samples.configuration {
                $0.pooling = .attention
                $0.objectives.maskedEvent.weight = 0
                $0.objectives.sliceContrast.weight = 1
                // A far margin, so that no pair sits on the kink.
                $0.objectives.sliceContrast.margin = 3
                $0.objectives.sliceContrast.hardNegatives = 1000
            }
        ),
        (
            "all together",
            Samples.configuration {
                $0.objectives.nextEvent.weight = 0.5
                $0.objectives.sliceContrast.weight = 0.25
                $0.objectives.sliceContrast.margin = 3
                $0.objectives.sliceContrast.hardNegatives = 1000
            }
        ),
    ]

    @Test(arguments: cases.indices) func gradients(_ number: Int) throws {
        let (name, configuration) = Self.cases[number]
        let seed: UInt64 = 11
        let bench = try Bench(Samples.table(sessions: 6, seed: seed), configuration, shards: 2, seed: seed)
        var random = RandomSource(seed, 5)
        // Norms at 1 and biases at 0 would hide faults.
        for parameter in bench.weights.parameters {
            let floats = bench.weights.pointer(parameter)
            for index in 0..<parameter.count { floats[index] += 0.2 * (2 * random.uniform() - 1) }
        }
        let gradient = bench.step(backward: true).gradient
        var tolerance = GradientTolerance()
        tolerance.absolute = 5e-4
        let variables = bench.weights.parameters.map { parameter in
            let start = bench.weights.pointer(parameter) - bench.weights.base
            return CheckedVariable(
                parameter.name, values: bench.weights.pointer(parameter), gradient: Array(gradient[start..<start + parameter.count]))
        }
        let failures = checkGradients(variables, seed: seed, tolerance: tolerance, samples: 8) { bench.step(backward: false).loss }
        #expect(failures.isEmpty, "\(name), seed \(seed): \(failures.joined(separator: "; "))")
    }

    @Test func hiddenFieldsAreNotSeen() throws {
        let seed: UInt64 = 3
        var random = RandomSource(seed, 1)
        let sessions = (0..<4).map { _ in Samples.events(5, &random) }
        var changed = sessions
        for session in changed.indices {
            changed[session][2].strings = ["page": "page0", "title": "Loans", "address": "/loans"]
            changed[session][2].numbers = ["amount": 33]
        }
        // The encoding is fitted on both, so that every value is known.
        let both = MemoryTable(fields: Samples.fields, sessions: sessions + changed)
        let bench = try Bench(both, Samples.configuration { $0.time.dwell = false }, shards: 1, seed: seed)
        func rows(_ table: MemoryTable, hides: Bool) throws -> [Float] {
            let events = try EncodedEvents(table, bench.encoding)
            let batcher = PackedBatcher(
                events, sessions: [0, 1, 2, 3], batchSessions: 4, maximumEvents: 64, shardCount: 1, seed: 0, shuffles: false)
            let shard = batcher.batch(0, epoch: 0).shards[0]
            let workspace = Workspace()
            defer { withExtendedLifetime(workspace) {} }
            let units = shard.plan.units.count
            let hiding = workspace.integers(units * shard.rowCount)
            for index in 0..<units * shard.rowCount { hiding[index] = hides && index % shard.rowCount % 5 == 2 ? 1 : 0 }
            let pass = Pass(weights: bench.weights, workspace: workspace)
            return bench.model.hidden(EventView(shard, hiding: hiding, workspace), pass).output.scalars
        }
        let first = MemoryTable(fields: Samples.fields, sessions: sessions)
        let second = MemoryTable(fields: Samples.fields, sessions: changed)
        #expect(try rows(first, hides: true) == rows(second, hides: true), "a hidden field shows through, seed \(seed)")
        #expect(try rows(first, hides: false) != rows(second, hides: false), "the test's change is not seen even unhidden")
    }

    @Test(arguments: [ModelConfiguration.Encoder.transformer, .gru]) func causalRowsDoNotSeeTheFuture(
        _ encoder: ModelConfiguration.Encoder
    ) throws {
        let seed: UInt64 = 5
        var random = RandomSource(seed, 1)
        let whole = (0..<3).map { _ in Samples.events(6, &random) }
        let table = MemoryTable(fields: Samples.fields, sessions: whole)
        let configuration = Samples.configuration {
            $0.encoder = encoder
            $0.attention = .causal
        }
        let bench = try Bench(table, configuration, shards: 1, seed: seed)
        func rows(_ sessions: [[MemoryTable.Event]]) throws -> [[Float]] {
            let events = try EncodedEvents(MemoryTable(fields: Samples.fields, sessions: sessions), bench.encoding)
            let batcher = PackedBatcher(
                events, sessions: [0, 1, 2], batchSessions: 3, maximumEvents: 64, shardCount: 1, seed: 0, shuffles: false)
            let shard = batcher.batch(0, epoch: 0).shards[0]
            let workspace = Workspace()
            defer { withExtendedLifetime(workspace) {} }
            let output = bench.model.hidden(EventView(shard), Pass(weights: bench.weights, workspace: workspace)).output
            return (0..<3).map { session in shard.offsets[session].prefix(4).flatMap { output.rows($0..<$0 + 1).scalars } }
        }
        #expect(try rows(whole) == rows(whole.map { Array($0.prefix(4)) }), "a causal row moved with a later event, seed \(seed)")
    }

    @Test func lossDoesNotDependOnShards() throws {
        let table = Samples.table(sessions: 12, seed: 21)
        let losses = try [1, 2, 5, 12].map { shards in
            try Bench(table, Samples.configuration { $0.objectives.nextEvent.weight = 1 }, shards: shards, seed: 2).step(backward: false)
                .loss
        }
        for loss in losses { #expect(abs(loss - losses[0]) < 1e-5 * abs(losses[0]), "losses by shards \(losses)") }
    }

    @Test func unknownTargetsAreLeftOut() throws {
        // Only one page passes the minimum count: whatever else is hidden must not be learned as a class.
        let table = Samples.table(sessions: 10, seed: 4)
        let configuration = Samples.configuration {
            $0.fields.minimumCount = 1000
            $0.fields.bins = 0
        }
        let bench = try Bench(table, configuration, shards: 2, seed: 1)
        #expect(bench.encoding.vocabularies["page"]?.entries.isEmpty == true)
        let loss = bench.step(backward: false).loss
        // Titles and addresses have *missing* left as their only possible target.
        #expect(loss.isFinite)
    }
}
