import DurableFiles
import SequenceEmbedding
import SequenceKernel
import Testing

@Suite struct EmbeddingTests {
    @Test func neighboursDoNotShow() throws {
        let bench = try Bench(Samples.table(sessions: 20, seed: 6), Samples.configuration(), shards: 1, seed: 1)
        let embedder = SessionEmbedder(bench.model, bench.weights)
        let pool = WorkerPool(threads: 2)
        let together = EmbeddingTable.make(embedder, bench.events, sessions: 0..<20, pool: pool)
        let size = bench.model.configuration.embeddingSize
        let scratch = embedder.makeScratch()
        for session in (0..<20).reversed() {
            let alone = embedder.embed(bench.events, session: session, scratch)
            #expect(alone == Array(together[session * size..<(session + 1) * size]), "session \(session) alone differs")
        }
    }

    @Test func emptySessionsAreZeroAndLongOnesKeepTheEnd() throws {
        var random = RandomSource(1, 2)
        let long = Samples.events(12, &random)
        let table = MemoryTable(fields: Samples.fields, sessions: [long, [], Array(long.suffix(4))])
        let configuration = Samples.configuration {
            $0.maximumEvents = 4
            $0.time.previousGap = false
        }
        let bench = try Bench(table, configuration, shards: 1, seed: 1)
        let embedder = SessionEmbedder(bench.model, bench.weights)
        let all = (0..<3).map { embedder.embed(bench.events, session: $0, embedder.makeScratch()) }
        #expect(all[1].allSatisfy { $0 == 0 })
        #expect(all[0] == all[2] && all[0].contains { $0 != 0 })
    }

    @Test(arguments: EmbeddingFormat.allCases) func filesAreWholeAndTheSameAtAnyThreadCount(_ format: EmbeddingFormat) throws {
        let folder = try TemporaryFolder()
        let table = Samples.table(sessions: 150, seed: 12, longest: 4)
        let bench = try Bench(table, Samples.configuration(), shards: 1, seed: 3)
        let embedder = SessionEmbedder(bench.model, bench.weights)
        var contents: [[UInt8]] = []
        for threads in [1, 3] {
            let path = folder.path + "/\(threads).\(format.rawValue)"
            let summary = try EmbeddingTable.write(
                embedder, bench.events, table, to: path, format: #require(EmbeddingFormat(path: path)), pool: WorkerPool(threads: threads))
            #expect(summary?.sessions == 150 && summary?.dimension == 8 && summary?.events == table.eventCount)
            contents.append(try FileSystem.live.contents(of: path))
        }
        #expect(contents[0] == contents[1])
        let expected = EmbeddingTable.make(embedder, bench.events, sessions: 0..<150, pool: WorkerPool(threads: 1))
        switch format {
        case .csv:
            let lines = String(decoding: contents[0], as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 151 && lines[0] == "session,e0,e1,e2,e3,e4,e5,e6,e7")
            #expect(lines[7].split(separator: ",").dropFirst().map { Float($0)! } == Array(expected[48..<56]))
        case .jsonl:
            let lines = String(decoding: contents[0], as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 150 && lines[3].hasPrefix("{\"session\": \"3\", \"embedding\": ["))
        case .npy:
            #expect(contents[0].starts(with: [0x93] + Array("NUMPY".utf8)) && (contents[0].count - 150 * 8 * 4) % 64 == 0)
            let floats = contents[0].suffix(150 * 8 * 4).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
            #expect(floats == expected)
        case .safetensors:
            let file = try SafetensorsFile(folder.path + "/1.safetensors")
            #expect(try file.floats("embeddings") == expected)
            #expect(try file.integers("session_key.offsets").last == file["session_key.bytes"]?.count)
        }
    }

    @Test func stoppedOrRefusedWritesLeaveNothing() throws {
        let folder = try TemporaryFolder()
        let table = Samples.table(sessions: 5, seed: 12)
        let bench = try Bench(table, Samples.configuration(), shards: 1, seed: 3)
        let embedder = SessionEmbedder(bench.model, bench.weights)
        let stopped = try EmbeddingTable.write(
            embedder, bench.events, table, to: folder.path + "/a.csv", format: .csv, pool: WorkerPool(threads: 1),
            progress: { _, _ in false })
        #expect(stopped == nil)
        #expect(try FileSystem.live.names(in: folder.path).isEmpty)
    }

    @Test func batchesRepeatAndCoverEverySessionOnce() throws {
        let bench = try Bench(Samples.table(sessions: 23, seed: 6), Samples.configuration(), shards: 1, seed: 1)
        for bucketed in [false, true] {
            func epoch(_ number: Int, _ shards: Int) -> [[Int64]] {
                let batcher = PackedBatcher(
                    bench.events, sessions: Array(0..<23), batchSessions: 5, maximumEvents: 64, shardCount: shards, seed: 3,
                    bucketed: bucketed)
                return (0..<batcher.batchCount(epoch: number)).map { index in
                    batcher.batch(index, epoch: number).shards.flatMap { shard in (0..<shard.sessionCount).map { shard.firstEvents[$0] } }
                }
            }
            let first = epoch(0, 1)
            #expect(first == epoch(0, 4) && first != epoch(1, 1))
            #expect(Set(first.joined()).count == 23 && first.map(\.count) == [5, 5, 5, 5, 3])
        }
    }
}
