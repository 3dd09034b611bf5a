public import CreditRisk

extension ApplicantExport {
    /// What is recorded from the decision on, in days: no more is read by a teacher, and no outcome counts before.
    public static let serviceDays: Int64 = 90

    /// Applicants for stage distillation, `[B]`: a student reads the profile, what was counted in the app and the bureau's rows; a teacher
    /// the first 90 days of the service, too.
    /// - Parameter counted: hand-made features of the app, `[B]`.
    /// - Throws: ``StudyError``, ``CreditBaselineError`` or ``StageDistillationError`` where tables are not what they should be.
    public func stages(_ counted: CreditTable) throws -> [StageApplicant] {
        let rows = try CreditRows("\(folder)/bureau.csv", in: fileSystem)
        var applicants = (0..<count).map { StageApplicant(place: $0) }
        let (id, time) = (try rows.column("applicant_id"), try rows.column("time_ms"))
        let (kind, lender, balance) = (try rows.column("kind"), try rows.column("lender"), try rows.column("balance"))
        try records(rows, id, time) { line, row, place, time in
            guard time < decisions[place] else {
                throw StudyError.badTable(file: rows.path, line: line, reason: "it is not before the decision")
            }
            applicants[place].before.append(
                ApplicantRecord(
                    at: time, categories: [row.text(kind), row.text(lender)], numbers: [HandMade.log(Float(row.number(balance) ?? .nan))]))
        }
        let service = try CreditRows("\(folder)/service.csv", in: fileSystem)
        let (own, moment) = (try service.column("applicant_id"), try service.column("time_ms"))
        let (operation, held) = (try service.column("operation"), try service.column("balance"))
        try records(service, own, moment) { _, row, place, time in
            // Those that begin later than the decision may last beyond the window.
            guard (0..<Self.serviceDays * 86_400).contains(time - decisions[place]) else { return }
            applicants[place].during.append(
                ApplicantRecord(
                    at: time, categories: [row.text(operation)], numbers: [HandMade.log(Float(row.number(held) ?? .nan))]))
        }
        return applicants
    }

    /// Examples of some applicants; the encoding is that of those learnt from.
    public func stageExamples(
        _ stages: [StageApplicant], of rows: [Int], _ counted: CreditTable, _ encoding: CreditEncoding
    ) throws -> InServiceExamples {
        let own = counted.selecting(rows)
        let names = zip(encoding.sources, encoding.sources.indices).map { "\(encoding.columns[$0].name) \($1)" }
        let profile = try ProfileFeatures(names: names, count: rows.count, values: encoding.floats(own))
        var before = try PreServiceRecords(RecordFields(categories: ["kind", "lender"], numbers: ["balance"]))
        let seconds = Self.serviceDays * 86_400
        var during = try InServiceRecords(
            RecordFields(categories: ["operation in service"], numbers: ["balance in service"]),
            ServiceWindow(closes: seconds, outcomesFrom: seconds))
        for row in rows {
            try before.append(stages[row].before, before: decisions[row])
            try during.append(stages[row].during, after: decisions[row])
        }
        return try InServiceExamples(
            PreServiceExamples(
                customers: own.customers, decisions: rows.map { decisions[$0] }, outcomes: own.outcomes,
                outcomeTimes: rows.map { outcomeTimes[$0] }, profile: profile, records: before),
            records: during)
    }
}

/// Records of one applicant before and after the decision.
public struct StageApplicant: Sendable {
    let place: Int
    var before: [ApplicantRecord] = []
    var during: [ApplicantRecord] = []

    init(place: Int) { self.place = place }
}
