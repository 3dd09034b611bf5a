internal import EventStream
internal import SequenceEmbedding
internal import SequenceKernel

/// The embeddings of all sessions of a corpus, in memory: for commands that look at them as a whole.
struct EmbeddedSessions {
    let artifact: ModelArtifact
    /// `[S, dimension]`, in the order of the corpus.
    let floats: [Float]
    let dimension: Int

    init(_ corpus: Corpus, modelAt path: String, threads: Int) throws {
        artifact = try ModelArtifact(path)
        let events = try EncodedEvents(CorpusTable(corpus), artifact.encoding)
        dimension = artifact.configuration.embeddingSize
        floats = EmbeddingTable.make(
            SessionEmbedder(artifact), events, sessions: 0..<corpus.sessionCount, pool: WorkerPool(threads: threads))
    }
}
