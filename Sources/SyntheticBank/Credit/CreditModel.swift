#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How likely an applicant falls overdue, by what is known.
struct CreditTruth {
    /// With everything in the files.
    var everything: Double
    /// With profile, app, bureau and statements.
    var preService: Double
    /// With profile and app.
    var app: Double
    /// With the profile alone.
    var profile: Double
}

/// From signals to the probability of falling overdue (a probit model), and what is left of it when less is known.
///
/// P(overdue | everything) = Φ(a + D + serviceStrength × (strain − shown × D / deviation of D)), where D = profile + Σ weight × signal is what
/// disposes an applicant, strain = foreseen × foretelling + shown × D / deviation of D + √(1 − foreseen² − shown²) × new, and new is standard
/// normal and independent of all else. So P(overdue | before the service) is Φ((a + D + serviceStrength × foreseen × foretelling) / σ) with
/// σ² = 1 + serviceStrength² (1 − foreseen² − shown²): what the service shows of D it does not add. What is unknown besides is averaged over a
/// fixed sample of drawn applicants, which is the same for every seed; means and deviations come from it, too.
struct CreditModel {
    private static let sampleSeed: UInt64 = 0x7E55_E2A_C2ED_17
    /// Standardised signals are held here.
    private static let bound = 3.0

    let assumptions: CreditAssumptions
    private let weights: [Double]
    private var means: [Double]
    private var deviations: [Double]
    private var familyDeviation = 1.0
    private var profileScale = (plainMean: 0.0, plainDeviation: 1.0, curvedMean: 0.0, curvedDeviation: 1.0)
    private let sigma: Double
    /// Share of the strain that nothing foretells, as a deviation.
    private let unforeseen: Double
    private var dispositionDeviation = 1.0
    private var intercept = 0.0
    private var oldIntercept = 0.0
    /// Φ((x + unknown) / σ) averaged over the sample: with nothing but the profile, and without bureau and statements.
    private var ofProfile: AveragedProbability
    private var ofApp: AveragedProbability

    /// Standard normal distribution function.
    static func phi(_ value: Double) -> Double { 0.5 * erfc(-value * 0.5.squareRoot()) }

    init(_ source: ApplicantSource) {
        let assumptions = source.assumptions
        self.assumptions = assumptions
        weights = CreditSignal.allCases.map { $0.weight(assumptions) }
        unforeseen = max(0, 1 - assumptions.foreseen * assumptions.foreseen - assumptions.shown * assumptions.shown).squareRoot()
        let new = assumptions.serviceStrength * unforeseen
        sigma = (1 + new * new).squareRoot()
        (means, deviations) = ([], [])
        (ofProfile, ofApp) = (AveragedProbability(), AveragedProbability())
        var history = AppHistory()
        var sample: [(profile: CreditProfile, signals: CreditSignals)] = []
        for number in 0..<assumptions.sample {
            let applicant = source.records(number, seed: Self.sampleSeed, &history)
            sample.append((applicant.profile, applicant.signals))
        }
        for signal in CreditSignal.allCases {
            let (mean, deviation) = Self.moments(sample.map { $0.signals[signal] })
            means.append(mean)
            deviations.append(deviation)
        }
        // No family is more usual than another, so their shares have one mean and one deviation.
        familyDeviation = Self.moments(sample.flatMap(\.signals.families)).deviation
        (profileScale.plainMean, profileScale.plainDeviation) = Self.moments(sample.map { $0.profile.plainRisk })
        (profileScale.curvedMean, profileScale.curvedDeviation) = Self.moments(sample.map { $0.profile.curvedRisk })
        let standard = sample.map { standardised($0.signals) }
        dispositionDeviation = Self.moments(zip(sample, standard).map { disposition($0.profile, $1) }).deviation
        let outside = standard.map { signals in sum(signals) { !$0.isOfApp } }
        for part in outside { ofApp.add(part) }
        ofApp.average(sigma)
        // App and bureau are independent, and no product's family differs from another's: each app history serves once for each product.
        for (number, signals) in standard.enumerated() {
            let own = sum(signals, \.isOfApp)
            for product in CreditProfile.products.indices {
                ofProfile.add(own + productPart(signals, product) + outside[(number + product) % outside.count])
            }
        }
        ofProfile.average(sigma)
        let profiles = sample.map { profilePart($0.profile) }
        intercept = bound(meeting: assumptions.defaultRate, profiles)
        oldIntercept = bound(meeting: assumptions.oldDefaultRate, profiles)
    }

