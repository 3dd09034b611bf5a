public import EventStream
internal import SequenceKernel

/// Takes: a corpus, embeddings of its sessions, and something that answers questions.   Gives: a taxonomy to be reviewed by people.
///
/// Generate, update batch by batch, review, as in TnT-LLM (Wan et al., 2024), with a fixed number of intents. The same corpus, embeddings,
/// seed and answers give the same taxonomy to the byte. A run that stops can be started again: kept answers are not asked for anew.
public struct ProposalRun: Sendable {
    /// How the taxonomy is called, and how answers are looked at.
    public struct Settings: Sendable, Equatable {
        /// Id of the taxonomy.
        public var id: String
        /// Most intents, `other` among them; at least 2.
        public var intents: Int
        /// Answers to one question that are looked at before it is given up.
        public var attempts = 3

        /// Settings for a taxonomy.
        public init(id: String, intents: Int) {
            precondition(intents >= 2, "ProposalRun: \(intents) intents; `other` and at least one more are needed")
            (self.id, self.intents) = (id, intents)
        }
    }

    /// What a finished run gives.
    public struct Result: Sendable, Equatable {
        /// Not approved, and without owners.
        public var taxonomy: Taxonomy
        /// How it came about.
        public var report: ProposalReport
    }

    /// What is shown.
    public let plan: ProposalPlan
    /// Names and limits.
    public let settings: Settings
    private let corpus: Corpus
    private let summary: SessionSummary

    /// A run over a corpus; nothing is asked yet.
    public init(_ corpus: Corpus, plan: ProposalPlan, summary: SessionSummary, _ settings: Settings) {
        (self.corpus, self.plan, self.summary, self.settings) = (corpus, plan, summary, settings)
    }

    /// Questions of a run whose answers are all used: one a batch, and the review.
    public var steps: Int { plan.batches.count + 1 }

    /// Sessions by number in the corpus that a batch shows with a number: session n of the question is entry n - 1.
    public func sessions(inBatch batch: Int) -> [Int] {
        ProposalPrompt.input(IntentDraft(), clusters(batch), summary).sessions
    }

    /// The most that the run may cost, retries apart. Later questions hold the list made so far, which is taken to be full.
    public func estimate() -> RunEstimate {
        var estimate = RunEstimate()
        for batch in plan.batches.indices {
            let request = request(batch, IntentDraft()).request
            estimate.add(request, furtherInputTokens: batch == 0 ? 0 : 120 * settings.intents)
        }
        estimate.add(reviewRequest(IntentDraft()), furtherInputTokens: 120 * settings.intents)
        return estimate
    }

