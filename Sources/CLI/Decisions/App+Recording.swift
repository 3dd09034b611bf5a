internal import Audit
internal import DecisionRecords
internal import EventStream
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceEmbedding
internal import SettingsFiles
internal import Studies

extension RankScore {
    /// What a run reads beside customers, their sessions and impressions.
    func recordedRun(_ corpus: Corpus, _ ranker: String) throws -> DecisionRun {
        var arguments = serves.recorded
        if let top { arguments += ["--top", "\(top)"] }
        if forEvaluation { arguments.append("--for-evaluation") }
        var files = [try DecisionRun.file("--tiles", shown.tiles)]
        if let format = shown.format { files.append(try DecisionRun.file("--format", format)) }
        if let rules { files.append(try DecisionRun.file("--rules", rules)) }
        return DecisionRun(
            command: "rank score", arguments: arguments,
            models: [.init(option: "--ranker", path: self.ranker, id: ranker)] + (try scoring.models.recorded()), files: files,
            corpus: try .init(corpus), idMember: "impression_id", software: "tessera \(Version.text)")
    }

    /// Records the ranking of every impression, before anybody can see it.
    /// - Parameter agreed: what each customer agreed to; nil for what --consent says.
    func record(
        _ recorder: DecisionRecorder?, _ tables: AppTables, byVisitor: Bool, _ agreed: [String: LedgerEntry.Consent]?, _ lines: RankLines
    ) throws {
        guard let recorder else { return }
        let format = try shown.format.map { try SettingsFile.read(ImpressionFormat.self, from: $0) } ?? ImpressionFormat()
        let rows = try TableRows(shown.impressions, key: format.impression, other: format.customer)
        try recorder.record(
            tables, scoring.app, byVisitor: byVisitor, agreed, rows, option: "--impressions", line: { lines.jsonLine($0) })
    }
}

extension ConvertScore {
    /// What a run reads beside customers, their sessions and decisions.
    func recordedRun(_ corpus: Corpus, _ predictor: String) throws -> DecisionRun {
        DecisionRun(
            command: "convert score", arguments: serves.recorded + (forEvaluation ? ["--for-evaluation"] : []),
            models: [.init(option: "--predictor", path: self.predictor, id: predictor)] + (try scoring.models.recorded()),
            corpus: try .init(corpus), idMember: "decision_id", software: "tessera \(Version.text)")
    }

    /// Records every decision, before anybody can see it.
    /// - Parameter agreed: what each customer agreed to; nil for what --consent says.
    func record(
        _ recorder: DecisionRecorder?, _ tables: AppTables, byVisitor: Bool, _ agreed: [String: LedgerEntry.Consent]?,
        _ lines: ConversionLines
    ) throws {
        guard let recorder else { return }
        let rows = try TableRows(decisions, key: "decision_id", other: "customer_id")
        try recorder.record(
            tables, scoring.app, byVisitor: byVisitor, agreed, rows, option: "--decisions", line: { lines.jsonLine($0) })
    }
}

extension SessionModels {
    /// The models as a run names them.
    func recorded() throws -> [DecisionRun.Model] {
        let (encoder, classifier) = try open()
        var models: [DecisionRun.Model] = []
        if let model, let encoder { models.append(.init(option: "--model", path: model, id: encoder.id)) }
        if let intents, let classifier { models.append(.init(option: "--intents", path: intents, id: classifier.id)) }
        return models
    }
}

extension DecisionRecorder {
    /// Decisions recorded together.
    private static let chunk = 1024

    /// Records decisions about customers: their rows, the rows of the decision, and the sessions that were linked.
    fileprivate func record(
        _ tables: AppTables, _ app: AppFiles, byVisitor: Bool, _ agreed: [String: LedgerEntry.Consent]?, _ rows: TableRows,
        option: String, line: (Int) -> String
    ) throws {
        let customers = try TableRows(app.customers, key: "customer_id")
        let links = try app.links.map { try TableRows($0, key: "customer_id") }
        let corpus = tables.corpus
        // Who a visitor's sessions belong to may be told by another session of the visitor.
        var ofVisitor: [[Int32]] = []
        if byVisitor {
            ofVisitor = Array(repeating: [], count: corpus.visitorCount)
            for session in 0..<corpus.sessionCount { ofVisitor[corpus.visitor(ofSession: session)].append(Int32(session)) }
        }
        var waiting: [Decision] = []
        for decision in 0..<tables.decisions.count {
            let id = tables.decisions.ids[decision]
            let customer = rows.other(id) ?? ""
            var sessions = tables.linked[decision].map { Int($0) }
            if !ofVisitor.isEmpty {
                sessions = Set(sessions.map { corpus.visitor(ofSession: $0) }).flatMap { ofVisitor[$0].map { Int($0) } }.sorted()
            }
            var files = [(option: option, text: rows.text(id)), (option: "--customers", text: customers.text(customer))]
            if let links { files.append((option: "--links", text: links.text(customer))) }
            var own = Decision(
                id: id, subject: .identifier(customer),
                input: DecisionInput.json(
                    id: id, corpusSessions: sessions, files: files,
                    sessions: sessions.map { SessionRecord.json(of: $0, in: corpus) }),
                output: Array(line(decision).utf8))
            own.consent = agreed.map { $0[customer] ?? .unknown }
            waiting.append(own)
            if waiting.count == Self.chunk || decision == tables.decisions.count - 1 {
                guard record(waiting) else { throw failure! }
                waiting.removeAll(keepingCapacity: true)
            }
        }
    }
}