    private static func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
        let known = values.filter { !$0.isNaN }
        guard !known.isEmpty else { return (0, 1) }
        let mean = known.reduce(0, +) / Double(known.count)
        let variance = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(known.count)
        return (mean, variance > 1e-12 ? variance.squareRoot() : 1)
    }

    /// The number that, added to all, makes the mean probability of these profiles `rate`; by halving.
    private func bound(meeting rate: Double, _ profiles: [Double]) -> Double {
        var (low, high) = (-12.0, 12.0)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            let sum = profiles.reduce(0) { $0 + ofProfile.probability(middle + $1) }
            if sum / Double(profiles.count) < rate { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// Mean 0, deviation 1, 0 where nothing was measured, held at the bound. Families keep all shares.
    func standardised(_ signals: CreditSignals) -> CreditSignals {
        var standard = signals
        for signal in CreditSignal.allCases where signal != .service {
            let value = (signals[signal] - means[signal.rawValue]) / deviations[signal.rawValue]
            standard[signal] = value.isNaN ? 0 : min(max(value, -Self.bound), Self.bound)
        }
        let even = 1 / Double(AppOperation.families.count)
        standard.families = signals.families.map { min(max(($0 - even) / familyDeviation, -Self.bound), Self.bound) }
        return standard
    }

    /// The standardised share of the product's family.
    func productHabit(_ standard: CreditSignals, _ product: Int) -> Double { standard.families.isEmpty ? 0 : standard.families[product] }

    private func productPart(_ standard: CreditSignals, _ product: Int) -> Double {
        weights[CreditSignal.productHabit.rawValue] * productHabit(standard, product)
    }

    /// D: what disposes an applicant.
    private func disposition(_ profile: CreditProfile, _ standard: CreditSignals) -> Double {
        profilePart(profile) + sum(standard) { $0 != .foretelling } + productPart(standard, profile.product)
    }

    private func sum(_ standard: CreditSignals, _ counts: (CreditSignal) -> Bool) -> Double {
        var sum = 0.0
        for signal in CreditSignal.allCases where signal != .productHabit && counts(signal) {
            sum +=
                signal == .foretelling
                ? assumptions.serviceStrength * assumptions.foreseen * standard[signal]
                : signal == .service ? 0 : weights[signal.rawValue] * standard[signal]
        }
        return sum
    }

    /// The profile's part of the liability, `profileStrength` times something of mean 0 and deviation 1.
    func profilePart(_ profile: CreditProfile) -> Double {
        let plain = (profile.plainRisk - profileScale.plainMean) / profileScale.plainDeviation
        let curved = (profile.curvedRisk - profileScale.curvedMean) / profileScale.curvedDeviation
        let share = assumptions.profileCurvature
        return assumptions.profileStrength * ((1 - share).squareRoot() * plain + share.squareRoot() * curved)
    }

    private func foretold(_ profile: CreditProfile, _ standard: CreditSignals) -> Double {
        assumptions.foreseen * standard[.foretelling] + assumptions.shown * disposition(profile, standard) / dispositionDeviation
    }

    /// How low the balance in service stands for this part that nothing foretells (standard normal).
    func strain(_ profile: CreditProfile, _ standard: CreditSignals, new: Double) -> Double {
        foretold(profile, standard) + unforeseen * new
    }

    /// - Parameter standard: with what was seen in service, in units of its strain.
    func truth(_ profile: CreditProfile, _ standard: CreditSignals) -> CreditTruth {
        let base = intercept + profilePart(profile)
        let own = base + sum(standard, \.isOfApp) + productPart(standard, profile.product)
        let before = own + sum(standard) { !$0.isOfApp }
        let all = before + assumptions.serviceStrength * (standard[.service] - foretold(profile, standard))
        return CreditTruth(
            everything: Self.phi(all), preService: Self.phi(before / sigma), app: ofApp.probability(own),
            profile: ofProfile.probability(base))
    }

    /// With the profile alone, in the days of the old applicants.
    func oldProbability(_ profile: CreditProfile) -> Double {
        ofProfile.probability(oldIntercept + profilePart(profile))
    }
}

/// x → mean of Φ((x + part) / σ) over parts, from a table between -12 and 12 with straight lines between its points.
struct AveragedProbability {
    private static let last = 480
    /// Parts fall on points of this grid, each shared out between its neighbours so that its place is kept in the mean.
    private static let cells = 1200
    private var shares = [Double](repeating: 0, count: cells + 1)
    private var table: [Double] = []

    /// Where `value` lies on a grid of `last` steps between -12 and 12.
    private static func place(_ value: Double, _ last: Int) -> (lower: Int, share: Double) {
        let point = min(max((value + 12) / 24, 0), 1) * Double(last)
        let lower = min(Int(point), last - 1)
        return (lower, point - Double(lower))
    }

    mutating func add(_ part: Double) {
        let (lower, share) = Self.place(part, Self.cells)
        shares[lower] += 1 - share
        shares[lower + 1] += share
    }

    /// Makes the table of what was added.
    mutating func average(_ sigma: Double) {
        let total = shares.reduce(0, +)
        let used = shares.indices.filter { shares[$0] > 0 }
        table = (0...Self.last).map { point in
            let x = 24 * Double(point) / Double(Self.last) - 12
            return used.reduce(0) { sum, cell in
                sum + shares[cell] * CreditModel.phi((x + 24 * Double(cell) / Double(Self.cells) - 12) / sigma)
            } / total
        }
    }

    func probability(_ x: Double) -> Double {
        let (lower, share) = Self.place(x, Self.last)
        return table[lower] * (1 - share) + table[lower + 1] * share
    }
}