    /// Asks everything.
    public func run(
        _ model: any ChatModel, progress: (_ answered: Int, _ of: Int) -> Void = { _, _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(ChatError) -> Result {
        let question = CheckedQuestion(model: model, attempts: settings.attempts, isCancelled: isCancelled)
        var draft = IntentDraft()
        var steps: [ProposalReport.Step] = []
        for batch in 0...plan.batches.count {
            progress(batch, self.steps)
            let isReview = batch == plan.batches.count
            let step: IntentDraft.Step = isReview ? .review : batch == 0 ? .generate : .update
            let (request, shown) = isReview ? (reviewRequest(draft), []) : self.request(batch, draft)
            let before = draft
            let asked = try question.ask(request) { reply throws(AnswerFault) in
                try before.applying(
                    AnswerObject.read(IntentDraft.Answer.self, from: reply), step, shown: shown, most: settings.intents - 1)
            }
            draft = asked.answer
            let (old, new) = (Set(before.entries.map(\.intent.id)), Set(draft.entries.map(\.intent.id)))
            steps.append(
                .init(
                    request: request.name, digest: request.digest, attempts: asked.attempts, intents: draft.entries.count,
                    added: new.subtracting(old).sorted(), replaced: old.subtracting(new).sorted()))
        }
        progress(self.steps, self.steps)
        return Result(taxonomy: taxonomy(draft, model.name), report: report(draft, steps, model.name))
    }

    private func clusters(_ batch: Int) -> [ProposalPlan.Cluster] { plan.batches[batch].map { plan.clusters[$0] } }

    private func request(_ batch: Int, _ draft: IntentDraft) -> (request: ChatRequest, shown: [Int]) {
        let step: IntentDraft.Step = batch == 0 ? .generate : .update
        let (text, shown, _) = ProposalPrompt.input(draft, clusters(batch), summary)
        return (make(batch, step, text), shown)
    }

    private func reviewRequest(_ draft: IntentDraft) -> ChatRequest {
        make(plan.batches.count, .review, ProposalPrompt.input(draft, [], nil).text)
    }

    private func make(_ number: Int, _ step: IntentDraft.Step, _ text: String) -> ChatRequest {
        ChatRequest(
            name: RequestName.make(number, step.rawValue), instructions: ProposalPrompt.instructions(step, most: settings.intents - 1),
            input: text, schema: ProposalPrompt.proposalSchema, maximumReplyTokens: 1000 + 300 * settings.intents)
    }

    private func taxonomy(_ draft: IntentDraft, _ model: String) -> Taxonomy {
        Taxonomy(
            id: settings.id, version: "0.1.0",
            description: "Proposed by \(model) from \(plan.clusters.count) groups of sessions; to be read and approved by people.",
            intents: draft.entries.map(\.intent) + [IntentDraft.other])
    }

    private func report(_ draft: IntentDraft, _ steps: [ProposalReport.Step], _ model: String) -> ProposalReport {
        let sizes = Dictionary(uniqueKeysWithValues: plan.clusters.map { ($0.number, $0.size) })
        let support = draft.entries.map { entry in
            ProposalReport.Support(
                intent: entry.intent.id, clusters: entry.support.sorted(), sessions: entry.support.reduce(0) { $0 + sizes[$1]! })
        }
        let claimed = draft.entries.reduce(into: Set<Int>()) { $0.formUnion($1.support) }
        return ProposalReport(
            corpusDigest: corpus.digest, model: model, prompt: ProposalPrompt.version, sessions: plan.sessions,
            clusters: plan.clusters.count,
            batches: plan.batches.count, steps: steps, support: support,
            clustersWithoutIntent: plan.clusters.map(\.number).filter { !claimed.contains($0) })
    }
}

/// How a proposal came about: `report.json`. Counts and numbers of groups; no session is named.
public struct ProposalReport: Sendable, Equatable, Codable {
    /// One question and what its answer changed.
    public struct Step: Sendable, Equatable, Codable {
        /// Number and kind.
        public var request: String
        /// Of the question.
        public var digest: String
        /// Answers looked at.
        public var attempts: Int
        /// Intents afterwards.
        public var intents: Int
        /// Ids that came.
        public var added: [String]
        /// Ids that went.
        public var replaced: [String]
    }

    /// What speaks for an intent.
    public struct Support: Sendable, Equatable, Codable {
        /// Its id.
        public var intent: String
        /// Numbers of groups in which sessions were named for it.
        public var clusters: [Int]
        /// Sessions in these groups.
        public var sessions: Int
    }

    /// Of the corpus.
    public var corpusDigest: String
    /// What answered.
    public var model: String
    /// Version of the questions.
    public var prompt: String
    /// Sessions that were grouped.
    public var sessions: Int
    /// Groups.
    public var clusters: Int
    /// Batches.
    public var batches: Int
    /// In order.
    public var steps: [Step]
    /// In the taxonomy's order.
    public var support: [Support]
    /// Groups nobody named an intent for.
    public var clustersWithoutIntent: [Int]

    enum CodingKeys: String, CodingKey {
        case model, prompt, sessions, clusters, batches, steps, support
        case corpusDigest = "corpus_digest"
        case clustersWithoutIntent = "clusters_without_intent"
    }
}

/// Requests and tokens a run needs at most, retries apart.
public struct RunEstimate: Sendable, Equatable {
    /// Questions.
    public var requests = 0
    /// Tokens sent, as ``ChatRequest/estimatedTokens`` guesses them.
    public var inputTokens = 0
    /// Tokens of answers at their limit.
    public var outputTokens = 0

    /// Nothing.
    public init() {}

    mutating func add(_ request: ChatRequest, furtherInputTokens: Int = 0) {
        requests += 1
        inputTokens += request.estimatedTokens + furtherInputTokens
        outputTokens += request.maximumReplyTokens
    }
}

/// Names of questions and their files.
enum RequestName {
    static func make(_ number: Int, _ kind: String) -> String {
        let digits = String(number + 1)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "-" + kind
    }
}
