public import ArrowExchange
public import DurableFiles
internal import EventStream
public import SequenceKernel

extension EmbeddingTable {
    /// Writes the embeddings of all sessions of a table as Parquet, whole or not at all, some thousands at a time: `session` (text) and
    /// `embedding`, a fixed-size list of single floats. The embedder writes into the memory that is handed over; the bits are its own.
    ///
    /// - Parameters:
    ///   - progress: called with sessions done and events read, now and then; false stops, and nothing is written.
    /// - Returns: what was written; nil when stopped.
    public static func writeParquet(
        _ embedder: SessionEmbedder, _ events: EncodedEvents, _ table: any EventTable, to path: String, plugin: ArrowPlugin,
        pool: WorkerPool, in fileSystem: FileSystem = .live, progress: (_ done: Int, _ events: Int) -> Bool = { _, _ in true }
    ) throws(ArrowError) -> Summary? {
        let size = embedder.model.configuration.embeddingSize
        let chunk = 64 * SessionEmbedder.blockSessions
        let scratch = (0..<pool.threads).map { _ in embedder.makeScratch() }
        var start = 0
        var eventCount = 0
        do throws(ArrowError) {
            try plugin.writeParquet(to: path, fields: [ArrowField("session", .utf8), .floats("embedding", size)], in: fileSystem) {
                () throws(ArrowError) -> [ArrowValues]? in
                if start > 0, !progress(start, eventCount) { throw .stopped }
                guard start < table.sessionCount else { return nil }
                let sessions = start..<min(start + chunk, table.sessionCount)
                let floats = ArrowBuffer(byteCount: sessions.count * size * MemoryLayout<Float>.stride)
                embed(embedder, events, sessions, pool, scratch, floats.memory.bindMemory(to: Float.self).baseAddress)
                for session in sessions { eventCount += table.events(ofSession: session).count }
                start = sessions.upperBound
                return [.utf8(sessions.map { table.sessionKey($0) }), .floats(floats, rows: sessions.count, size: size)]
            }
        } catch {
            guard case .stopped = error else { throw error }
            return nil
        }
        return Summary(sessions: table.sessionCount, dimension: size, events: eventCount)
    }
}
