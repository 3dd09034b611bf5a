internal import Audit
internal import Glibc

/// Labelled sessions of which the truth is known: synthetic, made without the library that is tried on them.
///
/// Each session shows each intent by chance, at its prevalence. A score tells present from absent by `quality` standard deviations; its
/// probability is calibrated, and from 0.45 on the intent is given, from 0.1 on it is possible.
struct SimulatedLabels {
    /// What a population is like.
    struct Kind {
        let name: String
        let sessions: Int
        let prevalences: [Double]
        let quality: Double
        /// Sessions drawn, and at least of each intent.
        let size: Int
        let perIntent: Int
        /// Values of a slice; 1 for none.
        var slices = 1
        /// How much surer the classifier says it is than it is: 1 where its probabilities are right.
        var overconfidence = 1.0
        /// Between which shares of the sessions drawn are answered for, another share for each review; nil where all are.
        var answered: ClosedRange<Double>?
        /// Whether only a handful is left unjudged. Of so few a count is right or wrong by whole items, so that no interval can hold the
        /// truth in just 95 of 100 reviews: it may do so more often.
        var leavesFew = false

        var intents: [ReviewDesign.Intent] {
            prevalences.indices.map { ReviewDesign.Intent(id: "intent-\($0 + 1)", name: "Intent \($0 + 1)", definition: "Synthetic.") }
        }
    }

    static let kinds = [
        Kind(name: "small", sessions: 500, prevalences: [0.3, 0.2, 0.1], quality: 2.5, size: 100, perIntent: 15),
        Kind(name: "middling", sessions: 4000, prevalences: [0.25, 0.15, 0.1, 0.05, 0.02], quality: 3, size: 300, perIntent: 20),
        Kind(name: "rare intents", sessions: 20000, prevalences: [0.2, 0.1, 0.03, 0.01, 0.004], quality: 3.5, size: 400, perIntent: 25),
        Kind(name: "nearly perfect", sessions: 3000, prevalences: [0.3, 0.2, 0.1], quality: 5, size: 200, perIntent: 20),
        Kind(name: "poor", sessions: 3000, prevalences: [0.3, 0.2, 0.1], quality: 1.5, size: 200, perIntent: 20),
        Kind(name: "few verdicts", sessions: 2000, prevalences: [0.2, 0.1, 0.05], quality: 2.5, size: 60, perIntent: 8),
        Kind(name: "by device", sessions: 5000, prevalences: [0.2, 0.15, 0.1, 0.05], quality: 3, size: 300, perIntent: 25, slices: 3),
        Kind(
            name: "overconfident", sessions: 4000, prevalences: [0.25, 0.15, 0.05], quality: 2.5, size: 250, perIntent: 20,
            overconfidence: 2),
        Kind(
            name: "judged nearly whole", sessions: 300, prevalences: [0.3, 0.2], quality: 2.5, size: 200, perIntent: 60, leavesFew: true),
        Kind(
            name: "sparsely answered", sessions: 4000, prevalences: [0.25, 0.15, 0.1, 0.05], quality: 2.5, size: 300, perIntent: 25,
            answered: 0.05...0.3),
        // Five labels and a hundred slices: most strata have one session or two.
        Kind(
            name: "strata of one or two, sparsely answered", sessions: 600, prevalences: [0.3, 0.2, 0.1, 0.05], quality: 2.5, size: 550,
            perIntent: 0, slices: 100, answered: 0.05...0.3),
    ]

    /// As the labels tell it.
    let population: ReviewPopulation
    /// Whether a session shows an intent.
    let truth: [String: [Bool]]
    /// Whether reviewers who err would find that it does, could they see all sessions.
    let found: [String: [Bool]]
    /// Sessions that somebody answers for, where some do not come back: 7 of 10, or the kind's share.
    let answered: Set<String>

    init(_ kind: Kind, seed: UInt64) {
        var random = SimulatedChance(seed: seed)
        var items: [LabelledItem] = [], answered: Set<String> = []
        var truth: [String: [Bool]] = [:], found: [String: [Bool]] = [:]
        let share = kind.answered.map { $0.lowerBound + ($0.upperBound - $0.lowerBound) * random.uniform() } ?? 0.7
        for number in 0..<kind.sessions {
            let id = "s\(number)"
            var present: [Bool] = [], given: [LabelledItem.Given] = [], possible: [String] = [], nearest = 0.0
            for (k, prevalence) in kind.prevalences.enumerated() {
                let shows = random.uniform() < prevalence
                present.append(shows)
                let d = kind.quality
                let evidence = (shows ? d * d / 2 : -d * d / 2) + d * random.normal()
                let probability = 1 / (1 + exp(-kind.overconfidence * (log(prevalence / (1 - prevalence)) + evidence)))
                if probability >= 0.45 {
                    given.append(.init("intent-\(k + 1)", probability: probability))
                } else {
                    nearest = max(nearest, probability)
                    if probability >= 0.1 { possible.append("intent-\(k + 1)") }
                }
            }
            items.append(
                LabelledItem(
                    id, given: given.sorted { $0.probability > $1.probability }, possible: possible, nearest: nearest,
                    slice: kind.slices > 1 ? "slice \(Int(random.uniform() * Double(kind.slices)))" : ""))
            truth[id] = present
            // Three reviewers, each wrong on one intent in twelve; the majority holds.
            found[id] = present.map { shows in
                let wrong = (0..<3).count { _ in random.uniform() < 1.0 / 12 }
                return wrong >= 2 ? !shows : shows
            }
            if random.uniform() < share { answered.insert(id) }
        }
        population = ReviewPopulation(
            items,
            source: .init(
                kind: "labels", name: "simulated", digest: "", classifier: "", taxonomy: "", taxonomyDigest: "", superseded: 0))
        (self.truth, self.found, self.answered) = (truth, found, answered)
    }

    /// True precision and recall of an intent by what sessions show; nil where there are none.
    func shares(_ k: Int, _ shown: [String: [Bool]]) -> (precision: Double?, recall: Double?) {
        var (given, present, both) = (0, 0, 0)
        for item in population.items {
            let isGiven = item.given.contains { $0.intent == "intent-\(k + 1)" }, isPresent = shown[item.session]![k]
            if isGiven { given += 1 }
            if isPresent { present += 1 }
            if isGiven, isPresent { both += 1 }
        }
        return (given > 0 ? Double(both) / Double(given) : nil, present > 0 ? Double(both) / Double(present) : nil)
    }
}

/// Random numbers of a simulation (SplitMix64). Seeds are stirred first: left as they are, those of neighbours would give the same numbers,
/// one place further on.
private struct SimulatedChance {
    private var state: UInt64

    init(seed: UInt64) { state = Self.stirred(seed &+ 0x9E37_79B9_7F4A_7C15) }

    private static func stirred(_ number: UInt64) -> UInt64 {
        var z = number
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Double(Self.stirred(state) >> 11) * 0x1p-53
    }

    /// Box and Muller's (1958).
    mutating func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }
}
