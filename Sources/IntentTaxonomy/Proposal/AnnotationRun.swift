public import DurableFiles
public import EventStream
internal import FoundationEssentials
public import SequenceKernel
internal import Synchronization

/// Takes: a corpus, a taxonomy, and something that answers questions.   Gives: intents with confidences for each session, as a file that
/// `tessera labels import` reads.
public struct AnnotationRun: Sendable {
    /// What is annotated, and how.
    public struct Settings: Sendable, Equatable {
        /// Sessions drawn at random; nil for all.
        public var sample: Int?
        /// Sessions of one question.
        public var batchSessions = 10
        /// Answers to one question that are looked at before it is given up.
        public var attempts = 3
        /// What the sample comes from.
        public var seed: UInt64 = 1

        /// The usual amounts.
        public init() {}
    }

    /// One session's intents.
    public struct Annotation: Sendable, Equatable {
        /// Number in the corpus.
        public var session: Int
        /// By intent id.
        public var confidences: [String: Double]
    }

    /// A question without a usable answer.
    public struct Failure: Sendable, Equatable {
        /// Number in the run.
        public var request: String
        /// Sessions it asked for.
        public var sessions: Int
        /// Why.
        public var error: ChatError
    }

    /// What came of a run.
    public struct Result: Sendable, Equatable {
        /// Finished sessions in the order of the corpus.
        public var annotations: [Annotation]
        /// Questions whose answers were refused for good.
        public var refused: [Failure]
        /// Questions nobody has answered yet.
        public var awaiting: [Failure]
        /// What ended the run early, the first by number; finished answers are kept by the model.
        public var stopped: ChatError?
        /// Sessions asked for.
        public var sessions: Int
    }

    /// Sessions that are annotated, by number in the corpus, rising.
    public let sessions: [Int]
    /// Sessions left out because they are the first of several parts into which the import cut a session of the export: their id names all
    /// parts, and ``LabelImport`` would refuse its labels (``LabelRejectReason/cutSession``).
    public let cutSessions: Int
    private let corpus: Corpus
    private let taxonomy: Taxonomy
    private let summary: SessionSummary
    private let settings: Settings

    /// A run over a corpus; nothing is asked yet. Sessions without events, and ``cutSessions``, are left out.
    public init(_ corpus: Corpus, taxonomy: Taxonomy, summary: SessionSummary, _ settings: Settings) {
        precondition(settings.batchSessions > 0 && settings.attempts > 0, "AnnotationRun: at least one session and one attempt")
        (self.corpus, self.taxonomy, self.summary, self.settings) = (corpus, taxonomy, summary, settings)
        var all = (0..<corpus.sessionCount).filter { !corpus.events(ofSession: $0).isEmpty }
        let whole = Self.uncut(all, corpus)
        cutSessions = all.count - whole.count
        all = whole
        if let sample = settings.sample, sample < all.count {
            var random = RandomSource(settings.seed, 0x616E_6E6F)
            random.shuffle(&all)
            all = all.prefix(sample).sorted()
        }
        sessions = all
    }

    /// Those of the sessions whose labels `labels import` will find again.
    private static func uncut(_ sessions: [Int], _ corpus: Corpus) -> [Int] {
        // Computed ids number the sessions of a visitor: each is whole.
        guard corpus.schema.mapping.session != nil else { return sessions }
        let find = SessionIndex.Finder(SessionIndex(corpus))
        return sessions.filter { session in
            find(corpus.sessionKey(session), visitor: corpus.visitorKey(corpus.visitor(ofSession: session))) != .cut
        }
    }

    /// Names the questions and the taxonomy: what `annotator_version` holds.
    public var version: String { "prompt-\(ProposalPrompt.version)/taxonomy-\(taxonomy.digest.prefix(12))" }

    /// Questions.
    public var batches: Int { (sessions.count + settings.batchSessions - 1) / settings.batchSessions }

    /// Sessions by number in the corpus that a question asks for: session n is entry n - 1.
    public func sessions(inBatch batch: Int) -> ArraySlice<Int> {
        sessions[batch * settings.batchSessions..<min(sessions.count, (batch + 1) * settings.batchSessions)]
    }

    /// The most that the run may cost, retries apart.
    public func estimate() -> RunEstimate {
        var estimate = RunEstimate()
        for batch in 0..<batches { estimate.add(request(batch)) }
        return estimate
    }

    /// Questions in a row that an endpoint may turn away before the run ends: then it is the endpoint and not the question.
    public static let mostTurnedAway = 3

