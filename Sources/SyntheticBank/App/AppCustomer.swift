#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Kinds of customers as a bank sorts them; a tile may be for some of them only.
public enum CustomerSegment: String, CaseIterable, Sendable, Codable {
    case student, standard, premier, business
}

/// A customer of the bank with the features a bank knows; drawn from a stream of its own, apart from what the customer's browsers do.
struct AppCustomer {
    static let ageBands = ["18-24", "25-34", "35-49", "50-64", "65+"]
    static let balanceBands = ["low", "medium", "high", "very-high"]
    static let regions = 8

    let number: Int
    var age: Int
    var segment: CustomerSegment
    var tenureYears: Int
    var balance: Int
    /// By place in `Product.allCases`; the last one, none, is never held.
    var holds: [Bool]
    var salaryPaidIn: Bool
    var region: Int
    /// How often the app is opened, against what is usual; log-normal with median 1.
    var activity: Double
    var loginsIn30Days: Int

    private static let ageSums = runningSums([0.16, 0.24, 0.28, 0.2, 0.12])
    private static let premier: [Double] = [0.02, 0.08, 0.16, 0.2, 0.18]
    private static let balanceSums: [CustomerSegment: [Float]] = [
        .student: runningSums([0.7, 0.25, 0.04, 0.01]), .standard: runningSums([0.35, 0.4, 0.2, 0.05]),
        .premier: runningSums([0.02, 0.18, 0.45, 0.35]), .business: runningSums([0.15, 0.35, 0.3, 0.2]),
    ]

    init(_ number: Int, seed: UInt64) {
        var source = SeededSource(seed: seed, stream: SeededSource.stream(number, .app, part: AppPart.features.rawValue))
        self.number = number
        age = source.draw(Self.ageSums)
        let isStudent = source.chance(age == 0 ? 0.6 : 0)
        let isPremier = source.chance(Self.premier[age])
        let isBusiness = source.chance(age == 0 ? 0.02 : 0.08)
        segment = isBusiness ? .business : isStudent ? .student : isPremier ? .premier : .standard
        tenureYears = source.index(below: [6, 12, 22, 32, 42][age])
        balance = source.draw(Self.balanceSums[segment]!)
        holds = []
        for product in ConversionTable.Product.allCases {
            let share: Double =
                switch product {
                case .currentAccount: 0.85
                case .card: age == 0 ? 0.2 : 0.45
                case .savings: 0.4
                case .deposit: [0.02, 0.08, 0.2, 0.3][balance]
                case .loan: [0.04, 0.16, 0.2, 0.14, 0.05][age]
                case .mortgage: [0, 0.14, 0.36, 0.28, 0.06][age]
                case .insurance: [0.06, 0.2, 0.34, 0.34, 0.26][age]
                case .investment: [0.03, 0.1, 0.24, 0.45][balance]
                case .business: segment == .business ? 0.8 : 0.01
                case .none: 0
                }
            holds.append(source.chance(share))
        }
        salaryPaidIn = source.chance([0.4, 0.7, 0.7, 0.6, 0.15][age])
        region = 1 + source.index(below: Self.regions)
        activity = exp(0.5 * source.normal())
        loginsIn30Days = Int((8 * activity * (0.7 + 0.6 * source.unit())).rounded())
    }

    /// What features add to the utility of a product.
    func pull(_ product: ConversionTable.Product) -> Double {
        let place = ConversionTable.Product.allCases.firstIndex(of: product)!
        return (ProductPull.ages[product]?[age] ?? 0) + (ProductPull.balances[product]?[balance] ?? 0)
            + (holds[place] ? ProductPull.held[product] ?? 0 : 0)
    }

    /// What features add to the utility of a tile.
    func pull(_ tile: HomeTile) -> Double { pull(tile.product) + tile.ages[age] }

    /// What the bank's production ranking believes features add: it knows ages and what is held, half as strongly as they pull, and no balance.
    func believedPull(_ tile: HomeTile) -> Double {
        let place = ConversionTable.Product.allCases.firstIndex(of: tile.product)!
        let ofProduct = (ProductPull.ages[tile.product]?[age] ?? 0) + (holds[place] ? ProductPull.held[tile.product] ?? 0 : 0)
        return 0.5 * (ofProduct + tile.ages[age])
    }

    /// Applications per day that follow no session, by place in `Product.allCases`; 0 for none.
    func applicationRates(_ assumptions: AppAssumptions) -> [Double] {
        ConversionTable.Product.allCases.map { product in
            guard let share = ProductPull.base[product] else { return 0 }
            return assumptions.baseApplications / 30 * share * exp(assumptions.featureStrength * pull(product))
        }
    }
}

/// Streams of random numbers of a customer or visitor on the app's side, each for one purpose.
enum AppPart: Int {
    case features, opens, homePages, decision, applications, hours, futures, links, sentLinks
}
