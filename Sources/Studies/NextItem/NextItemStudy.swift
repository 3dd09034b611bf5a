public import Evaluation
public import EventStream
internal import SequenceEmbedding
public import SequenceKernel

/// Takes: a model of next items, test pairs, and the sessions it was trained on. Gives: how high the true next item stood, by the
/// model and by two baselines that look at the same training sessions.
///
/// A pair is a session whose last event is the target; sessions of one event are left out. An item that training never showed
/// counts as a miss for all.
public struct NextItemStudy: Sendable {
    /// Ranks by the model.
    public let model: RankingMetrics
    /// Ranks by the network alone, where the model mixes it with what the session holds and with links between items.
    public let network: RankingMetrics?
    /// Ranks by the rest of that mixture, without the network: the strongest simple baseline.
    public let withoutNetwork: RankingMetrics?
    /// Ranks by how often an item occurs in training; nil without the training sessions.
    public let popularity: RankingMetrics?
    /// Ranks by what most often followed the last item, filled with popular ones.
    public let markov: RankingMetrics?

    /// Test pairs.
    public var pairs: Int { model.ranks.count }

    /// Judges a model that was read or has just been trained.
    /// - Parameters:
    ///   - test: a corpus of pairs.
    ///   - training: what the model was trained on, for the baselines.
    public init(
        _ artifact: NextItemModel, test: Corpus, training: Corpus?, pool: WorkerPool
    ) throws(StudyError) {
        func ranks(_ prior: NextItemPrior?) throws(StudyError) -> RankingMetrics {
            do {
                let evaluation = try NextItemEvaluation(
                    artifact.model, artifact.weights, artifact.encoding, prior: prior, CorpusTable(test), pool: pool)
                return RankingMetrics(ranks: evaluation.ranks.map { Int32(clamping: $0) })
            } catch { throw .wrongModel(model: artifact.name, reason: "\(error)") }
        }
        model = try ranks(artifact.prior)
        guard !model.ranks.isEmpty else { throw .tooLittle(what: "\(test.path): test pairs", found: 0, needed: 1) }
        if let prior = artifact.prior {
            network = try ranks(nil)
            withoutNetwork = prior.settings.networkShare > 0 ? try ranks(prior.withoutNetwork) : model
        } else {
            (network, withoutNetwork) = (nil, nil)
        }
        guard let training else {
            (popularity, markov) = (nil, nil)
            return
        }
        let field = artifact.model.configuration.objectives.nextEvent.tiedField ?? "item"
        let fitted = Self.sequences(training, field)
        let judged = try Self.pairs(test, field, numberedAs: training)
        let baseline = MarkovBaseline(fit: fitted)
        popularity = baseline.popularity.ranks(targets: judged.targets)
        markov = baseline.ranks(lastItems: judged.lastItems, targets: judged.targets)
    }

    private static func sequences(_ corpus: Corpus, _ field: String) -> Evaluation.ItemSequences {
        guard let codes = corpus.codes(field) else { return Evaluation.ItemSequences(items: [], offsets: [0]) }
        var items: [Int32] = []
        var offsets = [0]
        items.reserveCapacity(corpus.eventCount)
        for session in 0..<corpus.sessionCount {
            for event in corpus.events(ofSession: session) where codes[event] > 0 { items.append(codes[event] - 1) }
            offsets.append(items.count)
        }
        return Evaluation.ItemSequences(items: items, offsets: offsets)
    }

    /// Last items of prefixes and targets in the numbering of the training corpus; −1 for what it does not know.
    private static func pairs(
        _ test: Corpus, _ field: String, numberedAs training: Corpus
    ) throws(StudyError) -> (lastItems: [Int32?], targets: [Int32]) {
        guard let codes = test.codes(field), let names = test.dictionary(field), let known = training.dictionary(field) else {
            throw .noSuchField(corpus: test.path, field: field, available: test.schema.readableFields.map(\.name))
        }
        var numbers = [String: Int32](minimumCapacity: known.count)
        for entry in 0..<known.count { numbers[known[entry]] = Int32(entry) }
        let renumbered = [-1] + (0..<names.count).map { numbers[names[$0], default: -1] }
        var lastItems: [Int32?] = []
        var targets: [Int32] = []
        for session in 0..<test.sessionCount {
            let events = test.events(ofSession: session)
            guard events.count > 1 else { continue }
            let last = renumbered[Int(codes[events.upperBound - 2])]
            lastItems.append(last < 0 ? nil : last)
            targets.append(renumbered[Int(codes[events.upperBound - 1])])
        }
        return (lastItems, targets)
    }
}
