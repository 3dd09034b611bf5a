/// What can be read in an applicant's rows and counts for the outcome; ``CreditAssumptions`` says what each is there for.
///
/// Signals of the app are measured over sessions of at least three behaviours; a pause of more than an hour ends a session.
public enum CreditSignal: Int, CaseIterable, Sendable {
    /// Mean log of the pauses before a button is pressed, less that of all other pauses inside sessions.
    case hesitation
    /// Share of the pages of the product's own family among those of all six families.
    case productHabit
    /// Share of pages on rates, calculator and the form of application among the behaviours of the last session.
    case intention
    /// Share of sessions that begin with a look at the balance.
    case routine
    /// Share of sessions that begin on the 25th of the month or later (UTC).
    case monthEnd
    /// Share of sessions that begin on a Saturday or Sunday (UTC).
    case weekend
    /// Share of sessions with limit before bill among those with both.
    case order
    /// Mean log of the amounts that go out less that of the amounts that come in.
    case amounts
    /// Share of the bureau's queries that no loan of the same kind of lender follows within 14 days.
    case refusedQueries
    /// Share of the bureau's loans without a balance.
    case missingBalances
    /// Balance against limit in the statements: mean of the last three months less that of those before.
    case utilisation
    /// Share of pages on repaying late (plan, due date, extension) among all pages; counts only as far as it foretells ``service``.
    case foretelling
    /// Mean log of the balances in service, times -1.
    case service

    /// The name of its column in `truth/credit.csv`.
    public var name: String { "\(self)" }

    /// Whether the app's behaviours show it.
    var isOfApp: Bool { rawValue < Self.refusedQueries.rawValue || self == .foretelling }

    /// What a deviation more of it adds to the liability: 0 for the two that are read together.
    func weight(_ assumptions: CreditAssumptions) -> Double {
        switch self {
        case .hesitation: assumptions.hesitationStrength
        case .productHabit: -assumptions.productHabitStrength
        case .intention: assumptions.intentionStrength
        case .routine: -assumptions.routineStrength
        case .monthEnd: assumptions.monthEndStrength
        case .weekend: -assumptions.weekendStrength
        case .order: assumptions.orderStrength
        case .amounts: assumptions.amountStrength
        case .refusedQueries: assumptions.refusedQueryStrength
        case .missingBalances: assumptions.missingBalanceStrength
        case .utilisation: assumptions.utilisationStrength
        case .foretelling, .service: 0
        }
    }
}

/// One applicant's signals, by ``CreditSignal``: as measured, or standardised. NaN where there is nothing to measure.
struct CreditSignals {
    private var values = [Double](repeating: .nan, count: CreditSignal.allCases.count)
    /// Shares of the pages of the families; empty where none was looked at. The product says which of them is ``CreditSignal/productHabit``.
    var families: [Double] = []

    subscript(_ signal: CreditSignal) -> Double {
        get { values[signal.rawValue] }
        set { values[signal.rawValue] = newValue }
    }
}

/// Sum and number of what a mean is taken of.
struct RunningMean {
    private var sum = 0.0
    private(set) var count = 0

    mutating func add(_ value: Double) {
        sum += value
        count += 1
    }

    /// NaN of nothing.
    var mean: Double { sum / Double(count) }
}
