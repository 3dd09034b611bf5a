public import Evaluation
public import SequenceKernel

/// How good a scorecard is on applicants that it did not learn from, beside the models that it must beat.
public struct CreditStudy: Sendable, Codable {
    /// A model on the same applicants.
    public struct Row: Sendable, Codable {
        /// What it is.
        public var name: String
        /// How good it is.
        public var metrics: RiskMetrics
        /// The scorecard less this one; nil for the scorecard itself.
        public var comparison: RiskComparison?
    }

    /// Applicants judged.
    public let applicants: Int
    /// The scorecard first.
    public let rows: [Row]
    /// How far its scores moved: from those it was calibrated on to these, and from the earlier half of these to the later.
    public let stability: [String: PopulationStability]
    /// What it would have approved beside the same model without sequences.
    public let replay: PolicyReplay

    /// Judges a scorecard by all these applicants.
    /// - Throws: ``ScorecardError/applicants(_:)`` where outcomes are not known or all the same, and what reports throw.
    public init(
        _ card: CreditScorecard, _ examples: FrameworkExamples, _ resampling: Resampling = Resampling(rounds: 1_000), pool: WorkerPool
    ) throws {
        let outcomes = examples.outcomes
        guard outcomes.contains(0), outcomes.contains(1) else {
            throw ScorecardError.applicants("the \(outcomes.count) to judge by have one outcome only; give some of both")
        }
        let read = try CreditScorecard.Reading(card, examples, pool, only: CreditScorecard.Row.allCases)
        applicants = examples.count
        let own = read.probabilities(.stacked)
        rows = try CreditScorecard.Row.allCases.map { row in
            let probabilities = read.probabilities(row)
            return Row(
                name: row.name,
                metrics: try RiskMetrics(
                    probabilities: probabilities, outcomes: outcomes, customers: examples.customers, resampling),
                comparison: row == .stacked
                    ? nil : try RiskComparison(own, probabilities, outcomes: outcomes, customers: examples.customers, resampling))
        }
        let order = own.indices.sorted { (examples.decisions[$0], $0) < (examples.decisions[$1], $1) }
        stability = [
            "calibration to judged": PopulationStability(expected: card.details.reference, actual: own),
            "earlier to later half of the judged": PopulationStability(
                expected: order.prefix(order.count / 2).map { own[$0] }, actual: order.dropFirst(order.count / 2).map { own[$0] }),
        ]
        replay = try PolicyReplay(
            current: read.probabilities(.withoutSequence), challenger: own, outcomes: outcomes, customers: examples.customers, resampling)
    }

    /// Judges a scorecard by the applicants of a file that it did not learn from: those set aside, or new customers after the boundary.
    /// - Parameter from: microseconds since 1970; earlier decisions do not judge.
    /// - Throws: ``ScorecardError/applicants(_:)`` where nobody is left, or nobody knows who taught.
    public static func judged(
        _ card: CreditScorecard, _ data: CreditData, from: Int64? = nil, pool: WorkerPool
    ) throws -> (study: CreditStudy, leftOut: Int) {
        let rows = try judges(card, data, from: from)
        return (try CreditStudy(card, data.examples.subset(rows), pool: pool), data.examples.count - rows.count)
    }

    /// The applicant with the highest score among those that judge, explained: the first of equals.
    /// - Throws: as ``judged(_:_:from:pool:)``.
    public static func riskiest(
        _ card: CreditScorecard, _ data: CreditData, from: Int64? = nil, pool: WorkerPool
    ) throws -> CreditExplanation {
        let rows = try judges(card, data, from: from)
        let scores = try CreditScorecard.Reading(card, data.examples.subset(rows), pool).probabilities(.stacked)
        let place = scores.indices.max { (scores[$0], $1) < (scores[$1], $0) } ?? 0
        return try CreditExplanation(card, data.examples.subset([rows[place]]), most: 8, latest: 200, pool)
    }

    /// Numbers of the applicants that judge.
    private static func judges(_ card: CreditScorecard, _ data: CreditData, from: Int64?) throws -> [Int] {
        let examples = data.examples
        guard card.judges.share > 0 || card.judges.before != nil else {
            throw ScorecardError.applicants("the training set nobody aside, so nobody can judge; train with --judges or --before")
        }
        if let before = card.judges.before, let from, from < before {
            throw ScorecardError.applicants("the training learnt from decisions later than that; name a later time")
        }
        let boundary = max(card.judges.before ?? .min, from ?? .min)
        let early = Set((0..<examples.count).filter { examples.decisions[$0] < card.judges.before ?? .min }.map { examples.customers[$0] })
        // The model keeps no list of its customers: without the decisions of its training nobody could tell them apart.
        guard card.judges.share > 0 || !early.isEmpty else {
            throw ScorecardError.applicants(
                "no decision lies before the training's boundary, so nobody knows who taught; give the training's file with them, or train "
                    + "with --judges")
        }
        let rows = (0..<examples.count).filter { applicant in
            let customer = examples.customers[applicant]
            return !examples.outcomes[applicant].isNaN && examples.decisions[applicant] >= boundary
                && (card.judges.share > 0 ? card.judges.holds(customer) : !early.contains(customer))
        }
        guard !rows.isEmpty else {
            throw ScorecardError.applicants(
                "none of them was set aside and has a known outcome; give the training's file, or later decisions beside it")
        }
        return rows
    }
}
