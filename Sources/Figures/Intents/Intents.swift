internal import Evaluation
internal import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

/// What tools/figures.d/intents.yaml holds.
struct IntentsSettings: Decodable {
    /// Sessions that begin before are learnt from; the others judge.
    var testFrom: String
    var facts: FactSettings
    /// Students by name; the best on the training part is the one whose figures stand first.
    var students: [String: DistillationSettings]
}

extension Figure {
    /// {micro_f1, macro_f1, mean_average_precision, calibration_error, second_annotator_micro_f1, intervals, baselines, students, …}.
    static let intents = Figure(
        pattern: "intents",
        summary:
            "intents of hotel-search sessions, distilled from language-model annotators and judged on the next day by the first of them, "
            + "beside baselines; labels from --labels, test labels from --test-labels", by: IntentsRun.self)
}

/// One run of the figure `intents`.
private struct IntentsRun: FigureRun {
    let context: FigureContext
    let folder: String
    let settings: IntentsSettings
    let pool = WorkerPool(threads: FigureContext.timedThreads)
    let days: TrainingAndNextDay<HotelLabels>

    init(_ context: FigureContext, _ folder: String) throws {
        (self.context, self.folder) = (context, folder)
        settings = try SettingsFile.read(IntentsSettings.self, from: context.settings("intents.yaml"))
        days = try TrainingAndNextDay(
            testFrom: settings.testFrom,
            train: try HotelLabels(context, data: context.data, labels: context.labels, in: folder, part: "train"),
            isTestApart: context.hasTestData || context.hasTestLabels
        ) { train in
            try HotelLabels(
                context, data: context.testData ?? context.data, labels: context.testLabels ?? context.labels, in: folder, part: "test",
                judge: train.first)
        }
    }

    private var train: HotelLabels { days.train }
    private var test: HotelLabels { days.test }

    func figure() throws -> FigureValue {
        let started = FigureContext.now()
        let truth = try test.merged()
        let judged = truth.sessions.indices.filter { test.start(truth.sessions[$0]) >= days.boundary }
        guard !judged.isEmpty else {
            throw FigureError(code: 65, description: "no labelled session of the test part begins on \(settings.testFrom) or later")
        }
        let isOfNobodyJudged = days.sessionsOfOthers(than: judged.map { truth.sessions[$0] })
        let day = (0..<train.corpus.sessionCount).filter { train.start($0) < days.boundary }
        let own = try train.merged()
        let learnt = Set(own.sessions.filter { train.start($0) < days.boundary && isOfNobodyJudged($0) })
        FigureContext.say("intents: \(learnt.count) sessions to learn from, \(judged.count) to judge by, \(day.count) to pre-train on")
        let encoder = try context.encoder("intents.pretraining.yaml", train.table, sessions: day, label: "intents", pool: pool, in: folder)
        let labels = try labels(own, learnt)
        var results: [(name: String, result: IntentTraining.Result)] = []
        for (name, distillation) in settings.students.sorted(by: { $0.key < $1.key }) {
            var chosen = distillation
            if context.quick { (chosen.members, chosen.epochs, chosen.encoderEpochs) = (1, 5, 1) }
            let training = IntentTraining(chosen, facts: settings.facts, sessions: learnt)
            results.append((name, try training.run(labels, table: train.table, encoder: encoder, pool: pool)))
            let card = results.last!.result.classifier.card
            FigureContext.say(
                "intents: \(name): on unseen visitors of the training day micro F1 \(card.heldOutMicroF1), mean average precision "
                    + "\(card.heldOutAveragePrecision)")
        }
        // The choice among students is made on the training day alone.
        results.sort { $0.result.classifier.card.heldOutAveragePrecision > $1.result.classifier.card.heldOutAveragePrecision }
        let best = results[0].result.classifier
        let intents = truth.intents
        let present = judged.flatMap { row in truth[row].map { $0 >= truth.threshold } }
        let sessions = judged.map { truth.sessions[$0] }
        var scorers: [IntentStudy.Scorer] = []
        for (name, result) in results { scorers.append(try score(name, result.classifier, encoder, sessions, intents)) }
        scorers += try baselines(labels, results[0].result, best, sessions, intents)
        let resampling = Resampling(rounds: context.quick ? 100 : 1000)
        let study = try IntentStudy(intents: intents, present: present, scorers: scorers, resampling)
        return .object(
            try report(study, students: results.count, best, results, encoder, sessions).merging([
                "seconds": .number(FigureContext.now() - started), "quick": .truth(context.quick),
                "sessions": ["training": .integer(learnt.count), "test": .integer(judged.count), "pretraining": .integer(day.count)],
                "rows_refused": [
                    "refused_training": .integer(train.refused.events), "refused_test": .integer(test.refused.events),
                    "refused_labels_training": .integer(train.refused.labels), "refused_labels_test": .integer(test.refused.labels),
                ],
            ]) { $1 })
    }

