/// What is known of an applicant before the decision, with what can be measured in it.
struct ApplicantRecords {
    var profile: CreditProfile
    /// When the loan is decided on, in milliseconds.
    var decision: Int64
    var bureau: BureauRecords
    var statements: Statements
    var signals: CreditSignals
}

/// What comes after the decision.
struct ApplicantOutcome {
    var granted: Int64
    var service: ServiceRecords
    var isOverdue: Bool
    var truth: CreditTruth
    /// Standardised.
    var signals: CreditSignals
}

/// Draws applicants; ``CreditAssumptions`` says it in words. Every applicant has streams of random numbers of its own.
struct ApplicantSource {
    let assumptions: CreditAssumptions
    private let firstDay: Int
    private let histories: AppHistorySource

    init(_ assumptions: CreditAssumptions, firstDay: Int) {
        (self.assumptions, self.firstDay) = (assumptions, firstDay)
        histories = AppHistorySource(assumptions, firstDay: firstDay)
    }

    /// Profile and records; `history` gets what was done in the app.
    func records(_ number: Int, seed: UInt64, _ history: inout AppHistory) -> ApplicantRecords {
        func stream(_ purpose: CreditStream) -> SeededSource { purpose.source(of: number, seed: seed) }
        var (ofProfile, ofTraits, sessions, behaviours) = (stream(.profile), stream(.traits), stream(.sessions), stream(.behaviours))
        var (ofBureau, ofStatements) = (stream(.bureau), stream(.statements))
        let profile = CreditProfile(using: &ofProfile)
        let traits = ApplicantTraits(using: &ofTraits)
        histories.draw(into: &history, traits, &sessions, &behaviours)
        // Mostly within minutes of the last thing done, at most some hours later.
        let haste = behaviours.unit()
        let decision = history.rows[history.rows.count - 1].time + 60_000 + Int64(haste * haste * haste * 6 * 3_600_000)
        let bureau = BureauRecords(traits, before: decision, using: &ofBureau)
        let statements = Statements(traits, before: decision, using: &ofStatements)
        var signals = CreditSignals()
        history.measure(into: &signals)
        bureau.measure(into: &signals)
        statements.measure(into: &signals)
        return ApplicantRecords(profile: profile, decision: decision, bureau: bureau, statements: statements, signals: signals)
    }

    /// What becomes of an applicant.
    func outcome(_ number: Int, seed: UInt64, _ records: ApplicantRecords, _ model: CreditModel) -> ApplicantOutcome {
        var service = CreditStream.service.source(of: number, seed: seed)
        var standard = model.standardised(records.signals)
        standard[.productHabit] = model.productHabit(standard, records.profile.product)
        let granted = records.decision + 60_000 + Int64(service.unit() * 2 * Double(CalendarDay.milliseconds))
        let strain = model.strain(records.profile, standard, new: service.normal())
        let rows = ServiceRecords(strain: strain, from: granted, days: assumptions.serviceDays, using: &service)
        standard[.service] = rows.strain
        let truth = model.truth(records.profile, standard)
        var source = CreditStream.outcome.source(of: number, seed: seed)
        return ApplicantOutcome(
            granted: granted, service: rows, isOverdue: source.chance(truth.everything), truth: truth, signals: standard)
    }

    /// When the first instalments that count are due: nothing seen in service is later.
    func horizonStart(_ granted: Int64) -> Int64 { granted + Int64(assumptions.serviceDays) * CalendarDay.milliseconds }

    /// When the outcome is known.
    func horizonEnd(_ granted: Int64) -> Int64 { horizonStart(granted) + Int64(assumptions.horizonDays) * CalendarDay.milliseconds }

    /// A profile of former days.
    func oldApplicant(
        _ number: Int, seed: UInt64, _ model: CreditModel
    ) -> (profile: CreditProfile, decision: Int64, probability: Double, isOverdue: Bool) {
        var source = CreditStream.oldProfile.source(of: number, seed: seed)
        let profile = CreditProfile(using: &source)
        // From three years to one year and some before the first decision, all known by then.
        let back = assumptions.serviceDays + assumptions.horizonDays + 4 + source.index(below: 730)
        let decision = Int64(firstDay - back) * CalendarDay.milliseconds + Int64(source.unit() * Double(CalendarDay.milliseconds))
        let probability = model.oldProbability(profile)
        var outcome = CreditStream.oldOutcome.source(of: number, seed: seed)
        return (profile, decision, probability, outcome.chance(probability))
    }
}
