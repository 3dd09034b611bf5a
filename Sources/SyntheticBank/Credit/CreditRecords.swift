#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the credit bureau knows of an applicant before the decision: who asked, and which loans there are. Empty for thin files.
struct BureauRecords {
    static let lenders = ["bank", "consumer-finance", "card-issuer", "online"]
    /// Days in which a loan answers a query.
    static let answerDays: Int64 = 14

    /// A query, or a loan with amount and term; nil balance where the lender does not report it.
    struct Row {
        var time: Int64
        var isLoan: Bool
        var lender: Int
        var amount = 0
        var months = 0
        var balance: Int?
    }

    /// By time.
    var rows: [Row] = []

    init(_ traits: ApplicantTraits, before decision: Int64, using source: inout SeededSource) {
        if source.chance(0.08) { return }
        let answered = 1 / (1 + exp(-0.2 + 1.1 * traits.refusals))
        let unreported = 1 / (1 + exp(1.5 - 1.1 * traits.missing))
        func loan(_ time: Int64, _ lender: Int) -> Row {
            let amount = Int(exp(7.6 + 0.8 * source.normal()) / 100 + 1) * 100
            let share = source.chance(0.45) ? 0 : 1 - 0.9 * source.unit()
            let balance = source.chance(unreported) ? nil : Int(Double(amount) * share)
            return Row(
                time: time, isLoan: true, lender: lender, amount: amount, months: CreditProfile.terms[source.index(below: 5)],
                balance: balance)
        }
        func time(_ from: Double, _ to: Double) -> Int64 {
            decision - Int64((from + (to - from) * source.unit()) * Double(CalendarDay.milliseconds))
        }
        for _ in 0..<min(1 + source.geometric(mean: 5), 30) {
            // The answer to a query, if there is one, falls before the decision.
            let asked = time(15, 540), lender = source.index(below: Self.lenders.count)
            rows.append(Row(time: asked, isLoan: false, lender: lender))
            if source.chance(answered) { rows.append(loan(asked + Int64((0.5 + 13 * source.unit()) * 86_400_000), lender)) }
        }
        // Loans that nobody asked the bureau about, so that loans against queries say little.
        for _ in 0..<min(source.geometric(mean: 5), 15) { rows.append(loan(time(15, 900), source.index(below: Self.lenders.count))) }
        rows.sort { ($0.time, $0.lender, $0.isLoan ? 1 : 0) < ($1.time, $1.lender, $1.isLoan ? 1 : 0) }
    }

    /// Measures what these rows show.
    func measure(into signals: inout CreditSignals) {
        var (refused, missing) = (RunningMean(), RunningMean())
        for (place, row) in rows.enumerated() {
            if row.isLoan {
                missing.add(row.balance == nil ? 1 : 0)
            } else {
                let end = row.time + Self.answerDays * CalendarDay.milliseconds
                let answers = rows[(place + 1)...].prefix { $0.time <= end }
                refused.add(answers.contains { $0.isLoan && $0.lender == row.lender } ? 0 : 1)
            }
        }
        signals[.refusedQueries] = refused.mean
        signals[.missingBalances] = missing.mean
    }
}

/// Monthly statements before the decision, oldest first.
struct Statements {
    /// One month's.
    struct Row {
        /// Midnight (UTC) of the first day after the month.
        var time: Int64
        var limit: Int
        var balance: Int
        var due: Int
        /// Nil where the month's payment is not known.
        var paid: Int?
    }

    var rows: [Row] = []

    init(_ traits: ApplicantTraits, before decision: Int64, using source: inout SeededSource) {
        let count = source.chance(0.75) ? 12 : source.index(below: 12)
        let limit = (5 + source.index(below: 60)) * 100
        let level = 0.25 + 0.3 * source.unit()
        var day = CalendarDay.of(decision)
        for month in 0..<count {
            day -= CalendarDay.ofMonth(day) - 1
            let share = level + 0.02 * traits.drift * (5.5 - Double(month)) + 0.06 * source.normal()
            let balance = Int(Double(limit) * min(max(share, 0), 1.1))
            let due = balance / 10
            let paid = min(balance, due + Int(Double(balance - due) * source.unit() * source.unit()))
            rows.append(
                Row(
                    time: Int64(day) * CalendarDay.milliseconds, limit: limit, balance: balance, due: due,
                    paid: source.chance(0.05) ? nil : paid))
            day -= 1
        }
        rows.reverse()
    }

    /// Measures what these rows show; nothing where there are less than six months.
    func measure(into signals: inout CreditSignals) {
        guard rows.count >= 6 else { return }
        func mean(_ rows: ArraySlice<Row>) -> Double {
            rows.reduce(0) { $0 + Double($1.balance) / Double($1.limit) } / Double(rows.count)
        }
        signals[.utilisation] = mean(rows.suffix(3)) - mean(rows.dropLast(3))
    }
}

/// What is seen after the grant, by time.
struct ServiceRecords {
    static let operations = ["login", "balance", "instalment", "drawdown", "top-up", "reminder", "purchase"]
    private static let sums = runningSums([0.3, 0.2, 0.1, 0.1, 0.12, 0.06, 0.12])
    /// Mean and factor of the logarithm of the balance: what stands in the rows is `level - slope × (strain + noise)`.
    private static let level = 6.5
    private static let slope = 0.5

    /// One look of the bank at the account.
    struct Row {
        var time: Int64
        var operation: Int
        /// Hundredths; nil where no money moves.
        var cents: Int64?
        /// Hundredths.
        var balance: Int64
    }

    var rows: [Row] = []

    /// - Parameter strain: what the mean of the rows comes to; the noise of single rows is taken so that it adds nothing to it.
    init(strain: Double, from granted: Int64, days: Int, using source: inout SeededSource) {
        let count = 8 + source.geometric(mean: 14)
        let span = Double(days) * Double(CalendarDay.milliseconds)
        var times: [Int64] = []
        for _ in 0..<min(count, 120) { times.append(granted + 60_000 + Int64((span - 120_000) * source.unit())) }
        times.sort()
        let noise = times.map { _ in 2 * source.normal() }
        let mean = noise.reduce(0, +) / Double(noise.count)
        for (place, time) in times.enumerated() {
            let operation = source.draw(Self.sums)
            let balance = Self.level - Self.slope * (strain + noise[place] - mean)
            let moves = operation >= 2 && operation != 5
            rows.append(
                Row(
                    time: time, operation: operation, cents: moves ? Int64(exp(9 + 0.7 * source.normal())) : nil,
                    balance: Int64((exp(balance) * 100).rounded())))
        }
    }

    /// The strain that these rows show.
    var strain: Double {
        let mean = rows.reduce(0) { $0 + log(Double(max($1.balance, 1)) / 100) } / Double(rows.count)
        return (Self.level - mean) / Self.slope
    }
}
