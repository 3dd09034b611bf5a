internal import DurableFiles

/// Writes applicants for loans, what the bank sees of them, and the truth: applicant by applicant, by time inside.
struct CreditWriter: ~Copyable {
    private let source: ApplicantSource
    private let model: CreditModel
    private let seed: UInt64
    /// What follows a time in a row of behaviours, by operation and code.
    private let codes: [[[UInt8]]]
    private var applicants: OutputFile
    private var behaviours: OutputFile
    private var bureau: OutputFile
    private var statements: OutputFile
    private var loans: OutputFile
    private var service: OutputFile
    private var outcomes: OutputFile
    private var oldApplicants: OutputFile
    private var oldOutcomes: OutputFile
    private var truth: OutputFile

    private static let profileColumns =
        "decision_time_ms,age,income,job_years,education,residence,city_tier,dependants,customer_months,"
        + "device_system,device_price,device_age_months,product,amount,term_months,channel"

    init(in folder: String, _ fileSystem: FileSystem, _ source: ApplicantSource, seed: UInt64) throws(SimulationError) {
        func file(_ name: String, _ header: String) throws(SimulationError) -> OutputFile {
            var file = try OutputFile(creating: "\(folder)/\(name).csv", in: fileSystem)
            file.write(header + "\n")
            return file
        }
        let perOperation = source.assumptions.codesPerOperation
        try OutputFile.write(Self.rules(perOperation), to: "\(folder)/credit/operations.csv", in: fileSystem)
        let settings = [
            ("framework", CreditSettingsText.framework), ("huihen", CreditSettingsText.huihen), ("mgkd", CreditSettingsText.mgkd),
        ]
        for (name, text) in settings { try OutputFile.write(text, to: "\(folder)/credit/\(name).yaml", in: fileSystem) }
        let applicants = try file("credit/applicants", "applicant_id," + Self.profileColumns)
        let behaviours = try file("credit/behaviours", "applicant_id,time_ms,code,category,amount")
        let bureau = try file("credit/bureau", "applicant_id,time_ms,kind,lender,amount,term_months,balance")
        let statements = try file("credit/statements", "applicant_id,time_ms,limit,balance,due,paid")
        let loans = try file("credit/loans", "applicant_id,granted_time_ms,amount,term_months")
        let service = try file("credit/service", "applicant_id,time_ms,operation,amount,balance")
        let outcomeColumns = "applicant_id,horizon_start_ms,known_time_ms,overdue"
        let outcomes = try file("credit/outcomes", outcomeColumns)
        let oldApplicants = try file("credit/old_applicants", "applicant_id," + Self.profileColumns)
        let oldOutcomes = try file("credit/old_outcomes", outcomeColumns)
        let truth = try file(
            "truth/credit",
            "applicant_id,given_everything,given_pre_service,given_app,given_profile,"
                + CreditSignal.allCases.map(\.name).joined(separator: ","))
        // All at once: what cannot be copied is either whole or not there.
        (self.source, self.seed) = (source, seed)
        model = CreditModel(source)
        codes = AppOperation.names.indices.map { operation in
            (0..<AppOperation.codes(operation, perOperation)).map { variant in
                Array(",\(AppOperation.code(operation, variant, perOperation)),\(AppOperation.category(operation)),".utf8)
            }
        }
        self.applicants = applicants
        self.behaviours = behaviours
        self.bureau = bureau
        self.statements = statements
        self.loans = loans
        self.service = service
        self.outcomes = outcomes
        self.oldApplicants = oldApplicants
        self.oldOutcomes = oldOutcomes
        self.truth = truth
    }

    private static func rules(_ perOperation: Int) -> String {
        var text = "code,operation,category\n"
        for (operation, name) in AppOperation.names.enumerated() {
            for variant in 0..<AppOperation.codes(operation, perOperation) {
                text += "\(AppOperation.code(operation, variant, perOperation)),\(name),\(AppOperation.category(operation))\n"
            }
        }
        return text
    }

    /// - Parameter goOn: asked every 256 applicants with the number written so far.
    mutating func writeAll(_ goOn: (Int) -> Bool) throws(SimulationError) -> BankSimulation.Credit {
        var summary = BankSimulation.Credit()
        var history = AppHistory()
        for number in 0..<source.assumptions.applicants {
            if number.isMultiple(of: 256) && !goOn(number) { throw .stopped }
            let records = source.records(number, seed: seed, &history)
            let outcome = source.outcome(number, seed: seed, records, model)
            row(number, records.profile, records.decision, old: false)
            rows(number, history)
            rows(number, records.bureau)
            rows(number, records.statements)
            rows(number, outcome, amount: records.profile.amount, months: records.profile.termMonths)
            try drain()
            summary.applicants += 1
            summary.behaviours += history.rows.count
            summary.overdue += outcome.isOverdue ? 1 : 0
        }
        let old = Int((Double(source.assumptions.applicants) * source.assumptions.oldPerApplicant).rounded())
        for number in 0..<old {
            if number.isMultiple(of: 256) && !goOn(source.assumptions.applicants) { throw .stopped }
            let applicant = source.oldApplicant(number, seed: seed, model)
            row(number, applicant.profile, applicant.decision, old: true)
            Self.row(number, granted: applicant.decision, applicant.isOverdue, source, old: true, to: &oldOutcomes)
            Self.begin(number, old: true, &truth)
            truth.write(",,,,")
            truth.write(fraction: applicant.probability)
            for _ in CreditSignal.allCases { truth.write(",") }
            truth.write("\n")
            try drain()
        }
        summary.oldApplicants = old
        try applicants.finish()
        try behaviours.finish()
        try bureau.finish()
        try statements.finish()
        try loans.finish()
        try service.finish()
        try outcomes.finish()
        try oldApplicants.finish()
        try oldOutcomes.finish()
        try truth.finish()
        return summary
    }

