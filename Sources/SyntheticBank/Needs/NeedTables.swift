/// The need catalogue compiled against the site and a configuration: one set of probabilities, from which sessions are drawn and with
/// which the reference judges them.
///
/// A session is a hidden Markov chain. Its states per need are the steps of the plan (at most six), idle browsing, and the arrival on
/// the home page. State `idle` and `landing` follow the six plan states, so that one need's states fill a `SIMD8<Float>`.
struct NeedTables {
    static let planStates = 6
    static let idle = 6
    static let landing = 7

    /// Share of sessions that open on the home page whatever they are about, and of those the share that leave at once.
    static let landingShare: Float = 0.35
    static let bounceShare: Float = 0.06
    /// Share of goal-directed sessions that come in by a deep link to the second step.
    static let deepLinkShare: Float = 0.2
    /// Share of the events of a need that are on-site searches.
    static let searchShare: Float = 0.06
    /// Probability of leaving after an event of idle browsing.
    static let idleLeave: Float = 0.14
    /// Longest human session in events.
    static let longestSession = 80

    let needs: [HiddenNeed]
    /// Share of each need in the population; also the prior of the reference.
    let prior: [Float]
    let priorSums: [Float]
    /// Needs of the same family, with the running sums of their shares.
    let familyMembers: [[Int]]
    let familySums: [[Float]]

    /// Per need and plan state: groups of pages and running sums of their shares.
    let stepGroups: [[[Int]]]
    let stepSums: [[[Float]]]
    /// Share of a group in each state of a need: `groupShare[group * K + need]`; the idle lane holds the mean over the steps.
    let groupShare: [SIMD8<Float>]
    /// 1 in the states that move in this way: `movementMask[need * 4 + movement]`.
    let movementMask: [SIMD8<Float>]
    /// Probabilities of going on to each state: `transition[need * 8 + state]`; what is missing to 1 is `leave`.
    let transition: [SIMD8<Float>]
    let leave: [SIMD8<Float>]
    let initial: [SIMD8<Float>]
    /// Probability of each kind of event being a detour, per state lane.
    let detourShare: SIMD8<Float>
    /// Pace of each need on each role: `pace[need * roles + role]`.
    let pace: [Pace]

    init(_ configuration: BankConfiguration, _ site: Site) {
        let needs = NeedCatalogue.all
        let total = needs.reduce(0) { $0 + $1.weight }
        self.needs = needs
        let prior = needs.map { $0.weight / total }
        self.prior = prior
        priorSums = runningSums(prior)
        familyMembers = needs.map { need in needs.indices.filter { needs[$0].family == need.family } }
        familySums = familyMembers.map { members in runningSums(members.map { prior[$0] }) }

        var stepGroups: [[[Int]]] = []
        var stepShares: [[[Float]]] = []
        for need in needs {
            let parsed = need.plan.map { Self.parse($0.pages, in: need.section, site) }
            stepGroups.append(parsed.map { $0.map(\.group) })
            stepShares.append(parsed.map { $0.map(\.share) })
        }
        self.stepGroups = stepGroups
        stepSums = stepShares.map { $0.map(runningSums) }

        let count = needs.count
        let movements = Movement.allCases.count
        precondition(movements == 4, "NeedTables: the reference reads four movements")
        var groupShare = [SIMD8<Float>](repeating: .zero, count: site.groups.count * count)
        var movementMask = [SIMD8<Float>](repeating: .zero, count: count * movements)
        var transition = [SIMD8<Float>](repeating: .zero, count: count * 8)
        var leave = [SIMD8<Float>](repeating: .zero, count: count)
        var initial = leave
        let goal = Float(configuration.goalDirectedShare)
        for (k, need) in needs.enumerated() {
            let steps = need.plan.count
            for (s, step) in need.plan.enumerated() {
                for (group, share) in zip(stepGroups[k][s], stepShares[k][s]) {
                    groupShare[group * count + k][s] += share
                    groupShare[group * count + k][Self.idle] += share / Float(steps)
                }
                movementMask[k * movements + step.movement.rawValue][s] = 1
                transition[k * 8 + s] = Self.moves(from: s, of: steps, step)
                leave[k][s] = step.leave
            }
            movementMask[k * movements + Movement.known.rawValue][Self.idle] = 1
            transition[k * 8 + Self.idle][Self.idle] = 1 - Self.idleLeave
            leave[k][Self.idle] = Self.idleLeave
            var start = SIMD8<Float>.zero
            start[0] = goal * (1 - Self.deepLinkShare)
            start[1] = goal * Self.deepLinkShare
            start[Self.idle] = 1 - goal
            initial[k] = start * (1 - Self.landingShare)
            initial[k][Self.landing] = Self.landingShare
            transition[k * 8 + Self.landing] = start * (1 - Self.bounceShare)
            leave[k][Self.landing] = Self.bounceShare
        }
        (self.groupShare, self.movementMask, self.transition) = (groupShare, movementMask, transition)
        (self.leave, self.initial) = (leave, initial)
        var detour = SIMD8<Float>(repeating: Float(configuration.detourShare))
        detour[Self.idle] = 1 - Float(configuration.idleTilt)
        detourShare = detour
        pace = needs.flatMap { need in Role.allCases.map { need.pace[$0] ?? .usual } }
    }

    private static func moves(from state: Int, of steps: Int, _ step: PlanStep) -> SIMD8<Float> {
        var row = SIMD8<Float>.zero
        row[state] += step.stay
        row[max(0, state - 1)] += step.back
        row[(state + 1) % steps] += 1 - step.stay - step.back - step.leave
        return row
    }

    private static func parse(_ pages: String, in section: Section, _ site: Site) -> [(group: Int, share: Float)] {
        let parts = pages.split(separator: ",").map { part in
            let words = part.split(separator: " ")
            guard words.count == 2, let weight = Float(words[1]) else { preconditionFailure("plan step: cannot read \(part)") }
            return (group: site.group(named: String(words[0]), in: section), share: weight)
        }
        let total = parts.reduce(0) { $0 + $1.share }
        return parts.map { ($0.group, $0.share / total) }
    }
}
