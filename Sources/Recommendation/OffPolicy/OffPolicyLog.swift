public import Evaluation

/// What a policy did, what came of it, and how probable the same actions are under another policy.
///
/// Everything that follows is unbiased only where the logged probabilities are those the logging policy really used, and where it gave
/// every action some chance that the evaluated policy takes: what was never shown is not in a log.
public struct OffPolicyLog: Sendable {
    /// Rewards, such as 1 for a click, `[N]`.
    public let rewards: [Float]
    /// Probability of the action taken under the logging policy, `[N]`; above 0.
    public let logged: [Float]
    /// Probability of the same action under the evaluated policy, `[N]`; 0 where it would never take it.
    public let evaluated: [Float]
    /// Whose row it is, `[N]`: rows of one group are drawn together. Nil where every row stands for itself.
    public let groups: [Int32]?
    /// What a group is, for the words beside an interval.
    public let groupName: String

    /// Rows (N).
    public var count: Int { rewards.count }

    /// Checks every row.
    /// - Throws: ``OffPolicyError`` that names the first row with a probability that is missing (NaN), zero or impossible.
    public init(
        rewards: [Float], logged: [Float], evaluated: [Float], groups: [Int32]? = nil, groupName: String = "group"
    ) throws(OffPolicyError) {
        guard !rewards.isEmpty else { throw .wrongSize(what: "rows", found: 0, expected: 1) }
        for (what, found) in [
            ("logged probabilities", logged.count), ("evaluated probabilities", evaluated.count),
            ("groups", groups?.count ?? rewards.count),
        ] where found != rewards.count {
            throw .wrongSize(what: what, found: found, expected: rewards.count)
        }
        for row in rewards.indices {
            guard rewards[row].isFinite else {
                throw .badRow(row: row + 1, what: "the reward is not a number", remedy: "correct it or leave the row out of the log")
            }
            guard !logged[row].isNaN else {
                throw .badRow(
                    row: row + 1, what: "the logging policy's probability is missing",
                    remedy: "estimates need it for every row: leave out of the log what was not drawn by the policy")
            }
            guard logged[row] > 0, logged[row] <= 1 else {
                throw .badRow(
                    row: row + 1, what: "the logging policy's probability is \(logged[row] == 0 ? "zero" : "outside 0...1")",
                    remedy: "an action that was taken had a chance above 0: correct the log")
            }
            guard evaluated[row] >= 0, evaluated[row] <= 1 else {
                throw .badRow(
                    row: row + 1, what: "the evaluated policy's probability is \(evaluated[row].isNaN ? "missing" : "outside 0...1")",
                    remedy: "give the probability with which it takes the logged action, 0 where it never does")
            }
        }
        (self.rewards, self.logged, self.evaluated, self.groups) = (rewards, logged, evaluated, groups)
        self.groupName = groupName
    }
}

/// How a log is judged.
public struct OffPolicySettings: Sendable, Equatable {
    /// Largest weight that counts in full; larger ones are cut down to it, which trades variance for bias. Nil, the default, cuts nothing.
    public var clip: Double?
    /// How intervals are drawn.
    public var resampling = Resampling()

    /// No clipping, 95 % intervals of 2,000 rounds.
    public init(clip: Double? = nil, resampling: Resampling = Resampling()) {
        (self.clip, self.resampling) = (clip, resampling)
    }
}

/// What a model expects of the actions of a log.
public struct ExpectedRewards: Sendable, Equatable {
    /// Of the action taken, `[N]`.
    public var ofLogged: [Float]
    /// Of what the evaluated policy does instead: Σ over actions of its probability times the action's expected reward, `[N]`.
    public var underEvaluated: [Float]

    /// Expectations from any model that did not see the row it speaks of.
    public init(ofLogged: [Float], underEvaluated: [Float]) {
        (self.ofLogged, self.underEvaluated) = (ofLogged, underEvaluated)
    }
}
