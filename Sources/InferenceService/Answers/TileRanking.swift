package import DecisionRecords
package import EventStream
package import Recommendation
package import Studies
internal import SequenceKernel

/// Takes: a request to rank tiles.   Gives: the line that `tessera rank score` writes for the same customer, sessions and tiles.
///
/// Made once for a bundle; any number of threads may ask at once.
package struct TileRanking: Sendable {
    /// The ranker.
    package let ranker: TileRanker
    /// Names of numbers that a tile may have beside its name.
    package let shownNumbers: [String]
    /// Columns of customers that are read.
    package var customerColumns: [String] { reading.columns }

    private let reading: AppReading
    private let rules: EligibilityRules?
    /// The tiles.
    package let catalogue: TileCatalogue
    private let trained: Set<String>?
    private let format: ImpressionFormat

    /// Brings models and tables together, and ranks the catalogue for somebody who is not there: what does not fit is refused now.
    /// - Parameters:
    ///   - catalogue: as it was read; its texts become floats as the ranker's training had it.
    ///   - schema: of the corpus that the models were made from.
    ///   - models: what the ranker reads of sessions.
    /// - Throws: `StudyError`, `TableError`, `LinkingError`, `RankingError` or `IntentClassifierError`.
    package init(
        _ ranker: TileRanker, _ inputs: AppInputs, catalogue: TileCatalogue, rules: EligibilityRules?, schema: EventSchema,
        models: PreparedModels
    ) throws {
        let asked = Set((rules?.rules ?? []).flatMap { Array($0.requires.keys) + Array($0.excludes.keys) })
        reading = try AppReading(inputs, models, schema, rules: asked.sorted())
        (self.ranker, self.rules) = (ranker, rules)
        self.catalogue = TileCatalogue(catalogue.table, encoder: inputs.catalogue ?? catalogue.encoder)
        trained = inputs.tiles.map(Set.init)
        shownNumbers = ranker.tileFeatureNames.filter { $0.hasPrefix(FeaturePrefix.shown) }.map {
            String($0.dropFirst(FeaturePrefix.shown.count))
        }
        format = Self.format(shownNumbers)
        _ = try line(RankRequest(.nobody()))
    }

    /// How the table of an impression is written: in microseconds, and no column is called as a number of the ranker's.
    private static func format(_ numbers: [String]) -> ImpressionFormat {
        func free(_ name: String) -> String { numbers.contains(name) ? free(name + "_") : name }
        var format = ImpressionFormat()
        format.impression = free(format.impression)
        (format.time, format.timeUnit) = (free("time_us"), .microseconds)
        format.customer = free(format.customer)
        format.tile = free(format.tile)
        format.position = free(format.position)
        format.clicked = free(format.clicked)
        format.probability = free(format.probability)
        format.tiles = free(format.tiles)
        format.clickedTile = free(format.clickedTile)
        format.probabilities = free(format.probabilities)
        (format.features, format.needsClicks) = (numbers, false)
        return format
    }

    /// The line of a request, with its end.
    package func answer(_ request: RankRequest) throws(RequestFault) -> String {
        try AppReading.answering { try line(request) }
    }

    private func line(_ request: RankRequest) throws -> String {
        let pool = WorkerPool(threads: 1)
        let tables = try reading.tables(request.decision, catalogue: catalogue) { customers, links in
            AppTables.Sources(
                customers: customers, impressions: .text(impressions(request, .own), name: "tiles"), links: links, format: format)
        }
        let eligibility = try rules.map { try Eligibility($0, catalogue, customers: tables.customers) }
        let blocks = try reading.floats(tables, pool: pool)
        let examples = try tables.rankingExamples(blocks, reading.inputs, catalogue: catalogue, trained: trained)
        let probabilities = try ranker.probabilities(examples, pool: pool)
        let lines = RankLines(tables.log!, probabilities: probabilities, most: request.top, rules: eligibility) {
            tables.row(of: tables.decisions.customers[$0])
        }
        return lines.jsonLine(0)
    }

    /// The impression as a table, a row for each tile.
    private func impressions(_ request: RankRequest, _ naming: DecisionNaming) -> String {
        let decision = request.decision
        let head = [naming.id(decision.id), "\(decision.time)", naming.id(decision.customerID)]
        let tiles = request.tiles ?? catalogue.tiles.map { RankRequest.Tile($0) }
        return AppReading.table(
            [[format.impression, format.time, format.customer, format.tile] + shownNumbers]
                + tiles.map { tile in head + [tile.name] + shownNumbers.map { tile.numbers[$0] ?? "" } })
    }

    // MARK: Ledger

    /// What a ranking was made of, as `tessera rank score --ledger` records it; the customer is its subject.
    ///
    /// The whole session is kept, also one that did not count. Ids have the number behind them: see ``DecisionNaming/recorded(number:)``.
    /// - Parameter number: no other ranking of the run has it.
    package func recordedInput(_ request: RankRequest, number: Int) -> [UInt8] {
        reading.recordedInput(
            request.decision, (option: "--impressions", text: impressions(request, .recorded(number: number))), number: number)
    }

    /// The run that rankings of so many tiles at most belong to: a replay reads how many from it.
    /// - Parameters:
    ///   - places: of the ranker, and of encoder and classifier where it reads them.
    ///   - purpose: what the bundle is for; nil where nobody said.
    package func recordedRun(top: Int?, _ places: ModelPlaces, purpose: String?, software: String) -> DecisionRun {
        var files = [
            DecisionRun.SharedFile(
                option: "--tiles", name: "tiles.csv",
                text: AppReading.table(
                    [["tile"] + catalogue.table.columns] + zip(catalogue.table.ids, catalogue.table.texts).map { [$0] + $1 })),
            DecisionRun.SharedFile(option: "--format", name: "format.yaml", text: AppReading.json(format) + "\n"),
        ]
        if let rules { files.append(.init(option: "--rules", name: "rules.yaml", text: AppReading.json(rules) + "\n")) }
        return reading.recordedRun(
            command: "rank score", arguments: (purpose.map { ["--purpose", $0] } ?? []) + (top.map { ["--top", "\($0)"] } ?? []),
            model: .init(option: "--ranker", path: places.model, id: ranker.id), places, files: files, idMember: "impression_id",
            software: software)
    }
}
