/// Who applies for loans, what the bank sees of them before and after the grant, and who falls overdue.
///
/// Shares are fractions between 0 and 1. **What is assumed**, in words:
/// - *Applicants* are people of their own, apart from visitors and customers of the app; each applies once, every loan is granted, and whether
///   it falls overdue by 30 days or more in the ``horizonDays`` after the first ``serviceDays`` is the outcome. Nothing that was seen, not
///   even in service, comes from the days in which the outcome is decided.
/// - *The liability* of an applicant is a sum; the outcome is 1 if the sum and a standard normal number that nothing shows exceed a bound
///   (a probit model). The bound is set so that ``defaultRate`` is met. Each term is a **signal**: something that can be read in the files,
///   measured in the very rows that are written (``CreditSignal`` says how), brought to mean 0 and deviation 1 over all applicants, held at
///   3 deviations, and weighed by its strength. So a strength says how much a deviation of the signal weighs against the unknown, and 0
///   takes its effect away and leaves every row as it is, but for those in service. An applicant who shows nothing of a signal is taken for
///   average in it.
/// - *The profile* adds a part that a weighted sum of logarithms finds and one that it does not: age at both ends, rent together with a
///   cheap device, an income not told, instalments heavy for the income, an old device of a rare make. No profile tells of any behaviour.
/// - *In the app*: sessions of behaviours in the months before. What counts is
///   (1) *hesitation*: how long one waits before a button is pressed, against one's own tempo: no count and no order shows it;
///   (2) *product and habit*: who applies for what is used to it in the app is safer; which family of pages that is, the product
///   says, and no family is good or bad by itself;
///   (3) *intention*: how much the **last** session is about getting a loan; earlier sessions turn to it as often, and it means nothing there;
///   (4) *routine*: how many sessions **begin** with a look at the balance; who does not begin with it mostly looks at it later, so that
///   the count of looks says little;
///   (5) *calendar*: the share of sessions on the last days of the month, and, the other way, at the weekend;
///   (6) *order*: the limit looked up before the bill, or after; both stand once each in the same sessions, so that counts are equal;
///   (7) *amounts*: what goes out against what comes in, in money operations, whatever the person's level is.
/// - *Codes*: some forty operations are recorded under ``codesPerOperation`` codes each; which one depends on the version of the app that a
///   person has and says nothing. `credit/operations.csv` merges them.
/// - *At the bureau*: queries that no loan of the same kind of lender follows within 14 days are refusals; what a count of queries
///   and loans shows of it is blurred by loans that no query came before. A loan's balance is 0 where it is paid off, and **missing** where
///   the lender does not report: the share of missing ones is a risk of its own, and filled with zeros they pass for paid off.
/// - *Statements* of up to twelve months: the drift of the balance against the limit counts, its level does not.
/// - *In service*: how low the balance stands after the grant. ``foreseen`` is its correlation with something seen before that counts for
///   nothing else: the share of pages on repaying late among those looked at. ``shown`` is its correlation with all else that makes the
///   liability before: who is disposed to fall overdue runs short in service, which adds nothing to the liability. Only what neither foretells
///   is new. A teacher that reads the service knows all three from many rows; of the first two it can tell a student more than one outcome of
///   yes or no does.
///
/// The defaults give a best possible AUC of some 0.855 with everything, 0.825 before the service, 0.80 with profile and app, 0.705 with the
/// profile alone.
public struct CreditAssumptions: Codable, Sendable, Equatable {
    /// Applicants with an app history; each applies once.
    public var applicants: Int
    /// Applicants of a time from which only profiles are kept, for each of the others.
    public var oldPerApplicant: Double = 2
    /// Share of applicants that fall overdue.
    public var defaultRate: Double = 0.07
    /// The same among old applicants.
    public var oldDefaultRate: Double = 0.085
    /// Days over which the decisions are spread, from the first day of the bank.
    public var decisionDays: Int = 180
    /// Days before the decision of which app behaviour is kept.
    public var historyDays: Int = 180
    /// Mean number of sessions in them (at most 50; few people have that many).
    public var meanSessions: Double = 11
    /// Mean number of behaviours in a session (at most 25).
    public var meanBehaviours: Double = 9
    /// Codes under which each operation is recorded: 1 for none that are redundant.
    public var codesPerOperation: Int = 10
    /// Days after the grant in which the service is watched.
    public var serviceDays: Int = 90
    /// Days after those in which an overdue instalment counts.
    public var horizonDays: Int = 180

