internal import Evaluation
internal import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

/// What tools/figures.d/distil-synthetic.yaml holds.
private struct DistilSettings: Decodable {
    var facts: FactSettings
    var distillation: DistillationSettings
}

extension Figure {
    /// {teacher_conversion_micro_f1, student_conversion_micro_f1, share_kept, share_kept_interval, teacher_need_accuracy,
    /// student_need_accuracy, …}; all on a simulated bank.
    static let distilSynthetic = Figure(
        pattern: "distil-synthetic",
        summary:
            "a student of noisy simulated annotators on a simulated bank: conversion predicted from its labels beside theirs, and hidden "
            + "needs found by it beside them", by: DistilRun.self)
}

/// One run of the figure `distil-synthetic`.
private struct DistilRun: FigureRun {
    let context: FigureContext
    let settings: DistilSettings
    let pool = WorkerPool(threads: FigureContext.timedThreads)
    let corpus: Corpus
    let table: CorpusTable
    let truth: HiddenTruth
    let conversions: HiddenConversions
    let labels: LabelSet
    let folder: String

    init(_ context: FigureContext, _ folder: String) throws {
        (self.context, self.folder) = (context, folder)
        settings = try SettingsFile.read(DistilSettings.self, from: context.settings("distil-synthetic.yaml"))
        corpus = try context.bank(in: folder, visitors: context.quick ? 300 : 4_000, seed: 41)
        table = CorpusTable(corpus)
        truth = try HiddenTruth(folder: "\(folder)/bank-41/truth", for: corpus)
        conversions = try HiddenConversions(folder: "\(folder)/bank-41/truth")
        let taxonomy = try SettingsFile.read(Taxonomy.self, from: "\(context.repository)/taxonomy/retail-bank.yaml")
        (labels, _) = try LabelSet.read(
            ["\(folder)/bank-41/labels/annotators.jsonl"], for: corpus, taxonomy: try Taxonomy(validating: taxonomy))
    }

    func figure() throws -> FigureValue {
        let teacher = labels.annotations.filter { $0.annotator == "simulated-a" }
        let intents = labels.taxonomy.assignable.map(\.id)
        let split = ChronologicalSplit.visitors(of: corpus, validationShare: 0, testShare: 0.3)
        let (training, test) = (Set(split.training), Set(split.test))
        let encoder = try context.encoder(
            "probe-synthetic.yaml", table, sessions: split.training, epochs: 40, label: "distil-synthetic", pool: pool, in: folder)
        let merged = MergedLabels(
            sessions: teacher.map(\.session), intents: intents, confidences: teacher.flatMap(\.confidences), threshold: 0.5)
        let known = Set(truth.sessions.keys).intersection(conversions.sessions.keys)
        let learnt = merged.sessions.filter { training.contains($0) && known.contains(corpus.sessionKey($0)) }
        let judged = merged.sessions.filter { test.contains($0) && known.contains(corpus.sessionKey($0)) }
        var distillation = settings.distillation
        if context.quick { (distillation.members, distillation.epochs) = (1, 5) }
        let verdicts = intents.map { LabelGate.Verdict(intent: $0, reasons: []) }
        FigureContext.say("distil-synthetic: \(learnt.count) labelled sessions to learn from, \(judged.count) to judge by")
        let result = try IntentTraining(distillation, facts: settings.facts, sessions: Set(learnt), factSessions: split.training).run(
            IntentTraining.Labels(merged: merged, verdicts: verdicts, taxonomy: labels.taxonomy), table: table, encoder: encoder, pool: pool
        )
        let student = try SessionScorer(result.classifier, encoder: encoder, table: table).probabilities(of: judged, pool: pool)
        let said = Dictionary(uniqueKeysWithValues: zip(merged.sessions, merged.sessions.indices))
        func teachers(_ sessions: [Int]) -> [Float] { sessions.flatMap { merged[said[$0]!].map(Float.init) } }
        // The student that saw a session would know its teacher's slip there: training features are held-out scores.
        let training2 = Features(teacher: teachers(result.sessions), student: result.heldOut, sessions: result.sessions)
        let testing = Features(teacher: teachers(judged), student: student, sessions: judged)
        var report = try needs(testing, intents)
        report.merge(try conversion(training2, testing, intents.count)) { $1 }
        report["sessions"] = ["training": .integer(result.sessions.count), "test": .integer(judged.count)]
        report["synthetic"] = .truth(true)
        report["quick"] = .truth(context.quick)
        return .object(report)
    }

    /// Labels of the same sessions by both, `[S, K]`.
    private struct Features {
        let teacher: [Float]
        let student: [Float]
        let sessions: [Int]
    }

