internal import EventStream
internal import Glibc

/// How far decisions found sessions, and how those that did differ from those that did not.
public struct LinkSummary: Sendable, Equatable, Codable {
    /// The middle of some numbers and their spread; quartiles interpolate linearly between neighbours.
    public struct Distribution: Sendable, Equatable, Codable {
        /// The least.
        public let minimum: Double
        /// A quarter lies below.
        public let lowerQuartile: Double
        /// A half lies below.
        public let median: Double
        /// Three quarters lie below.
        public let upperQuartile: Double
        /// The greatest.
        public let maximum: Double

        /// Nil of no numbers.
        public init?(_ values: [Double]) {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            func quantile(_ share: Double) -> Double {
                let place = share * Double(sorted.count - 1)
                let low = Int(place)
                return sorted[low] + (sorted[min(low + 1, sorted.count - 1)] - sorted[low]) * (place - Double(low))
            }
            (minimum, maximum) = (sorted[0], sorted[sorted.count - 1])
            (lowerQuartile, median, upperQuartile) = (quantile(0.25), quantile(0.5), quantile(0.75))
        }
    }

    /// A feature of customers among matched and unmatched decisions.
    public struct Difference: Sendable, Equatable, Codable {
        /// The feature; a share of those with the value for `column=value`.
        public let name: String
        /// Its mean among decisions with a session.
        public let matched: Double
        /// Its mean among those without.
        public let unmatched: Double
        /// (matched − unmatched) / √((variance matched + variance unmatched) / 2), as in Austin (2009), equations 1 and 2; 0 where both are
        /// constant and equal. Beyond 0.1 the two are usually called different.
        public let standardised: Double
        /// Decisions without a value, which do not count above.
        public let missing: Int
    }

    /// How the sessions were shared out among customers.
    public let stitching: SessionCustomers.Counts
    /// Decisions (D).
    public let decisions: Int
    /// Different customers among them.
    public let customers: Int
    /// Decisions with at least one session.
    public let matched: Int
    /// Their share; 0 of no decisions.
    public let matchRate: Double
    /// Customers with at least one such decision.
    public let matchedCustomers: Int
    /// Decisions before the first event of the corpus: they cannot have a session.
    public let beforeData: Int
    /// Decisions after the last event of the corpus.
    public let afterData: Int
    /// Hours from the end of the latest session to a matched decision.
    public let delayHours: Distribution?
    /// Sessions of a matched decision.
    public let sessionsPerMatch: Distribution?
    /// Days that sessions count.
    public let windowDays: Double
    /// Features of customers, the most different first; empty where none were given.
    public let differences: [Difference]

    /// - Parameter features: names and floats `[D, names]` of the decisions' customers, NaN where missing.
    public init(
        _ linked: LinkedSessions, of decisions: Decisions, link: WebToAppLink, features: (names: [String], floats: [Float])? = nil
    ) {
        precondition(linked.count == decisions.count, "LinkSummary: links of \(linked.count) decisions for \(decisions.count)")
        let hasSession = (0..<decisions.count).map { !linked[$0].isEmpty }
        stitching = link.customers.counts
        windowDays = link.windowSeconds / 86_400
        self.decisions = decisions.count
        customers = Set(decisions.customers).count
        matched = hasSession.count { $0 }
        matchRate = decisions.count == 0 ? 0 : Double(matched) / Double(decisions.count)
        matchedCustomers = Set(decisions.customers.indices.filter { hasSession[$0] }.map { decisions.customers[$0] }).count
        var (first, last) = (Int64.max, Int64.min)
        for time in link.corpus.timesMicroseconds { (first, last) = (min(first, time), max(last, time)) }
        beforeData = decisions.times.count { $0 <= first }
        afterData = decisions.times.count { $0 > last }
        delayHours = Distribution(
            (0..<decisions.count).compactMap { decision in
                linked[decision].last.map { Double(decisions.times[decision] - link.ends[Int($0)]) / 3.6e9 }
            })
        sessionsPerMatch = Distribution((0..<decisions.count).filter { hasSession[$0] }.map { Double(linked[$0].count) })
        differences = features.map { Self.differences($0.names, $0.floats, hasSession) } ?? []
    }

    private static func differences(_ names: [String], _ floats: [Float], _ hasSession: [Bool]) -> [Difference] {
        precondition(
            floats.count == names.count * hasSession.count,
            "LinkSummary: \(floats.count) floats for \(hasSession.count) decisions of \(names.count)")
        let found = names.enumerated().compactMap { column, name -> Difference? in
            var parts: [[Double]] = [[], []]
            for (decision, matched) in hasSession.enumerated() {
                let value = floats[decision * names.count + column]
                if !value.isNaN { parts[matched ? 1 : 0].append(Double(value)) }
            }
            guard !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
            let moments = parts.map { values in
                let mean = values.reduce(0, +) / Double(values.count)
                return (mean: mean, variance: values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1)))
            }
            let difference = moments[1].mean - moments[0].mean
            let spread = ((moments[0].variance + moments[1].variance) / 2).squareRoot()
            return Difference(
                name: name, matched: moments[1].mean, unmatched: moments[0].mean,
                standardised: spread > 0 ? difference / spread : difference == 0 ? 0 : difference > 0 ? .infinity : -.infinity,
                missing: hasSession.count - parts[0].count - parts[1].count)
        }
        return found.enumerated().sorted { ($1.element.standardised.magnitude, $0.offset) < ($0.element.standardised.magnitude, $1.offset) }
            .map(\.element)
    }
}
