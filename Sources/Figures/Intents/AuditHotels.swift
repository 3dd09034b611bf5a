internal import DurableFiles
internal import Evaluation
internal import EventStream
internal import FoundationEssentials
internal import IntentTaxonomy
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

extension Figure {
    /// {page, sessions, micro_f1, baseline_micro_f1, abstained, stability, groups, reasons, …}; the page lies in `.build/figures`.
    static let auditHotels = Figure(
        pattern: "audit-report",
        summary:
            "the audit report of a classifier of hotel-search sessions, taught by the first day's labels and judged by the next day's; writes "
            + ".build/figures/audit-report.html; labels from --labels", by: AuditHotelsRun.self)
}

/// One run of the figure `audit-report`.
private struct AuditHotelsRun: FigureRun {
    let context: FigureContext
    let folder: String
    let settings: IntentsSettings
    let hotels: HotelLabels
    let pool = WorkerPool(threads: FigureContext.timedThreads)

    init(_ context: FigureContext, _ folder: String) throws {
        (self.context, self.folder) = (context, folder)
        settings = try SettingsFile.read(IntentsSettings.self, from: context.settings("intents.yaml"))
        hotels = try HotelLabels(context, data: context.data, labels: context.labels, in: folder, part: "all")
    }

    func figure() throws -> FigureValue {
        let boundary = try FigureContext.microseconds(settings.testFrom)
        let (corpus, merged) = (hotels.corpus, try hotels.merged())
        let judges = Set(
            merged.sessions.filter { hotels.start($0) >= boundary }.map { corpus.visitor(ofSession: $0) })
        let learnt = Set(
            merged.sessions.filter { hotels.start($0) < boundary && !judges.contains(corpus.visitor(ofSession: $0)) })
        let before = (0..<corpus.sessionCount).filter { hotels.start($0) < boundary }
        let encoder = try context.encoder(
            "intents.pretraining.yaml", hotels.table, sessions: before, label: "audit-report", pool: pool, in: folder)
        let classifier = try train(merged, learnt, encoder, seed: nil)
        let other = try train(merged, learnt, encoder, seed: 2)

        let inventory = try SettingsFile.read(ModelInventory.self, from: context.settings("audit-report.yaml"))
        var sources = DossierSources(
            corpus: corpus, encoder: encoder, classifier: classifier, inventory: inventory, madeAt: boundary)
        (sources.others, sources.labels, sources.boundary, sources.groupField) = ([(other, nil)], hotels.labels, boundary, "device")
        let judged = Set(merged.sessions.filter { hotels.start($0) >= boundary })
        sources.study = try ClassifierStudy(
            classifier, encoder: encoder, corpus: corpus, labels: merged, judged: judged, withBaselines: true, pool: pool,
            say: { FigureContext.say("audit-report: \($0)") })
        let events = try context.input(context.data, HotelLabels.set, "events", endings: ["csv.gz", "csv"])
        sources.files = [
            .init(
                name: FileSystem.name(of: events), bytes: try FileSystem.live.status(of: events)?.size ?? 0,
                sha256: try SHA256Digest.hex(ofFileAt: events))
        ]
        let dossier = try AuditDossier(sources, program: "tools/figures", pool: pool, say: { FigureContext.say("audit-report: \($0)") })
        let place = "\(context.repository)/.build/figures"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let html = AuditReport(dossier).html
        try AtomicFile.write(Array(html.utf8), to: "\(place)/audit-report.html")
        return report(dossier, bytes: html.utf8.count)
    }

    private func train(
        _ merged: MergedLabels, _ learnt: Set<Int>, _ encoder: ModelArtifact, seed: UInt64?
    ) throws -> IntentClassifier {
        guard var chosen = settings.students["perceptron"] else {
            throw FigureError(code: 78, description: "intents.yaml: there is no student called perceptron")
        }
        if let seed { chosen.seed = seed }
        if context.quick { (chosen.members, chosen.epochs) = (1, 5) }
        let count = merged.intents.count
        let rows = merged.sessions.indices.filter { learnt.contains(merged.sessions[$0]) }
        let verdicts = merged.intents.enumerated().map { k, id in
            let positives = rows.count { merged.confidences[$0 * count + k] >= merged.threshold }
            let reasons: [LabelGate.Reason] = positives == 0 ? [.noPositive] : positives < 20 ? [.fewPositives] : []
            return LabelGate.Verdict(intent: id, reasons: reasons)
        }
        var training = IntentTraining(chosen, facts: settings.facts, sessions: learnt)
        let (labels, first, corpus) = (hotels.labels.manifest.digest, hotels.first, hotels.corpus.digest)
        let (annotators, until) = (hotels.labels.manifest.annotators, settings.testFrom)
        training.describe = { card in
            (card.corpus, card.labels, card.annotators) = (corpus, labels, annotators)
            // The first annotator's word teaches and judges; others only where it is silent.
            card.merge = LabelMerge(deciding: [first])
            card.split = "sessions before \(until)"
        }
        let result = try training.run(
            IntentTraining.Labels(merged: merged, verdicts: verdicts, taxonomy: hotels.labels.taxonomy), table: hotels.table,
            encoder: encoder, pool: pool)
        let path = "\(folder)/classifier-\(seed ?? 0)"
        try result.classifier.write(to: path)
        return try IntentClassifier(path, encoder: encoder)
    }

    private static func measured(_ metric: MetricInterval) -> FigureValue {
        ["estimate": .number(metric.estimate), "interval": .interval(metric)]
    }

    private func report(_ dossier: AuditDossier, bytes: Int) -> FigureValue {
        let judgements = dossier.performance?.judgements ?? []
        let rows = dossier.stability?.rows ?? []
        return [
            "page": .text("audit-report.html"), "bytes": .integer(bytes), "quick": .truth(context.quick),
            "rows_refused": ["events": .integer(hotels.refused.events), "labels": .integer(hotels.refused.labels)],
            "sessions": .integer(dossier.serving.sessions), "judged": .integer(dossier.performance?.sessions ?? 0),
            "micro_f1": judgements.first.map { Self.measured($0.microF1) } ?? .text("not judged"),
            "baselines_micro_f1": .object(
                Dictionary(judgements.dropFirst().map { ($0.name, Self.measured($0.microF1)) }, uniquingKeysWith: { own, _ in own })),
            "abstained": Self.measured(dossier.serving.abstained),
            "above_chance": .object(
                Dictionary(
                    rows.filter { $0.reading != .chance }.map { ("\($0.kind.rawValue): \($0.name)", .number($0.index)) },
                    uniquingKeysWith: { own, _ in own })),
            "groups_shown": .integer(dossier.groups?.rows.count ?? 0), "groups_hidden": .integer(dossier.groups?.hiddenGroups ?? 0),
            "same_reason_after_an_edit": dossier.reasons?.edits.map { Self.measured($0.sameReason) } ?? .text("too few"),
            "same_reason_by_another_seed": dossier.reasons?.seeds.first.map { Self.measured($0.sameReason) } ?? .text("too few"),
        ]
    }
}