    /// Every intent that a training session shows is trained, however rare: the figure is about all of them.
    private func labels(_ merged: MergedLabels, _ learnt: Set<Int>) throws -> IntentTraining.Labels {
        let count = merged.intents.count
        let rows = merged.sessions.indices.filter { learnt.contains(merged.sessions[$0]) }
        let verdicts = merged.intents.enumerated().map { k, id in
            let positives = rows.count { merged.confidences[$0 * count + k] >= merged.threshold }
            return LabelGate.Verdict(intent: id, reasons: positives == 0 ? [.noPositive] : positives == rows.count ? [.noNegative] : [])
        }
        return IntentTraining.Labels(merged: merged, verdicts: verdicts, taxonomy: train.labels.taxonomy)
    }

    /// Scores for all intents of the taxonomy; those that could not be trained score nothing and are never assigned.
    private func score(
        _ name: String, _ classifier: IntentClassifier, _ encoder: ModelArtifact, _ sessions: [Int], _ intents: [String]
    ) throws -> IntentStudy.Scorer {
        let own = try SessionScorer(classifier, encoder: encoder, table: test.table).probabilities(of: sessions, pool: pool)
        return spread(
            IntentStudy.Scorer(name: name, probabilities: own, thresholds: classifier.settings.thresholds.map { Float(min($0, 2)) }),
            of: classifier.settings.intents, over: intents)
    }

    private func spread(_ scorer: IntentStudy.Scorer, of trained: [String], over intents: [String]) -> IntentStudy.Scorer {
        let places = intents.map { trained.firstIndex(of: $0) }
        let count = trained.count
        var result = scorer
        result.probabilities = (0..<scorer.probabilities.count / count).flatMap { row in
            places.map { $0.map { scorer.probabilities[row * count + $0] } ?? 0 }
        }
        result.thresholds = places.map { $0.map { scorer.thresholds[$0] } ?? 2 }
        return result
    }

    private func baselines(
        _ labels: IntentTraining.Labels, _ result: IntentTraining.Result, _ classifier: IntentClassifier, _ sessions: [Int],
        _ intents: [String]
    ) throws -> [IntentStudy.Scorer] {
        // Baselines read one corpus: where the test sessions lie in another, the two are imported together.
        let both = try JoinedSessions(train, test, context, folder: folder)
        let trained = classifier.settings.intents
        let columns = trained.map { labels.merged.intents.firstIndex(of: $0)! }
        let count = labels.merged.intents.count
        let rows = labels.merged.sessions.indices.filter { result.sessions.contains(labels.merged.sessions[$0]) }
        let distillation = classifier.settings.distillation
        let targets = rows.flatMap { row in
            columns.map { distillation.target(labels.merged.confidences[row * count + $0], presentFrom: labels.merged.threshold) }
        }
        let harness = BaselineScores(
            training: result.sessions.map { both.training($0) }, targets: targets, present: result.present,
            visitors: result.sessions.map { train.corpus.visitor(ofSession: $0) }, settings: classifier.settings.distillation)
        return try IntentBaselines.all(both.table, threads: pool.threads).map { baseline in
            FigureContext.say("intents: baseline \(baseline.name)")
            return spread(try harness.make(baseline, scored: sessions.map { both.test($0) }), of: trained, over: intents)
        }
    }

