#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The probability of every hidden need given everything one session shows: the best any model of single sessions can know.
///
/// The simulator's own chain is run forward over the observed events (Rabiner, 1989, eq. 19–20) for every need, from the shares of needs
/// in the population: arrival, hour and weekday first, then per event the page (given the pages before), the query, scroll depth,
/// dwell where a next event shows it, and the end of the session. Idle and goal-directed browsing are both summed over. What the export
/// hides is hidden here too: no campaign and no scroll depth from an ad blocker, no dwell of the last event.
///
/// It errs on the side of knowing too much in one point: it reads the phrase that was meant where the export shows a misspelling of it.
/// - Complexity: O(events × needs × 8²) multiply-adds.
struct ReferencePosterior {
    private let model: VisitorSource
    private let hourShare: [[Float]]
    private let weekdayShare: [[Float]]
    private var alpha: [SIMD8<Float>]
    private var walk: Walk

    init(_ model: VisitorSource) {
        self.model = model
        func shares(_ weights: [Float]) -> [Float] { weights.map { $0 / weights.reduce(0, +) } }
        hourShare = Rhythm.allCases.map { shares($0.hours) }
        weekdayShare = Rhythm.allCases.map { shares($0.weekdays) }
        alpha = [SIMD8<Float>](repeating: .zero, count: model.tables.needs.count)
        walk = Walk(groups: model.site.groups.count)
    }

    /// Probabilities of all needs, in catalogue order; they sum to 1.
    mutating func callAsFunction(_ session: SimulatedSession, _ visitor: SimulatedVisitor) -> [Float] {
        let tables = model.tables
        let count = tables.needs.count
        let firstTime = session.events[0].time
        let hour = Int(firstTime / 3_600_000 % 24)
        let weekday = VisitorSource.weekday(ofDay: Int(firstTime / 86_400_000))
        for k in 0..<count {
            let rhythm = tables.needs[k].rhythm.rawValue
            var weight = tables.prior[k] * hourShare[rhythm][hour] * weekdayShare[rhythm][weekday]
            if !visitor.blocksScripts { weight *= model.campaigns.share[session.arrival * count + k] }
            alpha[k] = tables.initial[k] * weight
        }
        walk.restart()
        for index in session.events.indices {
            if index > 0 { advance() }
            observe(session.events, index, visitor)
            walk.visit(session.events[index].page, model.site)
        }
        if session.events.count < NeedTables.longestSession { for k in 0..<count { alpha[k] *= tables.leave[k] } }
        let sums = alpha.map { $0.sum() }
        let total = sums.reduce(0, +)
        return sums.map { $0 / total }
    }

    private mutating func advance() {
        for k in alpha.indices {
            let before = alpha[k]
            var after = SIMD8<Float>.zero
            for state in 0..<8 { after += before[state] * model.tables.transition[k * 8 + state] }
            alpha[k] = after
        }
    }

    private mutating func observe(_ events: [SimulatedEvent], _ index: Int, _ visitor: SimulatedVisitor) {
        let (tables, site) = (model.tables, model.site)
        let count = tables.needs.count
        let event = events[index]
        let (group, variant) = (site.pages[event.page].group, site.pages[event.page].variant)
        let role = site.groups[group].role
        let roleIndex = role.index
        let detour = site.detourProbability(to: event.page, from: walk.previous) * tables.detourShare
        let planned = (SIMD8<Float>(repeating: 1) - tables.detourShare) * (1 - NeedTables.searchShare)
        let searching = (SIMD8<Float>(repeating: 1) - tables.detourShare) * NeedTables.searchShare
        var variants = SIMD4<Float>.zero
        for movement in Movement.allCases { variants[movement.rawValue] = walk.variantProbability(movement, group, variant, site) }
        let stay = stayProbabilities(events, index, role, visitor)
        let roles = Role.allCases.count
        let isSearch = event.page == site.search
        // On arrival there is nothing but the home page.
        let landing: Float = event.page == site.home ? 1 : 0
        var total: Float = 0
        for k in 0..<count {
            var emission: SIMD8<Float>
            if isSearch {
                emission = searching * model.queries.share[event.query!.phrase * count + k]
            } else {
                var share = tables.movementMask[k * 4] * variants[0]
                share += tables.movementMask[k * 4 + 1] * variants[1]
                share += tables.movementMask[k * 4 + 2] * variants[2]
                share += tables.movementMask[k * 4 + 3] * variants[3]
                emission = detour + planned * tables.groupShare[group * count + k] * share
            }
            let idle = emission[NeedTables.idle] * stay[Pace.idle.rawValue]
            emission *= stay[tables.pace[k * roles + roleIndex].rawValue]
            emission[NeedTables.idle] = idle
            emission[NeedTables.landing] = landing * stay[Pace.usual.rawValue]
            let state = alpha[k] * emission
            alpha[k] = state
            total += state.sum()
        }
        // Kept near one; only proportions matter.
        for k in 0..<count { alpha[k] /= total }
    }

    /// Probability of the shown dwell and scroll depth for each pace, up to a common factor.
    private func stayProbabilities(
        _ events: [SimulatedEvent], _ index: Int, _ role: Role, _ visitor: SimulatedVisitor
    ) -> SIMD8<Float> {
        let logDwell = index + 1 < events.count ? log(Double(events[index + 1].time - events[index].time) / 1000) : nil
        var values = SIMD8<Float>(repeating: 1)
        for pace in Pace.allCases {
            if let logDwell { values[pace.rawValue] = model.stays.dwellDensity(logDwell, role, pace, mobile: visitor.isMobile) }
            if !visitor.blocksScripts { values[pace.rawValue] *= model.stays.scrollProbability(events[index].scroll, role, pace) }
        }
        return values
    }
}
