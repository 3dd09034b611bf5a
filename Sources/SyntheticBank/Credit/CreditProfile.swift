#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What an applicant tells and what the bank knows without the app: the person, the device, the product applied for. Nil where missing.
struct CreditProfile {
    static let educations = ["school", "vocational", "college", "university"]
    static let residences = ["owner", "mortgage", "tenant", "family"]
    static let systems = ["ios", "android", "other"]
    /// Loan products, in the order of the families of pages that make one used to them.
    static let products = ["cash", "card-instalment", "shopping", "fund-pledge", "premium", "deposit-pledge"]
    static let channels = ["app", "partner", "branch"]
    static let terms = [3, 6, 12, 24, 36]

    var age: Int
    var income: Int?
    var jobYears: Int?
    var education: Int
    var residence: Int
    var cityTier: Int
    var dependants: Int
    var customerMonths: Int
    var system: Int
    var devicePrice: Int?
    var deviceAgeMonths: Int?
    var product: Int
    var amount: Int
    var termMonths: Int
    var channel: Int

    private static let educationSums = runningSums([0.25, 0.25, 0.25, 0.25])
    private static let residenceSums = runningSums([0.25, 0.2, 0.35, 0.2])
    private static let systemSums = runningSums([0.35, 0.55, 0.1])
    private static let channelSums = runningSums([0.7, 0.2, 0.1])
    private static let termSums = runningSums([0.15, 0.25, 0.3, 0.2, 0.1])

    init(using source: inout SeededSource) {
        age = 20 + min(source.index(below: 28) + source.index(below: 20), 45)
        education = source.draw(Self.educationSums)
        residence = source.draw(Self.residenceSums)
        cityTier = 1 + source.index(below: 4)
        let earned = exp(7.9 + 0.15 * Double(education) - 0.08 * Double(cityTier) + 0.45 * source.normal())
        income = source.chance(0.12) ? nil : max(300, Int(earned / 10) * 10)
        let years = min(source.geometric(mean: 5), age - 19)
        jobYears = source.chance(0.08) ? nil : years
        dependants = min(source.geometric(mean: 0.9), 5)
        customerMonths = min(source.geometric(mean: 26), 180)
        system = source.draw(Self.systemSums)
        let price = Int(exp((system == 0 ? 6.6 : 5.6) + 0.4 * source.normal()) / 10) * 10
        devicePrice = source.chance(0.06) ? nil : price
        let months = min(source.geometric(mean: 20), 96)
        deviceAgeMonths = source.chance(0.06) ? nil : months
        product = source.index(below: Self.products.count)
        termMonths = Self.terms[source.draw(Self.termSums)]
        amount = max(5, Int(exp(8.3 + 0.02 * Double(termMonths) + 0.6 * source.normal()) / 100)) * 100
        channel = source.draw(Self.channelSums)
    }

    /// What a weighted sum of features and logarithms finds of the risk; in units of its own.
    var plainRisk: Double {
        var risk = 0.35 * (log(Double(amount)) - 8.6) / 0.65 + 0.15 * Double(cityTier - 2)
        if let income { risk -= 0.5 * (log(Double(income)) - 7.9) / 0.5 }
        if let jobYears { risk -= 0.2 * (log1p(Double(jobYears)) - 1.4) / 0.8 }
        risk -= 0.3 * (log1p(Double(customerMonths)) - 2.8) / 1.1
        return risk - 0.15 * (Double(education) - 1.5)
    }

    /// What it does not: ends of the age, missing values, and features that count together only.
    var curvedRisk: Double {
        var risk = age < 25 ? 0.9 : age > 55 ? 0.7 : 0
        let isCheap = devicePrice.map { $0 < 250 } ?? true
        if residence == 2 && isCheap { risk += 1.1 }
        if income == nil { risk += 0.7 }
        if let income, Double(amount) / Double(termMonths) > 0.3 * Double(income) { risk += 0.9 }
        if system == 2, let deviceAgeMonths, deviceAgeMonths > 18 { risk += 0.9 }
        if channel == 1 && termMonths >= 24 { risk += 0.8 }
        if dependants >= 2 && (residence == 2 || residence == 1) && (jobYears ?? 0) < 2 { risk += 0.7 }
        return risk
    }
}

extension SeededSource {
    /// A number from 0 whose logarithm of probability falls evenly.
    mutating func geometric(mean: Double) -> Int { Int(log(1 - unit()) / log(mean / (1 + mean))) }
}

/// Streams of random numbers of an applicant, each for one purpose; none is a stream of visitors.
enum CreditStream: UInt64 {
    case profile, traits, sessions, behaviours, bureau, statements, service, outcome, oldProfile, oldOutcome

    /// The applicant's numbers for this purpose.
    func source(of applicant: Int, seed: UInt64) -> SeededSource {
        SeededSource(seed: seed, stream: 1 << 62 | UInt64(applicant) << 4 | rawValue)
    }
}
