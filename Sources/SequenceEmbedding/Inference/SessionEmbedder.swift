public import DurableFiles
public import SequenceKernel

/// Turns sessions into embeddings with a trained model: one at a time for a service, by the thousand for a table.
///
/// A session's embedding depends on nothing but its events: not on its neighbours in a batch, the threads, or the order. A session
/// without events has the zero vector.
public final class SessionEmbedder: @unchecked Sendable {
    /// The model.
    public let model: SequenceModel
    /// Its weights.
    public let weights: ParameterVector
    private let transposes: TransposedWeights
    private let lanes: LaneEmbedder?
    private let reduced: BFloat16Weights?
    /// Sessions embedded together.
    public static let blockSessions = 32

    /// How the factors of the wide products are kept.
    public enum Precision: String, Sendable, CaseIterable {
        /// Single precision: the reference.
        case float32
        /// Rounded to bfloat16 and summed in single precision, on processors with AVX-512 BF16. See ``BFloat16Weights``.
        case bfloat16

        /// How far an embedding in bfloat16 may be from the one in single precision, as a share of its length. Factors keep eight bits, 0.4 %
        /// each, and errors of many products partly cancel.
        public static let bfloat16Accuracy: Float = 0.01

        /// Whether this processor can.
        public var isSupported: Bool { self == .float32 || BFloat16Weights.isSupported }
    }

    /// An embedder that shares the weights, which must not change any more. Traps when the processor lacks the precision.
    public convenience init(_ model: SequenceModel, _ weights: ParameterVector, precision: Precision = .float32) {
        self.init(model, weights, precision: precision, foldedBytes: 16 << 20)
    }

    /// With another limit to the memory of tables that are multiplied by the projection beforehand (16 MiB). Embeddings from tables that
    /// fit differ by rounding from those of tables that do not.
    package init(_ model: SequenceModel, _ weights: ParameterVector, precision: Precision = .float32, foldedBytes: Int) {
        precondition(precision.isSupported, "SessionEmbedder: this processor has no AVX-512 BF16")
        self.model = model
        self.weights = weights
        transposes = TransposedWeights(of: weights)
        let copies = precision == .bfloat16 ? BFloat16Weights(of: weights) : nil
        // Without a wide matrix there is nothing to round, and the lanes are faster.
        reduced = copies?.isEmpty == true ? nil : copies
        lanes = reduced == nil ? LaneEmbedder(model, weights, foldedBytes: foldedBytes) : nil
    }

    /// An embedder of a model read from a directory.
    public convenience init(_ artifact: ModelArtifact, precision: Precision = .float32) {
        self.init(artifact.model, artifact.weights, precision: precision)
    }

    /// Memory of one worker, reused from call to call.
    public final class Scratch: @unchecked Sendable {
        let shard: ShardBatch
        let columns: EventColumns
        let workspace = Workspace()
        var stretches: [Range<Int>] = []
        private var pieces: [Stretch] = []

        /// For models of a plan.
        public init(_ plan: FeaturePlan) {
            shard = ShardBatch(plan: plan)
            columns = EventColumns(plan)
        }

        /// Lays the events of these stretches into the shard, one sequence each.
        func fillShard(_ events: EncodedEvents, _ stretches: ArraySlice<Range<Int>>) {
            pieces.removeAll(keepingCapacity: true)
            for stretch in stretches { pieces.append(Stretch(events: stretch, visitor: 0, key: 0)) }
            shard.fill(events, pieces[...])
        }
    }

    /// Scratch memory for one thread.
    public func makeScratch() -> Scratch { Scratch(model.plan) }

    /// Embeds some sessions into `output`, one row of `embeddingSize` floats each.
    public func embed(
        _ events: EncodedEvents, sessions: some Collection<Int>, _ scratch: Scratch, into output: UnsafeMutablePointer<Float>
    ) {
        scratch.stretches.removeAll(keepingCapacity: true)
        for session in sessions { scratch.stretches.append(keptEvents(events, session: session)) }
        embedStretches(events, scratch, into: output)
    }

    /// Embeds one session into `output`, `embeddingSize` floats. Allocates nothing once the longest session has been seen.
    public func embed(_ events: EncodedEvents, session: Int, _ scratch: Scratch, into output: UnsafeMutablePointer<Float>) {
        scratch.stretches.removeAll(keepingCapacity: true)
        scratch.stretches.append(keptEvents(events, session: session))
        embedStretches(events, scratch, into: output)
    }

    /// One session's embedding.
    public func embed(_ events: EncodedEvents, session: Int, _ scratch: Scratch) -> [Float] {
        [Float](unsafeUninitializedCapacity: model.configuration.embeddingSize) { buffer, count in
            embed(events, session: session, scratch, into: buffer.baseAddress!)
            count = model.configuration.embeddingSize
        }
    }

