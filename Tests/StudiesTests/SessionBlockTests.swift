import DurableFiles
import EventStream
import Foundation
import Recommendation
import SequenceEmbedding
import SequenceKernel
import Studies
import Testing

/// Floats of sessions, made of those that somebody asks for.
@Suite struct SessionBlockTests {
    @Test func onlySessionsAskedForAreEmbedded() throws {
        var random = RandomSource(7, 0xB10C)
        let sessions = (0..<40).map { session in
            (0..<(2 + random.below(6))).map { event in
                var own = MemoryTable.Event(timeMicroseconds: Int64(session * 3600 + event * 60) * 1_000_000)
                own.strings["page"] = "page\(random.below(5))"
                return own
            }
        }
        let table = MemoryTable(
            fields: [TableField(name: "page", kind: .categorical)], sessions: sessions, visitors: (0..<40).map { $0 / 2 })
        var configuration = ModelConfiguration(preset: .tiny)
        configuration.training.epochs = 1
        let pool = WorkerPool(threads: 2)
        let result = try Pretraining.run(table, dataDigest: "made up", configuration, pool: pool)
        let folder = try ScratchFolder(named: "blocks", in: FileManager.default.temporaryDirectory.path)
        try ModelArtifact.write(result.model, result.weights, result.encoding, result.card, to: "\(folder.path)/encoder")
        let encoder = try ModelArtifact("\(folder.path)/encoder")

        let all = try SessionFloats.embedding(table, encoder, pool: pool)
        let asked = [1, 2, 17, 39]
        let some = try SessionFloats.embedding(table, encoder, sessions: asked, pool: pool)
        #expect(some.columns == all.columns && some.floats.count == all.floats.count && Set(all.floats).count > 100)
        for session in 0..<40 {
            let own = some.floats[session * some.width..<(session + 1) * some.width]
            if asked.contains(session) {
                #expect(own.elementsEqual(all.floats[session * all.width..<(session + 1) * all.width]), "session \(session)")
            } else {
                #expect(own.allSatisfy { $0.isNaN }, "session \(session)")
            }
        }
        #expect(try SessionFloats.embedding(table, encoder, sessions: [], pool: pool).floats.allSatisfy { $0.isNaN })
    }
}
