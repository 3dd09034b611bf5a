package import CreditRisk
package import DecisionRecords
internal import Recommendation
internal import SequenceKernel

/// Takes: an applicant's rows.   Gives: the line that `tessera credit score` writes for the same tables.
///
/// Made once for a bundle; any number of threads may ask at once.
package struct CreditScoring: Sendable {
    /// The scorecard.
    package let card: CreditScorecard

    /// A table that is read, and its columns in the order in which they are written.
    package struct Table: Sendable, Equatable {
        /// As the configuration names it.
        package let name: String
        /// The column that says whose a row is.
        package let key: String
        /// All that are read, the key first.
        package let columns: [String]
        /// Columns that hold who somebody is.
        fileprivate let identities: Set<String>

        fileprivate init(_ name: String, key: String, _ others: [String], identities: Set<String> = []) {
            var columns = [key]
            for column in others where !columns.contains(column) { columns.append(column) }
            (self.name, self.key, self.columns, self.identities) = (name, key, columns, identities.union([key]))
        }
    }

    /// Tables that a request must have: the applicants, and those before the decision.
    package let tables: [Table]

    /// A scorecard that is ready.
    package init(_ card: CreditScorecard) {
        self.card = card
        let (configuration, own) = (card.configuration, card.configuration.applicants)
        tables =
            [
                Table(
                    CreditData.applicants, key: own.key,
                    [own.decision] + (own.customer.map { [$0] } ?? []) + own.categorical + own.numeric,
                    identities: own.customer.map { [$0] } ?? [])
            ]
            + configuration.tablesBefore.map { table in
                Table(
                    table.name, key: table.key,
                    [table.time] + table.categorical + table.numeric + table.times + table.vectors.flatMap(\.columns))
            }
    }

    /// The line of a request, with its end.
    package func answer(_ request: CreditRequest) throws(RequestFault) -> String {
        let data = try read(request)
        do {
            let scores = try card.scores(data, reasons: request.reasons, pool: WorkerPool(threads: 1))
            return try CreditScorecard.jsonLines(scores)[0]
        } catch {
            // The rows were read: what is left is not the caller's. The texts of these errors hold no values.
            throw RequestFault(.internal, "the applicant cannot be scored: \(error)", remedy: "ask whoever runs the service")
        }
    }

    /// An applicant of whom nothing is known, with no records.
    func nobody() -> CreditRequest {
        let own = card.configuration.applicants
        let time =
            switch own.unit {
            case .seconds: "1767600000"
            case .milliseconds: "1767600000000"
            case .microseconds: "1767600000000000"
            case .iso8601: "2026-01-05T08:00:00Z"
            }
        var rows = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, [AttributeTexts]()) })
        rows[CreditData.applicants] = [
            AttributeTexts(tables[0].columns.map { ($0, $0 == own.key ? "nobody" : $0 == own.decision ? time : "") })
        ]
        return CreditRequest(tables: rows)
    }

    // MARK: Reading

    private func read(_ request: CreditRequest) throws(RequestFault) -> CreditData {
        try check(request)
        var given: [CreditData.Table] = []
        for name in request.tables.keys.sorted() {
            guard let table = tables.first(where: { $0.name == name }) else {
                // Refused by its name when it is read.
                given.append(.init(name: name, text: []))
                continue
            }
            let rows = request.tables[name] ?? []
            let known = Set(table.columns)
            given.append(
                .init(
                    name: name, text: Array(text(table, rows) { $1 }.utf8),
                    unread: Set(rows.flatMap { $0.columns.map(\.name) }).subtracting(known).sorted()))
        }
        let data: CreditData
        do { data = try CreditData(card.configuration, given) } catch { throw fault(error, request) }
        if let (table, _) = data.counts.tables.withoutApplicant.sorted(by: { $0.key < $1.key }).first(where: { $0.value > 0 }) {
            throw RequestFault(
                .unprocessable, at: "tables.\(table)", "it has rows that are not the applicant's",
                remedy: "send the rows with the applicant's key alone")
        }
        return data
    }

    /// Refuses a request that has not one applicant, or lacks a table or a column.
    private func check(_ request: CreditRequest) throws(RequestFault) {
        for table in tables {
            guard let rows = request.tables[table.name] else {
                throw RequestFault(
                    .unprocessable, at: "tables.\(table.name)", "the table is missing",
                    remedy: table.name == CreditData.applicants ? "give the applicant's row" : "give its rows, or [] where there are none")
            }
            if table.name == CreditData.applicants, rows.count != 1 {
                throw RequestFault(
                    .unprocessable, at: "tables.\(table.name)", "it must have exactly one row", remedy: "send one applicant a request")
            }
            guard !rows.isEmpty else { continue }
            if let missing = table.columns.first(where: { column in rows.allSatisfy { $0[column] == nil } }) {
                throw RequestFault(
                    .unprocessable, at: "tables.\(table.name)", "no row has the column `\(missing)`",
                    remedy: "give it, or null where it is not known")
            }
        }
    }

    /// The fault of a request that is refused when its tables are read.
    private func fault(_ error: any Error, _ request: CreditRequest) -> RequestFault {
        switch error {
        case let error as CreditData.RefusedRow:
            let place = row(of: error, request).map { "[\($0)]" } ?? ""
            return RequestFault(.unprocessable, at: "tables.\(error.table)\(place)", error.reason, remedy: "correct the row")
        case let error as ScorecardError:
            if case .inServiceTable(let name) = error {
                return RequestFault(
                    .unprocessable, at: "tables.\(name)",
                    "the table is known only after the service is granted, and this model decides before", remedy: "leave it out")
            }
            if case .configuration(let entry, let reason, _) = error, entry.hasPrefix("table ") {
                return RequestFault(
                    .unprocessable, at: "tables.\(entry.dropFirst("table ".count))", reason,
                    remedy: "send \(tables.map(\.name).joined(separator: ", "))")
            }
            return RequestFault(.unprocessable, at: "tables", error.description, remedy: "correct the tables")
        case let error as StageDistillationError:
            return RequestFault(.unprocessable, at: "tables", error.description, remedy: "leave these columns out")
        default:
            return RequestFault(.unprocessable, at: "tables", "\(error)", remedy: "correct the tables")
        }
    }

    /// The row that stands on a line of a table's text; texts may hold line ends.
    private func row(of refused: CreditData.RefusedRow, _ request: CreditRequest) -> Int? {
        guard let table = tables.first(where: { $0.name == refused.table }) else { return nil }
        var line = 2
        for (number, row) in (request.tables[table.name] ?? []).enumerated() {
            if line == refused.line { return number }
            line += text(table, [row], header: false) { $1 }.utf8.count { $0 == UInt8(ascii: "\n") }
        }
        return nil
    }

    /// Rows as CSV.
    private func text(
        _ table: Table, _ rows: [AttributeTexts], header: Bool = true, _ value: (_ column: String, _ text: String) -> String
    ) -> String {
        AppReading.table(
            (header ? [table.columns] : []) + rows.map { row in table.columns.map { column in value(column, row[column] ?? "") } })
    }

    // MARK: Ledger

    /// The applicant's key: the subject of the score.
    package func applicant(_ request: CreditRequest) -> String { request.tables[CreditData.applicants]?.first?[tables[0].key] ?? "" }

    /// What a score was made of, as `tessera credit score --ledger` records it; the applicant is its subject.
    ///
    /// Keys have the number behind them: scores of a run are made again together, and an applicant may stand there twice with other rows.
    /// - Parameter number: no other score of the run has it.
    package func recordedInput(_ request: CreditRequest, number: Int) -> [UInt8] {
        let naming = DecisionNaming.recorded(number: number)
        return DecisionInput.json(
            id: naming.id(applicant(request)),
            files: tables.map { table in
                let text = text(table, request.tables[table.name] ?? []) { column, text in
                    table.identities.contains(column) && !text.isEmpty ? naming.id(text) : text
                }
                return (option: "--file \(table.name)", text: text)
            })
    }

    /// The run that scores with so many reasons belong to: a replay reads how many from it.
    /// - Parameter purpose: what the bundle is for; nil where nobody said.
    package func recordedRun(reasons: Int, _ places: ModelPlaces, purpose: String?, software: String) -> DecisionRun {
        DecisionRun(
            command: "credit score", arguments: ["--reasons", "\(reasons)"] + (purpose.map { ["--purpose", $0] } ?? []),
            models: [.init(option: "", path: places.model, id: card.id)], idMember: "customer", software: software)
    }
}