    private func embedStretches(_ events: EncodedEvents, _ scratch: Scratch, into output: UnsafeMutablePointer<Float>) {
        if let lanes { return lanes.embed(events, scratch, transposes, weights, into: output) }
        scratch.fillShard(events, scratch.stretches[...])
        scratch.workspace.reset()
        let pass = Pass(weights: weights, workspace: scratch.workspace, transposes: transposes, reduced: reduced)
        let rows = model.embed(EventView(scratch.shard), pass)
        output.update(from: rows.base, count: rows.scalarCount)
    }
}

/// The embeddings of many sessions, in memory or on their way to a file.
public enum EmbeddingTable {
    /// What was written.
    public struct Summary: Sendable, Equatable {
        /// Sessions.
        public let sessions: Int
        /// Floats of an embedding.
        public let dimension: Int
        /// Events read.
        public let events: Int
    }

    /// All embeddings of the given sessions: `[sessions.count * embeddingSize]`.
    public static func make(
        _ embedder: SessionEmbedder, _ events: EncodedEvents, sessions: Range<Int>, pool: WorkerPool
    ) -> [Float] {
        let size = embedder.model.configuration.embeddingSize
        let scratch = (0..<pool.threads).map { _ in embedder.makeScratch() }
        return [Float](unsafeUninitializedCapacity: sessions.count * size) { buffer, count in
            nonisolated(unsafe) let base = buffer.baseAddress
            embed(embedder, events, sessions, pool, scratch, base)
            count = sessions.count * size
        }
    }

    /// Writes the embeddings of all sessions of a table, whole or not at all, some thousands at a time.
    ///
    /// - Parameters:
    ///   - progress: called with sessions done, now and then; false stops, and nothing is written.
    /// - Returns: what was written; nil when stopped.
    public static func write(
        _ embedder: SessionEmbedder, _ events: EncodedEvents, _ table: any EventTable, to path: String, format: EmbeddingFormat,
        pool: WorkerPool, in fileSystem: FileSystem = .live, progress: (_ done: Int, _ events: Int) -> Bool = { _, _ in true }
    ) throws(FileError) -> Summary? {
        struct Stopped: CarriesFileError {
            var error: FileError?
            init(_ error: FileError) { self.error = error }
            init() {}
        }
        let size = embedder.model.configuration.embeddingSize
        let chunk = 64 * SessionEmbedder.blockSessions
        let scratch = (0..<pool.threads).map { _ in embedder.makeScratch() }
        let block = UnsafeMutablePointer<Float>.allocate(capacity: chunk * size)
        defer { block.deallocate() }
        var keyBytes = 0
        if format == .safetensors { for session in 0..<table.sessionCount { keyBytes += table.sessionKey(session).utf8.count } }
        let keySize = keyBytes
        do throws(Stopped) {
            return try AtomicFile.write(to: path, in: fileSystem) { writer throws(Stopped) in
                var eventCount = 0
                do throws(FileError) {
                    var rows = try EmbeddingWriter(format, writer, sessions: table.sessionCount, size: size, keyBytes: keySize)
                    for start in stride(from: 0, to: table.sessionCount, by: chunk) {
                        let sessions = start..<min(start + chunk, table.sessionCount)
                        embed(embedder, events, sessions, pool, scratch, block)
                        for session in sessions {
                            try rows.add(table.sessionKey(session), block + (session - start) * size)
                            eventCount += table.events(ofSession: session).count
                        }
                        if !progress(sessions.upperBound, eventCount) { throw FileError(.write, path, code: stopCode) }
                    }
                    try rows.finish()
                } catch {
                    throw error.code == stopCode ? Stopped() : Stopped(error)
                }
                return Summary(sessions: table.sessionCount, dimension: size, events: eventCount)
            }
        } catch {
            if let error = error.error { throw error }
            return nil
        }
    }

    /// No system uses it.
    private static let stopCode: Int32 = -1

    static func embed(
        _ embedder: SessionEmbedder, _ events: EncodedEvents, _ sessions: Range<Int>, _ pool: WorkerPool,
        _ scratch: [SessionEmbedder.Scratch], _ output: UnsafeMutablePointer<Float>?
    ) {
        let size = embedder.model.configuration.embeddingSize
        let step = SessionEmbedder.blockSessions
        nonisolated(unsafe) let output = output
        pool.run((sessions.count + step - 1) / step) { block, worker in
            let first = sessions.lowerBound + block * step
            embedder.embed(
                events, sessions: first..<min(first + step, sessions.upperBound), scratch[worker],
                into: output! + (first - sessions.lowerBound) * size)
        }
    }
}