    /// Strength of the profile.
    public var profileStrength: Double = 0.38
    /// Share of its variance that no weighted sum finds.
    public var profileCurvature: Double = 0.5
    /// Strength of the wait before a button; long is risky.
    public var hesitationStrength: Double = 0.18
    /// Strength of the habit that fits the product; used to it is safe.
    public var productHabitStrength: Double = 0.2
    /// Strength of the last session's intention; much is risky.
    public var intentionStrength: Double = 0.17
    /// Strength of the sessions that begin with the balance; many are safe.
    public var routineStrength: Double = 0.14
    /// Strength of the last days of the month; many sessions there are risky.
    public var monthEndStrength: Double = 0.12
    /// Strength of the weekend; many sessions there are safe.
    public var weekendStrength: Double = 0.08
    /// Strength of the order; the limit before the bill is risky.
    public var orderStrength: Double = 0.17
    /// Strength of the amounts; more out than in is risky.
    public var amountStrength: Double = 0.14
    /// Strength of the queries at the bureau that no loan follows; many are risky.
    public var refusedQueryStrength: Double = 0.22
    /// Strength of the balances missing at the bureau; many are risky.
    public var missingBalanceStrength: Double = 0.2
    /// Strength of the drift in the statements; upwards is risky.
    public var utilisationStrength: Double = 0.14
    /// Strength of the balance in service; low is risky.
    public var serviceStrength: Double = 0.45
    /// Correlation of the balance in service with the pages on repaying late that were seen before.
    public var foreseen: Double = 0.5
    /// Correlation of the balance in service with all else that counts before, which it shows and does not add to. The squares of both
    /// correlations add up to 1 at most.
    public var shown: Double = 0.5

    /// Applicants drawn to average over what is not known, the same for every seed. Those of the default leave `given_profile` and `given_app`
    /// uncertain by some 1 % of their value, and take a second.
    public var sample: Int = 16_384

    /// The defaults.
    public init(applicants: Int) { self.applicants = applicants }

    /// Fields and their values where a fraction is wanted.
    var shares: [(field: String, value: Double)] {
        [("credit.profileCurvature", profileCurvature), ("credit.foreseen", foreseen), ("credit.shown", shown)]
    }

    /// Other numbers, with their limits.
    var limits: [(field: String, value: Double, range: ClosedRange<Double>)] {
        [
            ("credit.applicants", Double(applicants), 1...10_000_000), ("credit.oldPerApplicant", oldPerApplicant, 0...100),
            ("credit.defaultRate", defaultRate, 0.001...0.5), ("credit.oldDefaultRate", oldDefaultRate, 0.001...0.5),
            ("credit.decisionDays", Double(decisionDays), 1...3650), ("credit.historyDays", Double(historyDays), 30...720),
            ("credit.meanSessions", meanSessions, 1...40), ("credit.meanBehaviours", meanBehaviours, 3...20),
            ("credit.codesPerOperation", Double(codesPerOperation), 1...50), ("credit.serviceDays", Double(serviceDays), 7...365),
            ("credit.sample", Double(sample), 64...1_000_000),
            ("credit.horizonDays", Double(horizonDays), 30...1095), ("credit.profileStrength", profileStrength, 0...3),
            ("credit.hesitationStrength", hesitationStrength, 0...3), ("credit.productHabitStrength", productHabitStrength, 0...3),
            ("credit.intentionStrength", intentionStrength, 0...3), ("credit.routineStrength", routineStrength, 0...3),
            ("credit.monthEndStrength", monthEndStrength, 0...3), ("credit.weekendStrength", weekendStrength, 0...3),
            ("credit.orderStrength", orderStrength, 0...3), ("credit.amountStrength", amountStrength, 0...3),
            ("credit.refusedQueryStrength", refusedQueryStrength, 0...3),
            ("credit.missingBalanceStrength", missingBalanceStrength, 0...3),
            ("credit.utilisationStrength", utilisationStrength, 0...3), ("credit.serviceStrength", serviceStrength, 0...3),
            ("credit.foreseen and credit.shown, squared and added", foreseen * foreseen + shown * shown, 0...1),
        ]
    }
}
