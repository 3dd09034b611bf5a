internal import DecisionRecords
internal import DurableFiles
internal import EventStream
internal import FoundationEssentials
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceEmbedding
internal import SequenceKernel
internal import Studies

/// How a decision becomes the tables and the corpus that the commands read, in memory: ranker and predictor alike.
struct AppReading: Sendable {
    /// What the model reads.
    let inputs: AppInputs
    /// Encoder and classifier, ready.
    let models: PreparedModels
    /// The fields of events.
    let schema: EventSchema
    /// Columns of customers that model or rules read; all others are left out, of the tables as of what is recorded.
    let columns: [String]

    /// Most sessions of a decision; they are numbered in what is recorded.
    static let mostSessions = 64

    /// - Parameter rules: columns that rules read.
    /// - Throws: `StudyError`, `LinkingError` or `IntentClassifierError` where the models do not fit, cannot be served or need times.
    init(_ inputs: AppInputs, _ models: PreparedModels, _ schema: EventSchema, rules: [String] = []) throws {
        try inputs.check(models)
        guard schema.hasTime else { throw LinkingError.noTimes(corpus: "the bundle's schema") }
        if inputs.blocks.contains(.labels), let classifier = models.classifier?.classifier {
            try classifier.checkServable(place: "the bundle's classifier")
        }
        (self.inputs, self.models) = (inputs, models)
        // The sessions are no part of the corpus that taught, and have no numbers there.
        var own = schema
        (own.part, own.digest) = (nil, "")
        self.schema = own
        var columns: [String] = []
        for name in inputs.customers.columns.map(\.name) + rules
        where !columns.contains(name) && name != AppDecision.customerColumn { columns.append(name) }
        self.columns = columns
    }

    // MARK: Tables

    /// The row of the customer under its header.
    func customers(_ decision: AppDecision, _ naming: DecisionNaming) -> String {
        Self.table([
            [AppDecision.customerColumn] + columns,
            [naming.id(decision.customerID)] + columns.map { decision.customer[$0] ?? "" },
        ])
    }

    /// The link of every session.
    func links(_ decision: AppDecision, _ naming: DecisionNaming) -> String {
        let customer = naming.id(decision.customerID)
        return Self.table(
            [["session_id", AppDecision.customerColumn]]
                + decision.sessions.enumerated().map { [naming.session($1.session, at: $0), customer] })
    }

    /// The sessions under the names of their links.
    func corpus(_ decision: AppDecision, _ naming: DecisionNaming) -> Corpus {
        Corpus(
            decision.sessions.enumerated().map { place, record in
                var record = record
                record.session = naming.session(record.session, at: place)
                return record
            }, schema: schema)
    }

    /// Rows as CSV.
    static func table(_ rows: [[String]]) -> String {
        rows.map { $0.map(CSVText.quoted).joined(separator: ",") + "\n" }.joined()
    }

    /// The tables of a decision, read as those of a command are.
    /// - Parameter sources: given the table of customers and links.
    func tables(
        _ decision: AppDecision, catalogue: TileCatalogue? = nil,
        _ sources: (_ customers: AppTables.Table, _ links: AppTables.Table) -> AppTables.Sources
    ) throws -> AppTables {
        let customers = AppTables.Table.text(customers(decision, .own), name: "customer")
        let links = AppTables.Table.text(links(decision, .own), name: "sessions")
        let tables = try AppTables(
            sources(customers, links), corpus: corpus(decision, .own), byVisitor: inputs.byVisitor,
            windowSeconds: inputs.windowSeconds
        ) { catalogue! }
        // A row that is left out in silence, as a command does with one among thousands, would be another decision.
        if let refused = tables.rejects.kept.first {
            throw RequestFault(.internal, "a row cannot be read: \(refused)", remedy: "ask whoever runs the service")
        }
        return tables
    }

    /// Floats of the sessions that count for the decision.
    func floats(_ tables: AppTables, pool: WorkerPool) throws -> [SessionFloats] {
        try inputs.floats(
            CorpusTable(tables.corpus), corpus: tables.corpus.digest, sessions: tables.linkedSessions(of: 0..<tables.decisions.count),
            models: models, pool: pool)
    }

    /// Gives what the body makes of a decision, or the fault of the request that kept it from being made.
    static func answering<Result>(_ body: () throws -> Result) throws(RequestFault) -> Result {
        do { return try body() } catch {
            if let fault = error as? RequestFault { throw fault }
            // Every row was checked when the request was read: what is left is not the caller's. The texts of these errors hold no values.
            throw RequestFault(.internal, "the decision cannot be made: \(error)", remedy: "ask whoever runs the service")
        }
    }

    // MARK: Ledger

    /// What a decision is made of, as the commands record it.
    /// - Parameters:
    ///   - option: of the table of decisions, and its text.
    ///   - number: no other decision of the run has it.
    func recordedInput(_ decision: AppDecision, _ own: (option: String, text: String), number: Int) -> [UInt8] {
        let naming = DecisionNaming.recorded(number: number)
        let corpus = corpus(decision, naming)
        let first = number * Self.mostSessions
        return DecisionInput.json(
            id: naming.id(decision.id), corpusSessions: decision.sessions.indices.map { first + $0 },
            files: [own, (option: "--customers", text: customers(decision, naming)), (option: "--links", text: links(decision, naming))],
            sessions: decision.sessions.indices.map { SessionRecord.json(of: $0, in: corpus) })
    }

    /// What all decisions of a run read beside their inputs.
    func recordedRun(
        command: String, arguments: [String], model: DecisionRun.Model, _ places: ModelPlaces, files: [DecisionRun.SharedFile] = [],
        idMember: String, software: String
    ) -> DecisionRun {
        var all = [model]
        if let encoder = models.encoder, inputs.blocks.contains(.embedding) || inputs.blocks.contains(.labels) {
            all.append(.init(option: "--model", path: places.encoder, id: encoder.id))
        }
        if let classifier = models.classifier?.classifier, inputs.blocks.contains(.labels) {
            all.append(.init(option: "--intents", path: places.classifier, id: classifier.id))
        }
        return DecisionRun(
            command: command, arguments: arguments, models: all, files: files,
            corpus: DecisionRun.Source(digest: "", schema: Self.json(schema)), idMember: idMember, software: software)
    }

    /// Plain values of our own as JSON, which reads as YAML, too.
    static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Nothing in them can be refused.
        return String(decoding: try! encoder.encode(value), as: UTF8.self)
    }
}

/// The folders of a bundle's models, as a recorded run names them.
package struct ModelPlaces: Sendable {
    /// The ranker's, predictor's or scorecard's.
    package var model: String
    /// The encoder's.
    package var encoder: String
    /// The classifier's.
    package var classifier: String

    /// Folders.
    package init(model: String, encoder: String = "", classifier: String = "") {
        (self.model, self.encoder, self.classifier) = (model, encoder, classifier)
    }
}
