public import EventStream
internal import FoundationEssentials
public import IntentTaxonomy
public import SequenceEmbedding
public import SequenceKernel

/// What an ``AuditDossier`` is made of.
public struct DossierSources: Sendable {
    /// The sessions that are served.
    public var corpus: Corpus
    /// The encoder, and its folder.
    public var encoder: ModelArtifact
    /// The classifier.
    public var classifier: IntentClassifier
    /// Records of purposes of both.
    public var records: (encoder: PurposeRecord?, classifier: PurposeRecord?) = (nil, nil)
    /// Classifiers of other seeds on the same encoder, with their records.
    public var others: [(classifier: IntentClassifier, record: PurposeRecord?)] = []
    /// Labels to judge groups by, and all where no study is given.
    public var labels: LabelSet?
    /// What `tessera intents evaluate` found.
    public var study: ClassifierStudy?
    /// Export files.
    public var files: [AuditDossier.SourceFile] = []
    /// What people say.
    public var inventory: ModelInventory
    /// Rules and the purpose to check by.
    public var rules: PurposeRules?
    /// The purpose.
    public var purpose: Purpose?
    /// Sessions from here on are the later period, in microseconds since 1970.
    public var boundary: Int64?
    /// Field whose values are groups.
    public var groupField: String?
    /// The moment, in microseconds since 1970.
    public var madeAt: Int64
    /// Whether nobody is behind the data.
    public var isSynthetic = false

    /// What a dossier needs at least.
    public init(corpus: Corpus, encoder: ModelArtifact, classifier: IntentClassifier, inventory: ModelInventory, madeAt: Int64) {
        (self.corpus, self.encoder, self.classifier, self.inventory, self.madeAt) = (corpus, encoder, classifier, inventory, madeAt)
    }

    static func text(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: (Double(microseconds) / 1e6).rounded(.down)).formatted(.iso8601)
    }
}

extension AuditDossier {
    /// Looks at every session once, and judges.
    /// - Parameter say: told what is being done.
    /// - Throws: what reading sessions and labels throws; ``StudyError`` where the field of groups is not there.
    public init(_ sources: DossierSources, program: String, pool: WorkerPool, say: (String) -> Void = { _ in }) throws {
        let (corpus, classifier) = (sources.corpus, sources.classifier)
        let table = CorpusTable(corpus)
        let count = classifier.count
        say("scoring \(corpus.sessionCount) sessions")
        let scorer = try SessionScorer(classifier, encoder: sources.encoder, table: table)
        let scores = scorer.probabilities(0..<corpus.sessionCount, pool: pool)
        let assigned = (0..<corpus.sessionCount).map { session in
            classifier.label(
                session: session, events: corpus.events(ofSession: session).count,
                probabilities: scores[session * count..<(session + 1) * count]
            ).assigned
        }
        let visitors = (0..<corpus.sessionCount).map { corpus.visitor(ofSession: $0) }
        let periods = sources.boundary.flatMap { boundary -> [Bool]? in
            corpus.schema.hasTime ? (0..<corpus.sessionCount).map { Self.start(corpus, $0) >= boundary } : nil
        }
        self.init(
            madeAt: DossierSources.text(sources.madeAt), program: program, inventory: sources.inventory, lineage: Self.lineage(sources),
            taxonomy: Self.taxonomy(classifier),
            serving: Self.serving(assigned, visitors, periods, classifier.settings.intents))
        isSynthetic = sources.isSynthetic
        (purpose, rules) = (sources.purpose, sources.rules?.reference)
        models = Self.models(sources)
        breaches = try Self.breaches(sources)

        let judged = try sources.labels.flatMap {
            try JudgedLabels(classifier, corpus: corpus, labels: $0, scores: scores)
        }
        performance = try Self.performance(sources, judged)
        if let field = sources.groupField {
            say("groups by \(field)")
            let readable = corpus.schema.readableFields.filter { $0.kind != .numeric }.map(\.name)
            guard readable.contains(field) else { throw StudyError.noSuchField(corpus: corpus.path, field: field, available: readable) }
            let values = try ProxyTarget.values(field, of: corpus).values
            let thresholds = classifier.settings.thresholds
            groups = GroupStudy(
                field: field, values: values, visitors: visitors, isSilent: assigned.map(\.isEmpty),
                judged: (
                    judged?.sessions ?? [], judged?.present ?? [],
                    judged.map { own in own.probabilities.indices.map { Double(own.probabilities[$0]) >= thresholds[$0 % count] } } ?? []
                ), intents: count)
        }
        if let periods, let boundary = sources.boundary {
            self.boundary = DossierSources.text(boundary)
            say("stability between two periods")
            stability = try Self.stability(sources, table, assigned, visitors, periods, pool)
        }
        say("reasons of \(ReasonStability.mostSessions) sessions")
        reasons = try ReasonStability(
            classifier, others: sources.others.map(\.classifier), encoder: sources.encoder, table: table,
            sessions: (0..<corpus.sessionCount).filter { !assigned[$0].isEmpty }, pool: pool)
    }

    private static func start(_ corpus: Corpus, _ session: Int) -> Int64 {
        corpus.events(ofSession: session).first.map { corpus.timesMicroseconds[$0] } ?? .min
    }
}