    private mutating func drain() throws(SimulationError) {
        try applicants.drain()
        try behaviours.drain()
        try bureau.drain()
        try statements.drain()
        try loans.drain()
        try service.drain()
        try outcomes.drain()
        try oldApplicants.drain()
        try oldOutcomes.drain()
        try truth.drain()
    }

    /// The applicant's id in every file.
    private static func begin(_ applicant: Int, old: Bool = false, _ file: inout OutputFile) {
        file.write(byte: old ? UInt8(ascii: "o") : UInt8(ascii: "a"))
        file.write(number: Int64(applicant), width: 7)
    }

    private static func write(_ number: Int64, to file: inout OutputFile) {
        file.write(byte: UInt8(ascii: ","))
        file.write(number: number)
    }

    /// A comma, and the number if there is one.
    private static func write(_ number: Int?, to file: inout OutputFile) {
        file.write(byte: UInt8(ascii: ","))
        if let number { file.write(number: Int64(number)) }
    }

    private static func write(cents: Int64, to file: inout OutputFile) {
        file.write(number: cents / 100)
        file.write(byte: UInt8(ascii: "."))
        file.write(number: cents % 100, width: 2)
    }

    private mutating func row(_ number: Int, _ profile: CreditProfile, _ decision: Int64, old: Bool) {
        func write(to file: inout OutputFile) {
            Self.begin(number, old: old, &file)
            Self.write(decision, to: &file)
            Self.write(profile.age, to: &file)
            Self.write(profile.income, to: &file)
            Self.write(profile.jobYears, to: &file)
            file.write(",\(CreditProfile.educations[profile.education]),\(CreditProfile.residences[profile.residence])")
            for value in [profile.cityTier, profile.dependants, profile.customerMonths] { Self.write(value, to: &file) }
            file.write(",\(CreditProfile.systems[profile.system])")
            Self.write(profile.devicePrice, to: &file)
            Self.write(profile.deviceAgeMonths, to: &file)
            file.write(",\(CreditProfile.products[profile.product])")
            Self.write(profile.amount, to: &file)
            Self.write(profile.termMonths, to: &file)
            file.write(",\(CreditProfile.channels[profile.channel])\n")
        }
        if old { write(to: &oldApplicants) } else { write(to: &applicants) }
    }

    private mutating func rows(_ number: Int, _ history: AppHistory) {
        for row in history.rows {
            Self.begin(number, &behaviours)
            Self.write(row.time, to: &behaviours)
            behaviours.write(codes[row.operation][row.variant])
            if row.cents >= 0 { Self.write(cents: row.cents, to: &behaviours) }
            behaviours.write(byte: UInt8(ascii: "\n"))
        }
    }

    private mutating func rows(_ number: Int, _ records: BureauRecords) {
        for row in records.rows {
            Self.begin(number, &bureau)
            Self.write(row.time, to: &bureau)
            bureau.write(row.isLoan ? ",loan," : ",query,")
            bureau.write(BureauRecords.lenders[row.lender])
            if row.isLoan {
                for value in [row.amount, row.months, row.balance] { Self.write(value, to: &bureau) }
            } else {
                bureau.write(",,,")
            }
            bureau.write(byte: UInt8(ascii: "\n"))
        }
    }

    private mutating func rows(_ number: Int, _ records: Statements) {
        for row in records.rows {
            Self.begin(number, &statements)
            Self.write(row.time, to: &statements)
            for value in [row.limit, row.balance, row.due, row.paid] { Self.write(value, to: &statements) }
            statements.write(byte: UInt8(ascii: "\n"))
        }
    }

    private mutating func rows(_ number: Int, _ outcome: ApplicantOutcome, amount: Int, months: Int) {
        Self.begin(number, &loans)
        Self.write(outcome.granted, to: &loans)
        Self.write(amount, to: &loans)
        Self.write(months, to: &loans)
        loans.write(byte: UInt8(ascii: "\n"))
        for row in outcome.service.rows {
            Self.begin(number, &service)
            Self.write(row.time, to: &service)
            service.write(",\(ServiceRecords.operations[row.operation]),")
            if let cents = row.cents { Self.write(cents: cents, to: &service) }
            service.write(byte: UInt8(ascii: ","))
            Self.write(cents: row.balance, to: &service)
            service.write(byte: UInt8(ascii: "\n"))
        }
        Self.row(number, granted: outcome.granted, outcome.isOverdue, source, to: &outcomes)
        Self.begin(number, &truth)
        let known = outcome.truth
        for probability in [known.everything, known.preService, known.app, known.profile] {
            truth.write(byte: UInt8(ascii: ","))
            truth.write(fraction: probability)
        }
        for signal in CreditSignal.allCases {
            truth.write(outcome.signals[signal] < 0 ? ",-" : ",")
            truth.write(fraction: abs(outcome.signals[signal]))
        }
        truth.write(byte: UInt8(ascii: "\n"))
    }

    private static func row(
        _ number: Int, granted: Int64, _ isOverdue: Bool, _ source: ApplicantSource, old: Bool = false, to file: inout OutputFile
    ) {
        begin(number, old: old, &file)
        write(source.horizonStart(granted), to: &file)
        write(source.horizonEnd(granted), to: &file)
        file.write(isOverdue ? ",1\n" : ",0\n")
    }
}
