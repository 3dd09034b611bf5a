internal import Evaluation
internal import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel

/// The parts of a dossier, each from its source.
extension AuditDossier {
    static func lineage(_ sources: DossierSources) -> Lineage {
        let (schema, corpus, card) = (sources.corpus.schema, sources.corpus, sources.classifier.card)
        var ends: (first: Int64, last: Int64)?
        if schema.hasTime {
            for event in 0..<corpus.eventCount where corpus.timesMicroseconds[event] != .min {
                let time = corpus.timesMicroseconds[event]
                ends = (min(ends?.first ?? time, time), max(ends?.last ?? time, time))
            }
        }
        return Lineage(
            files: sources.files, corpus: corpus.digest, events: schema.counts.events, sessions: schema.counts.sessions,
            visitors: schema.counts.visitors, rejects: schema.counts.rejects.filter { $0.value > 0 }, duplicates: schema.counts.duplicates,
            skipped: schema.counts.skipped.filter { $0.value > 0 }, from: ends.map { DossierSources.text($0.first) },
            to: ends.map { DossierSources.text($0.last) },
            fields: sources.encoder.encoding.plan.units.map(\.field).filter { !$0.hasPrefix("@") },
            facts: sources.classifier.facts.map { plan in Set(plan.fields.map(\.name) + plan.pairs.flatMap { [$0.of, $0.by] }).sorted() },
            pseudonymised: schema.pseudonymised,
            labels: card.labels, annotators: card.annotators, taughtSessions: card.sessions, taughtVisitors: card.visitors,
            split: card.split)
    }

    static func taxonomy(_ classifier: IntentClassifier) -> TaxonomyPart {
        let taxonomy = classifier.taxonomy
        let approval = taxonomy.approval
        return TaxonomyPart(
            reference: classifier.settings.taxonomy, state: taxonomy.approvalState, by: approval?.by, at: approval?.at,
            note: approval?.note, intents: taxonomy.assignable.count,
            sensitive: taxonomy.assignable.count { $0.sensitivity == .sensitive },
            prohibited: taxonomy.assignable.count { !$0.prohibitedFor.isEmpty },
            heldBack: Dictionary(
                classifier.settings.heldBack.filter { !$0.isTrained }.map { ($0.intent, IntentReport.reasons($0)) },
                uniquingKeysWith: { own, _ in own }),
            suspensions: classifier.suspensions.entries,
            names: Dictionary(taxonomy.assignable.map { ($0.id, $0.name) }, uniquingKeysWith: { own, _ in own }),
            told: classifier.settings.intents,
            restricted: taxonomy.assignable.filter { $0.sensitivity == .sensitive || !$0.prohibitedFor.isEmpty }.map { intent in
                RestrictedIntent(
                    intent: intent.id, isSensitive: intent.sensitivity == .sensitive,
                    prohibitedFor: intent.prohibitedFor.map(\.rawValue).sorted(), isTold: classifier.settings.intents.contains(intent.id))
            })
    }

    static func serving(_ assigned: [[Int]], _ visitors: [Int], _ periods: [Bool]?, _ intents: [String]) -> Serving {
        func share(_ sessions: [Int]) -> MetricInterval {
            guard !sessions.isEmpty else { return MetricInterval(estimate: .nan, lower: .nan, upper: .nan) }
            return .mean(
                sessions.map { assigned[$0].isEmpty ? 1 : 0 }, clusters: sessions.map { Int32(truncatingIfNeeded: visitors[$0]) },
                Resampling(rounds: 500))
        }
        var counts = [Int](repeating: 0, count: intents.count)
        for own in assigned { for intent in own { counts[intent] += 1 } }
        let all = Array(assigned.indices)
        return Serving(
            sessions: assigned.count, abstained: share(all), abstainedFirst: periods.map { own in share(all.filter { !own[$0] }) },
            abstainedSecond: periods.map { own in share(all.filter { own[$0] }) },
            assigned: Dictionary(zip(intents, counts), uniquingKeysWith: { own, _ in own }))
    }

    static func models(_ sources: DossierSources) -> [Model] {
        [
            Model(
                kind: "encoder", id: sources.encoder.id, purposes: sources.records.encoder?.purposes ?? [],
                seed: sources.encoder.configuration.training.seed),
            Model(
                kind: "classifier", id: sources.classifier.id, purposes: sources.records.classifier?.purposes ?? [],
                seed: sources.classifier.settings.distillation.seed),
        ]
            + sources.others.map {
                Model(
                    kind: "classifier of another seed", id: $0.classifier.id, purposes: $0.record?.purposes ?? [],
                    seed: $0.classifier.settings.distillation.seed)
            }
    }

