/// Which product is applied for within 30 days of a session that pursued a need: the assumption behind `truth/conversions.csv`.
///
/// A row holds probabilities of products; what is missing to 1 is no application. Read: of 100 sessions that compare cards, 62 are followed
/// by an application for a card, four by one for a current account, three for a loan, and 31 by none. Idle browsing has
/// ``ConversionAssumptions/idleFactor`` times these, and a little noise lies over all. Sessions are drawn one by one: two sessions of one
/// visitor may each be followed by an application, which then are two.
public enum ConversionTable {
    /// Families of products.
    public enum Product: String, CaseIterable, Sendable, Codable {
        case card
        case currentAccount = "current-account"
        case savings, deposit, loan, mortgage, insurance, investment, business
        /// Nothing within 30 days.
        case none
    }

    /// The last day after the session that is looked at; the day of the session is 0.
    public static let horizonDays = 30

    /// By need: what follows, and how often.
    public static let rows: [String: [Product: Float]] = [
        // Cards and accounts.
        "card-compare": [.card: 0.62, .currentAccount: 0.04, .loan: 0.03],
        "card-preapproval": [.card: 0.66, .loan: 0.06],
        "card-apply": [.card: 0.88],
        "card-balance-transfer": [.card: 0.56, .loan: 0.16],
        "open-account": [.currentAccount: 0.76, .savings: 0.06, .card: 0.04],
        "switch-account": [.currentAccount: 0.68, .savings: 0.05],
        "overdraft-help": [.loan: 0.22, .currentAccount: 0.12, .card: 0.06],
        "student-account": [.currentAccount: 0.66, .card: 0.06],
        // Savings and investments.
        "compare-term-deposits": [.deposit: 0.52, .savings: 0.18, .investment: 0.04],
        "deposit-maturity": [.deposit: 0.5, .savings: 0.14, .investment: 0.1],
        "open-savings": [.savings: 0.72, .deposit: 0.06, .currentAccount: 0.04],
        "start-investing": [.investment: 0.42, .savings: 0.12],
        "fund-research": [.investment: 0.64],
        "pension-transfer": [.investment: 0.44],
        // Home and borrowing.
        "mortgage-research": [.mortgage: 0.24, .savings: 0.06, .insurance: 0.04],
        "mortgage-affordability": [.mortgage: 0.48, .insurance: 0.05, .loan: 0.03],
        "first-home": [.mortgage: 0.44, .savings: 0.18, .insurance: 0.05],
        "remortgage": [.mortgage: 0.66, .insurance: 0.05],
        "home-insurance": [.insurance: 0.72, .mortgage: 0.03],
        "loan-calculate": [.loan: 0.52, .card: 0.06],
        "loan-apply": [.loan: 0.86],
        "debt-consolidation": [.loan: 0.56, .card: 0.1],
        "car-loan": [.loan: 0.62, .insurance: 0.08],
        // Journeys and business.
        "travel-insurance": [.insurance: 0.74, .card: 0.04],
        "travel-money": [.card: 0.26, .insurance: 0.14],
        "international-transfer": [.currentAccount: 0.14, .business: 0.05],
        "business-account": [.business: 0.72, .card: 0.04],
        "merchant-services": [.business: 0.62, .loan: 0.05],
        // Service: hardly anything is bought.
        "lost-card": [.card: 0.06],
        "login-problem": [.savings: 0.02, .card: 0.02],
        "find-branch": [.currentAccount: 0.05, .mortgage: 0.02],
        "contact-support": [.card: 0.02, .currentAccount: 0.02],
        "report-fraud": [.insurance: 0.02],
        "make-complaint": [:],
        "job-search": [:],
    ]
}

/// The table compiled: what is drawn for each session.
struct ConversionSource {
    private let seed: UInt64
    private let noise: Double
    /// Running sums over all products by need, those of pursuits first.
    private let goalSums: [[Float]]
    private let idleSums: [[Float]]
    /// Running sums of the shares of products among all applications.
    private let productSums: [Float]

    init(_ configuration: BankConfiguration, _ tables: NeedTables, seed: UInt64) {
        self.seed = seed
        noise = configuration.conversion.noise
        var overall = [Float](repeating: 0, count: ConversionTable.Product.allCases.count)
        var rows: [[Float]] = []
        for (k, need) in tables.needs.enumerated() {
            guard let chances = ConversionTable.rows[need.id] else { preconditionFailure("ConversionTable: no row for \(need.id)") }
            var row = ConversionTable.Product.allCases.map { chances[$0] ?? 0 }
            for place in row.indices { overall[place] += tables.prior[k] * row[place] }
            row[row.count - 1] = 1 - row.reduce(0, +)
            rows.append(row)
        }
        let idle = Float(configuration.conversion.idleFactor)
        goalSums = rows.map(runningSums)
        idleSums = rows.map { row in
            let scaled = row.dropLast().map { $0 * idle }
            return runningSums(scaled + [1 - scaled.reduce(0, +)])
        }
        productSums = runningSums(overall)
    }

    /// Probabilities of all products, none last, after a session of this need and kind.
    func probabilities(need: Int, isGoal: Bool) -> [Double] {
        func shares(_ sums: [Float]) -> [Double] {
            let total = Double(sums[sums.count - 1])
            return sums.indices.map { Double(sums[$0] - ($0 == 0 ? 0 : sums[$0 - 1])) / total }
        }
        return zip(shares((isGoal ? goalSums : idleSums)[need]), shares(productSums)).map { (1 - noise) * $0 + noise * $1 }
    }

    /// Of how many even draws of a day, from 0 to ``ConversionTable/horizonDays``, the smallest is taken.
    static func dayDraws(isGoal: Bool) -> Int { isGoal ? 3 : 2 }

    /// What follows each session of a person: the product, and for an application the days until then.
    func conversions(of visitor: SimulatedVisitor) -> [(product: ConversionTable.Product, days: Int?)] {
        // No logarithm and no power is needed here, so the file is the same on every machine.
        var source = SeededSource(seed: seed, stream: SeededSource.stream(visitor.number, .conversions))
        return visitor.sessions.map { session in
            let isGoal = session.mode == .goal
            let isNoise = source.chance(noise)
            let place = source.draw(isNoise ? productSums : (isGoal ? goalSums : idleSums)[session.need])
            let product = ConversionTable.Product.allCases[place]
            // Soon rather than late: the smallest of some even draws, of one more where the need was pursued.
            var days = source.index(below: ConversionTable.horizonDays + 1)
            for _ in 1..<Self.dayDraws(isGoal: isGoal) { days = min(days, source.index(below: ConversionTable.horizonDays + 1)) }
            return (product, product == .none ? nil : days)
        }
    }
}