    private func clusters(_ sessions: [Int]) -> [Int32] { sessions.map { Int32(corpus.visitor(ofSession: $0)) } }

    /// How often the most confident intent is the hidden need; a teacher that says nothing names the most frequent one.
    private func needs(_ test: Features, _ intents: [String]) throws -> [String: FigureValue] {
        let order = truth.needs.map { need in intents.firstIndex(of: need.id)! }
        let wanted = test.sessions.map { order[truth.sessions[corpus.sessionKey($0)]!.need] }
        var counts = [Int](repeating: 0, count: intents.count)
        for annotation in labels.annotations {
            if let top = annotation.confidences.indices.max(by: { annotation.confidences[$0] < annotation.confidences[$1] }),
                annotation.confidences[top] > 0
            {
                counts[top] += 1
            }
        }
        let usual = counts.indices.max { counts[$0] < counts[$1] }!
        func hits(_ scores: [Float]) -> [Double] {
            wanted.indices.map { row in
                let own = scores[row * intents.count..<(row + 1) * intents.count]
                var best = usual
                var most: Float = 0
                for (k, value) in own.enumerated() where value > most { (best, most) = (k, value) }
                return best == wanted[row] ? 1 : 0
            }
        }
        let possible = test.sessions.indices.map { row in
            truth.sessions[corpus.sessionKey(test.sessions[row])]!.bestNeed.map { order[$0] == wanted[row] ? 1.0 : 0 } ?? 0
        }
        let (teacher, student, own) = (hits(test.teacher), hits(test.student), clusters(test.sessions))
        let difference = PairedInterval.difference(student, teacher, clusters: own)
        let (ofTeacher, ofStudent) = (MetricInterval.mean(teacher, clusters: own), MetricInterval.mean(student, clusters: own))
        return [
            "teacher_need_accuracy": .number(ofTeacher.estimate), "teacher_need_accuracy_interval": .interval(ofTeacher),
            "student_need_accuracy": .number(ofStudent.estimate), "student_need_accuracy_interval": .interval(ofStudent),
            "student_ahead_in_needs": .number(difference.estimate), "student_ahead_in_needs_interval": .interval(difference),
            "best_possible_need_accuracy": .number(possible.reduce(0, +) / Double(possible.count)),
        ]
    }

    /// Micro F1 of predicting the product that follows (or none), which for one class a session is the share of right answers.
    private func conversion(_ training: Features, _ test: Features, _ intents: Int) throws -> [String: FigureValue] {
        func product(_ session: Int) -> Int32 {
            conversions.sessions[corpus.sessionKey(session)]!.product.map { Int32($0 + 1) } ?? 0
        }
        let classes = conversions.products.count + 1
        let (labels, right) = (training.sessions.map(product), test.sessions.map(product))
        // The latest visitors among those learnt from choose the penalty.
        let split = ChronologicalSplit.visitors(of: corpus, validationShare: 0.15, testShare: 0.3)
        let validating = Set(split.validation)
        let rows = training.sessions.indices
        let (fit, choose) = (
            rows.filter { !validating.contains(training.sessions[$0]) }, rows.filter { validating.contains(training.sessions[$0]) }
        )
        func hits(_ learnt: [Float], _ judged: [Float]) -> [Double] {
            let table = FeatureTable.dense(learnt, columns: intents)
            let probe = FrozenProbe.fit(
                training: table.selecting(fit), labels: fit.map { labels[$0] }, validation: table.selecting(choose),
                validationLabels: choose.map { labels[$0] }, classes: classes)
            return ClassificationMetrics.hits(right: right, predicted: probe.predictions(FeatureTable.dense(judged, columns: intents)))
        }
        let (teacher, student) = (hits(training.teacher, test.teacher), hits(training.student, test.student))
        let own = clusters(test.sessions)
        let kept = PairedInterval.relativeChange(student, teacher, clusters: own)
        let (ofTeacher, ofStudent) = (MetricInterval.mean(teacher, clusters: own), MetricInterval.mean(student, clusters: own))
        var counts = [Int](repeating: 0, count: classes)
        for label in labels { counts[Int(label)] += 1 }
        let usual = Int32(counts.indices.max { counts[$0] < counts[$1] }!)
        return [
            "teacher_conversion_micro_f1": .number(ofTeacher.estimate), "teacher_conversion_interval": .interval(ofTeacher),
            "student_conversion_micro_f1": .number(ofStudent.estimate), "student_conversion_interval": .interval(ofStudent),
            "share_kept": .number(1 + kept.estimate), "share_kept_interval": .list([.number(1 + kept.lower), .number(1 + kept.upper)]),
            "majority_conversion_micro_f1": .number(Double(right.count { $0 == usual }) / Double(right.count)),
        ]
    }
}
