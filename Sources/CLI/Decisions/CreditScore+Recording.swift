internal import Audit
internal import CreditRisk
internal import DecisionRecords

extension CreditScore {
    /// What a run reads beside the applicants.
    func recordedRun(_ card: CreditScorecard) throws -> DecisionRun {
        DecisionRun(
            command: "credit score", arguments: ["--reasons", "\(reasons)"] + serves.recorded,
            models: [.init(option: "", path: model, id: card.id)],
            idMember: "customer", software: "tessera \(Version.text)")
    }

    /// Where a table is read from; nil where none is named.
    func path(of table: String, _ configuration: CreditConfiguration) -> String? {
        files.files[table] ?? configuration.path(of: table, in: files.data ?? "")
    }

    /// Records every score with the rows of its applicant, before anybody can see it.
    /// - Parameter agreed: what each applicant agreed to; nil for what --consent says.
    func record(
        _ recorder: DecisionRecorder?, _ card: CreditScorecard, _ scores: [CreditScorecard.Score],
        _ agreed: [String: LedgerEntry.Consent]?, _ lines: [String]
    ) throws {
        guard let recorder else { return }
        let configuration = card.configuration
        var tables: [(name: String, rows: TableRows)] = []
        for (name, key) in [("applicants", configuration.applicants.key)] + configuration.tablesBefore.map({ ($0.name, $0.key) }) {
            guard let path = path(of: name, configuration) else { continue }
            tables.append((name, try TableRows(path, key: key)))
        }
        for start in stride(from: 0, to: scores.count, by: DecisionRecorder.batch) {
            let decisions = (start..<min(scores.count, start + DecisionRecorder.batch)).map { index in
                let id = scores[index].customer
                var own = DecisionRecorder.Decision(
                    id: id, subject: .identifier(id),
                    input: DecisionInput.json(id: id, files: tables.map { (option: "--file \($0.name)", text: $0.rows.text(id)) }),
                    output: Array(lines[index].utf8))
                own.consent = agreed.map { $0[id] ?? .unknown }
                return own
            }
            guard recorder.record(decisions) else { throw recorder.failure! }
        }
    }
}