    private func report(
        _ study: IntentStudy, students: Int, _ best: IntentClassifier, _ results: [(name: String, result: IntentTraining.Result)],
        _ encoder: ModelArtifact, _ sessions: [Int]
    ) throws -> [String: FigureValue] {
        func values(_ judgement: IntentStudy.Judgement) -> [String: FigureValue] {
            var values: [String: FigureValue] = [
                "micro_f1": .number(judgement.microF1.estimate), "macro_f1": .number(judgement.macroF1.estimate),
                "mean_average_precision": .number(judgement.meanAveragePrecision.estimate),
                "calibration_error": .number(judgement.calibrationError.estimate),
                "intervals": [
                    "micro_f1": .interval(judgement.microF1), "macro_f1": .interval(judgement.macroF1),
                    "mean_average_precision": .interval(judgement.meanAveragePrecision),
                    "calibration_error": .interval(judgement.calibrationError),
                ],
            ]
            if let behind = judgement.behindInAveragePrecision {
                values["student_ahead_in_average_precision"] = [
                    "estimate": .number(behind.estimate), "interval": .interval(behind),
                ]
            }
            return values
        }
        var report = values(study.judgements[0])
        report["student"] = .text(study.judgements[0].name)
        func named(_ judgements: ArraySlice<IntentStudy.Judgement>) -> FigureValue {
            .object(Dictionary(uniqueKeysWithValues: judgements.map { ($0.name, .object(values($0))) }))
        }
        report["baselines"] = named(study.judgements[students...])
        report["students"] = .object(
            Dictionary(
                uniqueKeysWithValues: zip(study.judgements, results).map { judgement, result in
                    var own = values(judgement)
                    let card = result.result.classifier.card
                    own["held_out"] = [
                        "micro_f1": .number(card.heldOutMicroF1), "mean_average_precision": .number(card.heldOutAveragePrecision),
                    ]
                    return (judgement.name, .object(own))
                }))
        report["intents"] = .object(
            Dictionary(
                uniqueKeysWithValues: study.rows.map { row in
                    (
                        row.intent,
                        [
                            "test_sessions": .integer(row.support), "f1": .number(row.f1), "precision": .number(row.precision.estimate),
                            "recall": .number(row.recall.estimate), "average_precision": .number(row.averagePrecision),
                        ]
                    )
                }))
        if let second = try secondAnnotator(sessions) {
            report["second_annotator_micro_f1"] = .number(second.estimate)
            report["second_annotator_interval"] = .interval(second)
            report["share_of_second_annotator"] = .number(study.judgements[0].microF1.estimate / second.estimate)
        }
        report["evidence"] = try EvidenceCheck(best, encoder, test, pool).figure(sessions, quick: context.quick)
        return report
    }

    /// Micro F1 of the annotator with the most labels beside the first, judged by the first, on the test sessions both labelled.
    private func secondAnnotator(_ sessions: [Int]) throws -> MetricInterval? {
        let chosen = Set(sessions)
        let first = test.labels.annotations.filter { $0.source == test.first && chosen.contains($0.session) }
        let counts = test.labels.manifest.annotators.filter { $0.key != test.first }
        let second = counts.keys.sorted().max { counts[$0]! < counts[$1]! }
        let others = test.labels.annotations.filter { $0.source == second && chosen.contains($0.session) }
        let pairs = others.compactMap { other in first.first { $0.session == other.session }.map { ($0, other) } }
        guard !pairs.isEmpty else { return nil }
        let count = pairs[0].0.confidences.count
        let scores = MultiLabelScores(
            present: pairs.flatMap { $0.0.confidences.map { $0 >= 0.5 } }, scores: pairs.flatMap { $0.1.confidences.map { Float($0) } },
            labels: count)
        return scores.intervals()[.microF1]
    }
}