    /// Asks everything, `pool.threads` questions at a time. What is refused or awaited does not stop the others, nor does a question that the
    /// endpoint will not take, unless it takes none of ``mostTurnedAway`` one after the other; a spent budget, a lost connection or a cancel
    /// does.
    public func run(
        _ model: any ChatModel, pool: WorkerPool, progress: @escaping @Sendable (_ answered: Int, _ of: Int) -> Void = { _, _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) -> Result {
        let question = CheckedQuestion(model: model, attempts: settings.attempts, isCancelled: isCancelled)
        let outcomes = Mutex<[Int: Swift.Result<[Annotation], ChatError>]>([:])
        let isStopped = Atomic<Bool>(false)
        let turnedAway = Atomic<Int>(0)
        pool.run(batches) { batch, _ in
            if isStopped.load(ordering: .relaxed) { return }
            let outcome = Swift.Result { () throws(ChatError) in try annotate(batch, question) }
            switch outcome {
            case .success: turnedAway.store(0, ordering: .relaxed)
            case .failure(let error) where error.isOfTheQuestion:
                if turnedAway.add(1, ordering: .relaxed).newValue >= Self.mostTurnedAway { isStopped.store(true, ordering: .relaxed) }
            case .failure(let error): if error.endsRun { isStopped.store(true, ordering: .relaxed) }
            }
            let answered = outcomes.withLock { outcomes in
                outcomes[batch] = outcome
                return outcomes.count
            }
            progress(answered, batches)
        }
        let isEndpoint = turnedAway.load(ordering: .relaxed) >= Self.mostTurnedAway
        return outcomes.withLock { gather($0, endpointTakesNone: isEndpoint) }
    }

    private func gather(_ outcomes: [Int: Swift.Result<[Annotation], ChatError>], endpointTakesNone: Bool) -> Result {
        var result = Result(annotations: [], refused: [], awaiting: [], sessions: sessions.count)
        for batch in 0..<batches {
            switch outcomes[batch] {
            case .success(let annotations): result.annotations += annotations
            case .failure(let error):
                let failure = Failure(request: RequestName.make(batch, "annotate"), sessions: sessions(inBatch: batch).count, error: error)
                switch error {
                case .refused: result.refused.append(failure)
                case .awaiting, .staleAnswer: result.awaiting.append(failure)
                case _ where error.isOfTheQuestion && !endpointTakesNone: result.refused.append(failure)
                default: result.stopped = result.stopped ?? error
                }
            case nil: break
            }
        }
        return result
    }

    private func request(_ batch: Int) -> ChatRequest {
        let shown = sessions(inBatch: batch)
        var lines = ["INTENTS"] + taxonomy.assignable.map(ProposalPrompt.text) + ["END", "", "SESSIONS"]
        for (number, session) in shown.enumerated() { lines.append("\nSession \(number + 1): \(summary.text(session))") }
        lines.append("END")
        return ChatRequest(
            name: RequestName.make(batch, "annotate"), instructions: ProposalPrompt.annotationInstructions,
            input: lines.joined(separator: "\n"), schema: ProposalPrompt.annotationSchema(taxonomy.assignable),
            maximumReplyTokens: 400 + 120 * shown.count)
    }

    private struct Answer: Decodable {
        struct Scored: Decodable {
            var id: String
            var confidence: Double
        }

        struct Session: Decodable {
            var session: Int
            var intents: [Scored]
        }

        var sessions: [Session]
    }

    private func annotate(_ batch: Int, _ question: CheckedQuestion) throws(ChatError) -> [Annotation] {
        let shown = Array(sessions(inBatch: batch))
        let known = Set(taxonomy.assignable.map(\.id))
        return try question.ask(request(batch)) { reply throws(AnswerFault) in
            let answer = try AnswerObject.read(Answer.self, from: reply)
            var found = [[String: Double]?](repeating: nil, count: shown.count)
            for entry in answer.sessions {
                guard (1...shown.count).contains(entry.session) else { throw AnswerFault("it answers a session that was not shown") }
                guard found[entry.session - 1] == nil else { throw AnswerFault("session \(entry.session) is answered twice") }
                var confidences: [String: Double] = [:]
                for scored in entry.intents {
                    guard known.contains(scored.id) else {
                        throw AnswerFault("session \(entry.session) has an intent that is not in the list")
                    }
                    guard scored.confidence >= 0, scored.confidence <= 1 else {
                        throw AnswerFault("session \(entry.session) has a confidence outside 0 to 1")
                    }
                    guard confidences.updateValue(scored.confidence, forKey: scored.id) == nil else {
                        throw AnswerFault("session \(entry.session) names an intent twice")
                    }
                }
                found[entry.session - 1] = confidences
            }
            let missing = found.count { $0 == nil }
            guard missing == 0 else { throw AnswerFault("\(missing) of \(shown.count) sessions are not answered") }
            return zip(shown, found).map { Annotation(session: $0, confidences: $1!) }
        }.answer
    }

    /// Writes annotations as JSON Lines: `session_id`, `user_id` where the corpus has one (ids of sessions may repeat between visitors),
    /// `intents`, `annotator`, `annotator_version`, `taxonomy_digest`, and `time` where one is given. Ids are those of the corpus.
    public func write(_ annotations: [Annotation], annotator: String, time: String?, to path: String) throws(FileError) {
        struct Row: Encodable {
            var session_id: String
            var user_id: String?
            var taxonomy_digest: String
            var intents: [String: Double]
            var annotator: String
            var annotator_version: String
            var time: String?
        }
        let (digest, version) = (taxonomy.digest, version)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(to: path) { writer throws(FileError) in
            for annotation in annotations {
                let visitor = corpus.visitorKey(corpus.visitor(ofSession: annotation.session))
                let row = Row(
                    session_id: corpus.sessionKey(annotation.session), user_id: visitor.isEmpty ? nil : visitor, taxonomy_digest: digest,
                    intents: annotation.confidences, annotator: annotator,
                    annotator_version: version, time: time)
                // Texts and finite numbers only: nothing of this can be refused.
                guard let line = try? encoder.encode(row) else { preconditionFailure("AnnotationRun.write: cannot be encoded") }
                try writer.write(Array(line) + [0x0A])
            }
        }
    }
}

extension ChatError {
    /// True where the endpoint will not take this question (too long, or against its rules) and may take the next.
    fileprivate var isOfTheQuestion: Bool {
        guard case .status(_, let code, _) = self else { return false }
        return [400, 413, 422].contains(code)
    }

    /// True where the next question would fare no better.
    fileprivate var endsRun: Bool {
        switch self {
        case .refused, .awaiting, .staleAnswer: false
        default: true
        }
    }
}
