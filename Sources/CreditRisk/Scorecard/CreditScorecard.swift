internal import Evaluation
public import SequenceKernel

/// Takes: applicants with their raw records.   Gives: the probability of each to fall overdue, points, and the reasons.
///
/// A network reads the records; its score joins hand-made features in a business model, whose scores are calibrated on customers that none
/// of them saw. Everything between the raw tables and the points is in here, so that offline and online read alike.
public struct CreditScorecard: Sendable {
    /// Whom it did not learn from.
    public struct Judges: Sendable, Equatable, Codable {
        /// Share of the customers that was set aside, chosen by their ids.
        public var share = 0.0
        /// Decisions at this time or later were not learnt from, in microseconds since 1970; nil where all were.
        public var before: Int64?
        /// Whether outcomes that became known only at that time or later taught nevertheless; nobody had them then.
        public var knownLater = false

        /// All customers and all times are learnt from.
        public init(share: Double = 0, before: Int64? = nil, knownLater: Bool = false) {
            (self.share, self.before, self.knownLater) = (share, before, knownLater)
        }

        /// Whether an outcome came to be known only at the boundary or after it. One whose time is not told did not, as far as is known.
        func isLate(_ outcomeTime: Int64?) -> Bool {
            guard let before, let outcomeTime else { return false }
            return outcomeTime >= before
        }

        /// Whether someone of former days may teach: not set aside, decided before the boundary, and known then.
        func letTeach(_ examples: FrameworkExamples, _ applicant: Int) -> Bool {
            isCandidate(examples, applicant) && (knownLater || !isLate(examples.outcomeTimes[applicant]))
        }

        /// Those of former days who taught nothing because their outcome was known only later.
        func taughtNothing(_ examples: FrameworkExamples) -> Int {
            (0..<examples.count).count { isCandidate(examples, $0) && !letTeach(examples, $0) }
        }

        /// Those of former days who taught nothing because their customer was set aside, or because they were decided at the boundary or later.
        func setAside(_ examples: FrameworkExamples) -> Int { (0..<examples.count).count { !isCandidate(examples, $0) } }

        private func isCandidate(_ examples: FrameworkExamples, _ applicant: Int) -> Bool {
            !holds(examples.customers[applicant]) && examples.decisions[applicant] < before ?? .max
        }

        /// Whether a customer was set aside: by the id alone, whatever else is in the file.
        package func holds(_ customer: UInt64) -> Bool { Double(RandomSource.mix(customer ^ 0x1D6E5) >> 11) * 0x1p-53 < share }
    }

    /// Models on the same applicants, for comparison.
    enum Row: String, Sendable, Codable, CaseIterable {
        /// What is served: hand-made features and the sequences' score.
        case stacked
        /// The network alone.
        case sequence
        /// The same business model without the sequences' score.
        case withoutSequence
        /// Logistic regression on hand-made features.
        case logisticRegression
        /// A perceptron on hand-made features.
        case perceptron
        /// A random forest on hand-made features.
        case randomForest

        var name: String {
            switch self {
            case .stacked: "scorecard"
            case .sequence: "sequences alone"
            case .withoutSequence: "without sequences"
            case .logisticRegression: "logistic regression"
            case .perceptron: "perceptron"
            case .randomForest: "random forest"
            }
        }
    }

    /// What is kept beside the models.
    struct Details: Sendable, Equatable, Codable {
        var configuration: CreditConfiguration
        var features: HandMadeFeatures
        var judges: Judges
        /// By row.
        var calibration: [String: ScoreCalibration]
        /// Probabilities of the applicants that it was calibrated on, rising: what later scores are compared with.
        var reference: [Float]
    }

    let details: Details
    /// What the run says of the model.
    public let card: CreditModelCard
    /// Digest over all its files; empty until it is read from a directory.
    public let id: String
    let scorer: SequenceScorer
    let stacked: CreditBaseline
    /// The stacked model by other seeds.
    let others: [CreditBaseline]
    let withoutSequence: CreditBaseline
    let logistic: CreditBaseline
    let perceptron: CreditBaseline
    let forest: CreditBaseline

    /// What it reads and how it was trained.
    public var configuration: CreditConfiguration { details.configuration }
    /// Whom it did not learn from.
    public var judges: Judges { details.judges }

    /// One applicant's score.
    public struct Score: Sendable, Equatable {
        /// The applicants' key.
        public var customer: String
        /// To fall overdue.
        public var probability: Float
        /// Of the scorecard, rounded; the more the better.
        public var points: Int
        /// Why the risk is above the average, worst first.
        public var reasons: [ReasonCodes.Reason]
    }

