/// One tile of the app's home page.
public struct HomeTile: Sendable, Equatable {
    /// What is promised: an offer, or a service one already has.
    public enum Kind: String, Sendable, Codable {
        case offer, service
    }

    /// Key in every file.
    public let id: String
    /// What is offered; ``ConversionTable/Product/none`` for services.
    public let product: ConversionTable.Product
    /// Offer or service.
    public let kind: Kind
    /// Appears late in the period (``AppAssumptions/newTilesFrom``).
    public let isNew: Bool
    /// Only customers of these segments can get it.
    public let segments: [CustomerSegment]
    /// Utility for everybody.
    public let popularity: Double
    /// Added to the utility by age band, beside what its product adds.
    public let ages: [Double]

    init(
        _ id: String, _ product: ConversionTable.Product, _ segments: [CustomerSegment], isNew: Bool = false, popularity: Double,
        ages: [Double] = [0, 0, 0, 0, 0]
    ) {
        (self.id, self.product, self.segments, self.isNew) = (id, product, segments, isNew)
        (self.popularity, self.ages) = (popularity, ages)
        kind = product == .none ? .service : .offer
    }
}

/// The tiles of the home page, and how each need draws to them.
public enum TileCatalogue {
    /// Every tile, in the order of `app/tiles.csv`. Cards, savings, loans, insurance and investments have two, for different people.
    public static let all: [HomeTile] = [
        HomeTile("card-cashback", .card, [.standard, .premier, .business], popularity: 0.4),
        HomeTile("card-student", .card, [.student], popularity: 0.4),
        HomeTile("account-switch", .currentAccount, CustomerSegment.allCases, popularity: -0.1),
        HomeTile("savings-instant", .savings, CustomerSegment.allCases, popularity: 0.3, ages: [0, 0, 0, 0.2, 0.3]),
        HomeTile("savings-goal", .savings, [.student, .standard], popularity: 0.2, ages: [0.5, 0.4, 0, -0.3, -0.5]),
        HomeTile("deposit-fixed", .deposit, [.standard, .premier, .business], popularity: 0),
        HomeTile("loan-personal", .loan, [.standard, .premier], popularity: 0.1),
        HomeTile("loan-car", .loan, [.student, .standard, .premier], isNew: true, popularity: 0.1, ages: [0.3, 0.3, 0, 0, -0.3]),
        HomeTile("mortgage-rates", .mortgage, [.standard, .premier], popularity: 0),
        HomeTile("insurance-home", .insurance, [.standard, .premier, .business], popularity: 0, ages: [-0.6, -0.1, 0.3, 0.3, 0.2]),
        HomeTile("insurance-travel", .insurance, CustomerSegment.allCases, isNew: true, popularity: 0.1, ages: [0.3, 0.2, 0, 0, -0.1]),
        HomeTile("investment-start", .investment, [.student, .standard], popularity: 0, ages: [0.2, 0.3, 0.1, -0.1, -0.4]),
        HomeTile("investment-portfolio", .investment, [.premier, .business], popularity: 0.2),
        HomeTile("business-account", .business, [.standard, .premier, .business], popularity: -0.5),
        HomeTile("statements", .none, CustomerSegment.allCases, popularity: 0.5, ages: [-0.3, -0.1, 0, 0.2, 0.4]),
        HomeTile("security", .none, CustomerSegment.allCases, popularity: 0, ages: [-0.1, 0, 0, 0.1, 0.3]),
    ]

    /// Every segment has at least this many tiles on any day.
    static let fewest = 6