    static func breaches(_ sources: DossierSources) throws -> [PurposeBreach] {
        guard let purpose = sources.purpose else { return [] }
        let use =
            ModelUse.encoder(sources.encoder, place: "the encoder", name: "the encoder", record: sources.records.encoder)
            + ModelUse.classifier(
                sources.classifier, place: "the classifier", name: "the classifier", record: sources.records.classifier,
                remedy: "pack it with --leave-out-banned")
        return PurposeGuard([purpose], rules: sources.rules).breaches(use)
    }

    static func performance(_ sources: DossierSources, _ judged: JudgedLabels?) throws -> Performance? {
        if let study = sources.study {
            return Performance(
                judgedOn: "labelled sessions of people who did not teach the classifier", sessions: study.sessions,
                judgements: study.judgements, intents: study.intents, reliability: study.reliability, coverage: study.coverage,
                promisedCoverage: study.promisedCoverage)
        }
        guard let judged else { return nil }
        let (classifier, count) = (sources.classifier, sources.classifier.count)
        let rows = judged.sessions.count
        // What knows nothing but how often each intent is present, and assigns the most frequent one always.
        let shares = (0..<count).map { k in Float((0..<rows).count { judged.present[$0 * count + k] }) / Float(rows) }
        let most = shares.indices.max { (shares[$0], $1) < (shares[$1], $0) }
        let study = try IntentStudy(
            intents: classifier.settings.intents, present: judged.present,
            clusters: judged.sessions.map { Int32(sources.corpus.visitor(ofSession: $0)) },
            scorers: [
                .init(
                    name: "classifier", probabilities: judged.probabilities, thresholds: classifier.settings.thresholds.map { Float($0) }),
                .init(
                    name: "always the most frequent intent", probabilities: (0..<rows).flatMap { _ in shares },
                    thresholds: shares.indices.map { $0 == most ? 0 : 2 }),
            ])
        return Performance(
            judgedOn: judged.isHeldOut
                ? "sessions that taught, by students that saw no session of their visitor; thresholds were chosen on them"
                : "labelled sessions of people who did not teach the classifier", sessions: rows, judgements: study.judgements,
            intents: study.rows, reliability: study.reliability)
    }

    /// Sessions that are looked at: all, or those of a fixed part of the visitors.
    static let mostCompared = 50_000

    static func stability(
        _ sources: DossierSources, _ table: CorpusTable, _ assigned: [[Int]], _ visitors: [Int], _ periods: [Bool], _ pool: WorkerPool
    ) throws -> StabilityStudy {
        let corpus = sources.corpus
        let share = Double(Self.mostCompared) / Double(max(1, corpus.sessionCount))
        let chosen = visitors.indices.filter { session in
            share >= 1 || Double(RandomSource.mix(UInt64(visitors[session]) ^ 0x57AB1E) >> 11) * 0x1p-53 < share
        }
        var columns: [StabilityStudy.Column] = []
        for field in corpus.schema.fields where field.role == .input {
            let values = try ProxyTarget.values(field.name, of: corpus).values
            let own = chosen.map { values[$0] }
            columns.append(
                field.kind == .numeric
                    ? .init(.input, field.name, numbers: own.map { $0.flatMap { Float($0) } ?? .nan })
                    : .init(.input, field.name, texts: own))
        }
        columns.append(
            .init(.input, "events of a session", numbers: chosen.map { Float(corpus.events(ofSession: $0).count) }))
        let embedder = SessionEmbedder(sources.encoder.model, sources.classifier.encoderWeights ?? sources.encoder.weights)
        let dimension = sources.encoder.configuration.embeddingSize
        let all = EmbeddingTable.make(
            embedder, try EncodedEvents(table, sources.encoder.encoding), sessions: 0..<corpus.sessionCount, pool: pool)
        let floats = chosen.flatMap { all[$0 * dimension..<($0 + 1) * dimension] }
        if chosen.count > 1 {
            let width = min(5, dimension)
            let components = PrincipalComponents(floats, columns: dimension, components: width)
            let projected = components.project(floats)
            for component in 0..<width {
                columns.append(
                    .init(
                        .embedding,
                        "direction \(component + 1) (\(AuditReport.percent(components.shares[component])) of the variance)",
                        numbers: chosen.indices.map { projected[$0 * width + component] }))
            }
        }
        let intents = sources.classifier.count
        columns.append(
            .init(
                .label, "assigned intents, or none", parts: intents + 1,
                sets: chosen.map { assigned[$0].isEmpty ? [Int32(intents)] : assigned[$0].map { Int32($0) } }))
        columns.append(
            .init(.label, "number of intents", parts: 5, sets: chosen.map { [Int32(min(4, assigned[$0].count))] }))
        return try StabilityStudy(columns, isSecond: chosen.map { periods[$0] }, visitors: chosen.map { visitors[$0] })
    }
}
