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
    /// Embeddings of all sessions.
    public static func embedding(_ table: any EventTable, _ encoder: ModelArtifact, pool: WorkerPool) throws -> SessionFloats {
        let size = encoder.configuration.embeddingSize
        let embedder = SessionEmbedder(encoder)
        let events = try EncodedEvents(table, encoder.encoding)
        let scratch = (0..<pool.threads).map { _ in embedder.makeScratch() }
        let (count, block) = (table.sessionCount, SessionEmbedder.blockSessions)
        let floats = [Float](unsafeUninitializedCapacity: count * size) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress
            pool.run((count + block - 1) / block) { index, worker in
                let range = index * block..<min((index + 1) * block, count)
                embedder.embed(events, sessions: range, scratch[worker], into: base! + range.lowerBound * size)
            }
            initialized = count * size
        }
        return SessionFloats(name: SessionBlock.embedding.rawValue, columns: (0..<size).map { "\($0)" }, floats: floats)
    }

    /// Probabilities of intents by the distilled classifier.
    /// - Parameter heldOut: sessions that taught it, with their probabilities by students that did not see their visitors, `[n, K]`: those that
    ///   saw them know their annotators' slips.
    public static func labels(
        _ table: any EventTable, _ classifier: IntentClassifier, encoder: ModelArtifact, heldOut: (sessions: [Int], scores: [Float])? = nil,
        pool: WorkerPool
    ) throws -> SessionFloats {
        let scorer = try SessionScorer(classifier, encoder: encoder, table: table)
        var floats = scorer.probabilities(of: Array(0..<table.sessionCount), pool: pool)
        let count = classifier.count
        if let heldOut {
            for (row, session) in heldOut.sessions.enumerated() {
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