    /// How each need draws to tiles: 1 in full, nothing where no number stands.
    public static let affinity: [String: [String: Double]] = [
        // Cards and accounts.
        "card-compare": ["card-cashback": 1, "card-student": 1],
        "card-preapproval": ["card-cashback": 1, "card-student": 1, "loan-personal": 0.2],
        "card-apply": ["card-cashback": 1, "card-student": 1],
        "card-balance-transfer": ["card-cashback": 0.7, "card-student": 0.5, "loan-personal": 0.8],
        "open-account": ["account-switch": 1, "savings-instant": 0.3],
        "switch-account": ["account-switch": 1],
        "overdraft-help": ["loan-personal": 0.8, "account-switch": 0.4, "statements": 0.6],
        "student-account": ["account-switch": 0.8, "card-student": 0.8, "savings-goal": 0.3],
        // Savings and investments.
        "compare-term-deposits": ["deposit-fixed": 1, "savings-instant": 0.5],
        "deposit-maturity": ["deposit-fixed": 0.9, "savings-instant": 0.5, "investment-portfolio": 0.4, "statements": 0.3],
        "open-savings": ["savings-instant": 1, "savings-goal": 0.8, "deposit-fixed": 0.2],
        "start-investing": ["investment-start": 1, "investment-portfolio": 0.7, "savings-goal": 0.3],
        "fund-research": ["investment-portfolio": 1, "investment-start": 0.7],
        "pension-transfer": ["investment-portfolio": 0.9, "investment-start": 0.6, "deposit-fixed": 0.3],
        // Home and borrowing.
        "mortgage-research": ["mortgage-rates": 1, "savings-goal": 0.3],
        "mortgage-affordability": ["mortgage-rates": 1, "loan-personal": 0.2],
        "first-home": ["mortgage-rates": 1, "savings-goal": 0.6, "insurance-home": 0.3],
        "remortgage": ["mortgage-rates": 1, "insurance-home": 0.2],
        "home-insurance": ["insurance-home": 1, "mortgage-rates": 0.1],
        "loan-calculate": ["loan-personal": 1, "loan-car": 0.5],
        "loan-apply": ["loan-personal": 1, "loan-car": 0.4],
        "debt-consolidation": ["loan-personal": 1, "card-cashback": 0.3, "statements": 0.2],
        "car-loan": ["loan-car": 1, "loan-personal": 0.6],
        // Journeys and business.
        "travel-insurance": ["insurance-travel": 1, "insurance-home": 0.3, "card-cashback": 0.2],
        "travel-money": ["insurance-travel": 0.7, "card-cashback": 0.6, "card-student": 0.6],
        "international-transfer": ["account-switch": 0.5, "statements": 0.5, "business-account": 0.3],
        "business-account": ["business-account": 1],
        "merchant-services": ["business-account": 0.9, "loan-personal": 0.2],
        // Service.
        "lost-card": ["security": 1, "card-cashback": 0.2, "card-student": 0.2],
        "login-problem": ["security": 0.8, "statements": 0.4],
        "find-branch": ["statements": 0.3],
        "contact-support": ["statements": 0.5, "security": 0.4],
        "report-fraud": ["security": 1, "statements": 0.5],
        "make-complaint": ["statements": 0.7],
        "job-search": [:],
    ]
}

/// What draws people of some ages and balances to a product, on the home page as in applications; in units of utility.
public enum ProductPull {
    /// By age band, youngest first.
    static let ages: [ConversionTable.Product: [Double]] = [
        .card: [0.3, 0.3, 0.1, -0.2, -0.4], .currentAccount: [0.5, 0.2, 0, -0.2, -0.4], .savings: [0, 0.1, 0.1, 0.1, 0],
        .deposit: [-0.8, -0.4, 0, 0.4, 0.7], .loan: [0, 0.4, 0.3, -0.1, -0.7], .mortgage: [-0.9, 0.7, 0.5, -0.3, -0.9],
        .insurance: [-0.3, 0, 0.2, 0.2, 0], .investment: [-0.2, 0.1, 0.2, 0.2, 0], .business: [-0.4, 0.1, 0.3, 0.1, -0.4],
    ]
    /// By balance band, lowest first.
    static let balances: [ConversionTable.Product: [Double]] = [
        .card: [0.2, 0.1, -0.1, -0.2], .savings: [-0.3, 0.2, 0.2, -0.1], .deposit: [-0.8, -0.2, 0.4, 0.7], .loan: [0.5, 0.2, -0.3, -0.8],
        .mortgage: [-0.4, 0.1, 0.2, 0], .investment: [-0.8, -0.2, 0.4, 0.8],
    ]
    /// For customers who hold the product already.
    static let held: [ConversionTable.Product: Double] = [
        .card: -0.7, .currentAccount: -0.7, .savings: -0.3, .deposit: 0.4, .loan: -0.3, .mortgage: -0.6, .insurance: -0.4,
        .investment: 0.4, .business: -0.5,
    ]
    /// Share of each product among applications of customers of whom no feature pulls.
    static let base: [ConversionTable.Product: Double] = [
        .card: 0.22, .currentAccount: 0.08, .savings: 0.2, .deposit: 0.1, .loan: 0.14, .mortgage: 0.06, .insurance: 0.1, .investment: 0.08,
        .business: 0.02,
    ]
}
