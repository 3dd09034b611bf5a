public import IntentTaxonomy
public import Recommendation
public import SequenceEmbedding
public import SequenceKernel

/// What a decision may know of its web sessions, block by block; the names stand in the names of features.
public enum SessionBlock: String, Sendable, CaseIterable, Codable {
    /// How often each page and value occurs: what a production system without sequence models has.
    case pages
    /// Labels as annotators gave them.
    case supplied
    /// Labels of the distilled classifier.
    case labels
    /// The session's embedding.
    case embedding
}

extension SessionFloats {
    /// Embeddings of sessions.
    /// - Parameter sessions: those asked for, each once; the floats of all others are missing. All where nil.
    public static func embedding(
        _ table: any EventTable, _ encoder: ModelArtifact, sessions: [Int]? = nil, pool: WorkerPool
    ) throws -> SessionFloats {
        try embedding(table, encoder, SessionEmbedder(encoder), sessions: sessions, pool: pool)
    }

    /// The same with an embedder of the encoder that was made before.
    public static func embedding(
        _ table: any EventTable, _ encoder: ModelArtifact, _ embedder: SessionEmbedder, sessions: [Int]? = nil, pool: WorkerPool
    ) throws -> SessionFloats {
        let chosen = sessions ?? Array(0..<table.sessionCount)
        let size = encoder.configuration.embeddingSize
        let events = try EncodedEvents(table, encoder.encoding)
        let scratch = (0..<pool.threads).map { _ in embedder.makeScratch() }
        let (count, block) = (chosen.count, SessionEmbedder.blockSessions)
        let floats = [Float](unsafeUninitializedCapacity: count * size) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress
            pool.run((count + block - 1) / block) { index, worker in
                let range = index * block..<min((index + 1) * block, count)
                embedder.embed(events, sessions: chosen[range], scratch[worker], into: base! + range.lowerBound * size)
            }
            initialized = count * size
        }
        return SessionFloats(
            name: SessionBlock.embedding.rawValue, columns: (0..<size).map { "\($0)" },
            floats: sessions == nil ? floats : placed(floats, width: size, of: chosen, among: table.sessionCount))
    }

    /// Rows of some sessions at their places among all; the others are missing.
    private static func placed(_ rows: [Float], width: Int, of sessions: [Int], among count: Int) -> [Float] {
        var floats = [Float](repeating: .nan, count: count * width)
        for (row, session) in sessions.enumerated() {
            for column in 0..<width { floats[session * width + column] = rows[row * width + column] }
        }
        return floats
    }

    /// Probabilities of intents by the distilled classifier.
    /// - Parameters:
    ///   - heldOut: sessions that taught it, with their probabilities by students that did not see their visitors, `[n, K]`: those that
    ///     saw them know their annotators' slips.
    ///   - sessions: those asked for, each once; the floats of all others are missing. All where nil.
    public static func labels(
        _ table: any EventTable, _ classifier: IntentClassifier, encoder: ModelArtifact, heldOut: (sessions: [Int], scores: [Float])? = nil,
        sessions: [Int]? = nil, pool: WorkerPool
    ) throws -> SessionFloats {
        try labels(table, PreparedClassifier(classifier, encoder: encoder), heldOut: heldOut, sessions: sessions, pool: pool)
    }

    /// The same with a classifier that was made ready before.
    public static func labels(
        _ table: any EventTable, _ prepared: PreparedClassifier, heldOut: (sessions: [Int], scores: [Float])? = nil,
        sessions: [Int]? = nil, pool: WorkerPool
    ) throws -> SessionFloats {
        let (scorer, classifier) = (try SessionScorer(prepared, table: table), prepared.classifier)
        let (chosen, count) = (sessions ?? Array(0..<table.sessionCount), classifier.count)
        var floats = scorer.probabilities(of: chosen, pool: pool)
        if sessions != nil { floats = placed(floats, width: count, of: chosen, among: table.sessionCount) }
        if let heldOut {
            for (row, session) in heldOut.sessions.enumerated() where session < table.sessionCount {
                for intent in 0..<count { floats[session * count + intent] = heldOut.scores[row * count + intent] }
            }
        }
        return SessionFloats(name: SessionBlock.labels.rawValue, columns: classifier.settings.intents, floats: floats)
    }

    /// Confidences as supplied; missing where nobody labelled a session.
    public static func supplied(_ table: any EventTable, _ labels: MergedLabels) -> SessionFloats {
        let count = labels.intents.count
        var floats = [Float](repeating: .nan, count: table.sessionCount * count)
        for (row, session) in labels.sessions.enumerated() {
            for intent in 0..<count { floats[session * count + intent] = Float(labels.confidences[row * count + intent]) }
        }
        return SessionFloats(name: SessionBlock.supplied.rawValue, columns: labels.intents, floats: floats)
    }
}