    /// Scores of applicants, in their order; the same at any number of threads, and whoever stands beside an applicant.
    /// - Parameter reasons: of each applicant at most; 0 for none.
    /// - Throws: ``ScorecardError``, ``FrameworkError``, ``IntentionHabitError``, ``StageDistillationError`` or ``CreditBaselineError``
    ///   where the tables are not those of the training.
    public func scores(_ data: CreditData, reasons most: Int = 4, pool: WorkerPool) throws -> [Score] {
        let examples = data.examples, scale = try configuration.scale
        let read = try Reading(self, examples, pool)
        let probabilities = read.probabilities(.stacked)
        let reasons = most > 0 ? try self.reasons(read, most, pool) : []
        return probabilities.indices.map { applicant in
            Score(
                customer: examples.keys[applicant], probability: probabilities[applicant],
                points: Int(scale.score(Double(probabilities[applicant])).rounded()),
                reasons: most > 0 ? reasons[applicant] : [])
        }
    }

    /// Applicants read once: the sequences' log odds and the table of the business models.
    struct Reading {
        let examples: FrameworkExamples
        /// Log odds by the network, `[B]`.
        let sequence: [Float]
        let table: CreditTable
        private let raw: [Row: [Float]]
        private let calibration: [String: ScoreCalibration]

        init(_ card: CreditScorecard, _ examples: FrameworkExamples, _ pool: WorkerPool, only rows: [Row] = [.stacked]) throws {
            self.examples = examples
            sequence = try card.scorer.probabilities(examples, pool: pool).map { Float(ScoreCalibration.logOdds(Double($0))) }
            table = try card.details.features.table(examples, scores: sequence)
            let plain = try table.dropping([HandMadeFeatures.score])
            var raw: [Row: [Float]] = [:]
            for row in rows {
                switch row {
                case .sequence: raw[row] = sequence.map { Float(ScoreCalibration.none.probability(Double($0))) }
                case .stacked: raw[row] = try card.stacked.probabilities(table, pool: pool)
                case .withoutSequence: raw[row] = try card.withoutSequence.probabilities(plain, pool: pool)
                case .logisticRegression: raw[row] = try card.logistic.probabilities(plain, pool: pool)
                case .perceptron: raw[row] = try card.perceptron.probabilities(plain, pool: pool)
                case .randomForest: raw[row] = try card.forest.probabilities(plain, pool: pool)
                }
            }
            (self.raw, calibration) = (raw, card.details.calibration)
        }

        /// Calibrated probabilities of a row that was asked for, `[B]`.
        func probabilities(_ row: Row) -> [Float] {
            let own = calibration[row.rawValue] ?? .none
            return (raw[row] ?? []).map { Float(own.probability(ScoreCalibration.logOdds(Double($0)))) }
        }
    }

    /// The reasons of applicants by the business model's terms. The term of the sequences is called after the table whose records raise it
    /// most, where one does.
    func reasons(_ read: Reading, _ most: Int, _ pool: WorkerPool) throws -> [[ReasonCodes.Reason]] {
        let contributions = try stacked.contributions(read.table)
        let codes = try ReasonCodes.of(contributions, most: most)
        guard codes.contains(where: { $0.reasons.contains { $0.code == HandMadeFeatures.score } }) else { return codes.map(\.reasons) }
        let names = configuration.tablesBefore.map(\.name)
        // Only applicants with the reason are read again without each table.
        let asked = codes.indices.filter { codes[$0].reasons.contains { $0.code == HandMadeFeatures.score } }
        var places = [Int?](repeating: nil, count: codes.count)
        for applicant in asked {
            let tables = names.compactMap { name in read.examples.tables.firstIndex { $0.name == name } }
            let without = try scorer.probabilities(
                read.examples.without(tables.map { .table($0) }, of: applicant), pool: pool)
            let falls = without.map { read.sequence[applicant] - Float(ScoreCalibration.logOdds(Double($0))) }
            if let greatest = falls.max(), greatest > 0 { places[applicant] = falls.firstIndex(of: greatest) }
        }
        return codes.enumerated().map { applicant, own in
            own.reasons.map { reason in
                guard reason.code == HandMadeFeatures.score else { return reason }
                var reason = reason
                guard let place = places[applicant] else {
                    reason.text = "all records together: they read riskier than the average applicant's"
                    return reason
                }
                reason.code = "sequence of \(names[place])"
                reason.text = "\(names[place]): what happened, in which order and when, reads riskier than the average applicant's"
                return reason
            }
        }
    }
}
