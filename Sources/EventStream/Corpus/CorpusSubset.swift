/// Some sessions of a corpus, by number; nothing is copied.
public struct CorpusSubset: Sendable {
    /// The corpus.
    public let corpus: Corpus
    /// Numbers of the sessions, in the order they are to be read.
    public let sessions: [Int]

    /// A subset; traps on a session the corpus does not have.
    public init(_ corpus: Corpus, sessions: [Int]) {
        for session in sessions {
            precondition(session >= 0 && session < corpus.sessionCount, "CorpusSubset: session \(session) of \(corpus.sessionCount)")
        }
        self.corpus = corpus
        self.sessions = sessions
    }

    /// All sessions.
    public init(_ corpus: Corpus) {
        self.corpus = corpus
        sessions = Array(0..<corpus.sessionCount)
    }

    /// Events of these sessions.
    public var eventCount: Int { sessions.reduce(0) { $0 + corpus.events(ofSession: $1).count } }
}
