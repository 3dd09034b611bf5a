package import DecisionRecords
package import EventStream
package import Recommendation
package import Studies
internal import SequenceKernel

/// Takes: a customer, a moment and sessions.   Gives: the line that `tessera convert score` writes for them.
///
/// Made once for a bundle; any number of threads may ask at once.
package struct ConversionForecast: Sendable {
    /// The predictor.
    package let predictor: ConversionPredictor
    /// Columns of customers that are read.
    package var customerColumns: [String] { reading.columns }

    private let reading: AppReading

    /// Brings models together, and foretells for somebody who is not there: what does not fit is refused now.
    /// - Parameters:
    ///   - schema: of the corpus that the models were made from.
    ///   - models: what the predictor reads of sessions.
    /// - Throws: `StudyError`, `LinkingError`, `ConversionError` or `IntentClassifierError`.
    package init(_ predictor: ConversionPredictor, _ inputs: AppInputs, schema: EventSchema, models: PreparedModels) throws {
        reading = try AppReading(inputs, models, schema)
        self.predictor = predictor
        _ = try line(.nobody())
    }

    /// The line of a decision, with its end.
    package func answer(_ decision: AppDecision) throws(RequestFault) -> String {
        try AppReading.answering { try line(decision) }
    }

    private func line(_ decision: AppDecision) throws -> String {
        let pool = WorkerPool(threads: 1)
        let tables = try reading.tables(decision) { customers, links in
            AppTables.Sources(customers: customers, decisions: .text(decisions(decision, .own), name: "decision"), links: links)
        }
        let blocks = try reading.floats(tables, pool: pool)
        let context = try tables.context(blocks, reading.inputs.customers, settings: reading.inputs.link)
        let probabilities = try predictor.probabilities(context.floats, names: context.names)
        let lines = ConversionLines(
            ids: tables.decisions.ids, classes: predictor.classes, probabilities: probabilities, offers: predictor.offers(probabilities))
        return lines.jsonLine(0)
    }

    /// The decision as a table.
    private func decisions(_ decision: AppDecision, _ naming: DecisionNaming) -> String {
        AppReading.table([
            ["decision_id", "time_us", AppDecision.customerColumn],
            [naming.id(decision.id), "\(decision.time)", naming.id(decision.customerID)],
        ])
    }

    // MARK: Ledger

    /// What a forecast was made of, as `tessera convert score --ledger` records it; the customer is its subject.
    /// - Parameter number: no other forecast of the run has it.
    package func recordedInput(_ decision: AppDecision, number: Int) -> [UInt8] {
        reading.recordedInput(
            decision, (option: "--decisions", text: decisions(decision, .recorded(number: number))), number: number)
    }

    /// The run that forecasts belong to.
    /// - Parameters:
    ///   - places: of the predictor, and of encoder and classifier where it reads them.
    ///   - purpose: what the bundle is for; nil where nobody said.
    package func recordedRun(_ places: ModelPlaces, purpose: String?, software: String) -> DecisionRun {
        reading.recordedRun(
            command: "convert score", arguments: purpose.map { ["--purpose", $0] } ?? [],
            model: .init(option: "--predictor", path: places.model, id: predictor.id), places, idMember: "decision_id", software: software)
    }
}
