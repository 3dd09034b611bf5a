#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One home page as shown, with its hidden truth. Arrays run over positions, from the first.
struct HomePageImpression {
    /// Indices into ``TileCatalogue/all``.
    var tiles: [Int]
    /// The logging policy's probability of each tile standing first.
    var probabilities: [Double]
    /// Place of the clicked tile.
    var clicked: Int?
    /// Shares of the tiles in attraction: the probability of each being the clicked one where all positions are examined alike.
    var shares: [Double]
    /// The same where the need is only known as far as linked sessions show it; nil without a reference.
    var referenceShares: [Double]?
}

/// The need behind the latest web session before a home page, and how far it still counts.
struct RecentNeed {
    var need: Int
    /// Factor of the affinity: ``AppAssumptions/intentStrength`` halved with every half-life since.
    var strength: Double
}

/// Draws home pages: the policy that orders tiles, and the customer who clicks.
struct HomePage {
    private let assumptions: AppAssumptions
    private let newFrom: Int64
    /// Affinities by need and tile.
    private let affinity: [[Double]]
    private let examination: [Double]

    init(_ configuration: BankConfiguration, _ tables: NeedTables, newFrom: Int64) {
        assumptions = configuration.app
        self.newFrom = newFrom
        affinity = tables.needs.map { need in
            guard let row = TileCatalogue.affinity[need.id] else { preconditionFailure("TileCatalogue: no affinities of \(need.id)") }
            return TileCatalogue.all.map { row[$0.id] ?? 0 }
        }
        let exponent = configuration.app.examinationExponent
        examination = (1...TileCatalogue.fewest).map { pow(Double($0), -exponent) }
    }

    /// How far the need of a session still counts after some milliseconds.
    func strength(after age: Int64) -> Double {
        assumptions.intentStrength * exp2(-Double(age) / 86_400_000 / assumptions.intentHalfLifeDays)
    }

    /// One home page.
    /// - Parameter known: of the latest linked session, probabilities of its need and how far it counts; nil if none is linked.
    func draw(
        _ customer: AppCustomer, at time: Int64, _ recent: RecentNeed?, known: (needs: [Double], strength: Double)?, hasReference: Bool,
        using source: inout SeededSource
    ) -> HomePageImpression {
        let all = TileCatalogue.all
        let eligible = all.indices.filter { all[$0].segments.contains(customer.segment) && (!all[$0].isNew || time >= newFrom) }
        let scores = eligible.map { exp(assumptions.policySharpness * (all[$0].popularity + customer.believedPull(all[$0]))) }
        let explores = source.chance(assumptions.explorationShare)
        let order = Self.order(explores ? [Double](repeating: 1, count: scores.count) : scores, assumptions.tilesShown, &source)
        let total = scores.reduce(0, +)
        let even = 1 / Double(eligible.count)
        let tiles = order.map { eligible[$0] }
        let own = tiles.map { all[$0].popularity + assumptions.featureStrength * customer.pull(all[$0]) }
        let shares = recent.map { share(own, tiles, $0.need, $0.strength) } ?? share(own, tiles, 0, 0)
        var impression = HomePageImpression(
            tiles: tiles,
            probabilities: order.map { (1 - assumptions.explorationShare) * scores[$0] / total + assumptions.explorationShare * even },
            clicked: nil, shares: shares)
        // The tile one would like is examined, or not, where it stands: examination by position times attraction.
        if source.chance(assumptions.interest) {
            let wanted = source.index(weighted: shares)
            if source.chance(examination[wanted]) { impression.clicked = wanted }
        }
        guard hasReference else { return impression }
        var reference = [Double](repeating: 0, count: tiles.count)
        if let known {
            for (need, probability) in known.needs.enumerated() where probability > 0 {
                let row = share(own, tiles, need, known.strength)
                for place in row.indices { reference[place] += probability * row[place] }
            }
        } else {
            reference = share(own, tiles, 0, 0)
        }
        impression.referenceShares = reference
        return impression
    }

    /// Probability of a click on the tile of this share at this place (from 0).
    func shownProbability(share: Double, place: Int) -> Double { assumptions.interest * examination[place] * share }

    /// Plackett and Luce: one after the other, each with its share of the weights that are left.
    private static func order(_ weights: [Double], _ count: Int, _ source: inout SeededSource) -> [Int] {
        var left = Array(weights.indices)
        var order: [Int] = []
        for _ in 0..<min(count, weights.count) {
            let place = source.index(weighted: left.map { weights[$0] })
            order.append(left.remove(at: place))
        }
        return order
    }

    private func share(_ own: [Double], _ tiles: [Int], _ need: Int, _ strength: Double) -> [Double] {
        let weights = tiles.indices.map { exp(own[$0] + strength * affinity[need][tiles[$0]]) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }
}

extension SeededSource {
    /// An index drawn with probabilities in proportion to these weights.
    mutating func index(weighted weights: [Double]) -> Int {
        var point = unit() * weights.reduce(0, +)
        for (place, weight) in weights.enumerated() {
            point -= weight
            if point < 0 { return place }
        }
        return weights.lastIndex { $0 > 0 } ?? 0
    }
}
