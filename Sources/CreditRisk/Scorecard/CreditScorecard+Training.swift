internal import BoostedTrees
internal import Evaluation
public import SequenceKernel

extension CreditScorecard {
    /// What a training does with columns that seem to tell the outcome.
    public enum Leaks: String, Sendable, CaseIterable {
        /// It stops.
        case refuse
        /// It says so and goes on.
        case warn
    }

    /// Parts of the applicants that a training uses, by customer.
    struct Parts {
        /// The networks and the business model learn from these.
        let learnt: [Int]
        /// They say when each has learnt enough.
        let validation: [Int]
        /// Probabilities are calibrated on these.
        let calibration: [Int]
        /// Set aside.
        let judges: [Int]
        /// Neither: later decisions of customers learnt from, and earlier ones of those set aside.
        let leftOut: Int
        /// Decided before the boundary, with an outcome that was known only later: they teach nothing unless that was asked for.
        let knownLater: Int

        init(_ examples: FrameworkExamples, _ judges: Judges, seed: UInt64) throws {
            var (own, later, leftOut, knownLater) = ([Int](), [Int](), 0, 0)
            let early = Set((0..<examples.count).filter { examples.decisions[$0] < judges.before ?? .max }.map { examples.customers[$0] })
            for applicant in 0..<examples.count where !examples.outcomes[applicant].isNaN {
                let isEarly = examples.decisions[applicant] < judges.before ?? .max
                // Where nobody was set aside, customers who come for the first time judge.
                let isSetAside =
                    judges.share > 0
                    ? judges.holds(examples.customers[applicant])
                    : judges.before != nil && !early.contains(examples.customers[applicant])
                if isSetAside, judges.before == nil || !isEarly {
                    later.append(applicant)
                } else if !isSetAside, isEarly {
                    if judges.isLate(examples.outcomeTimes[applicant]), !judges.knownLater {
                        knownLater += 1
                    } else {
                        own.append(applicant)
                    }
                } else {
                    leftOut += 1
                }
            }
            (self.judges, self.leftOut, self.knownLater) = (later, leftOut, knownLater)
            let remedy =
                knownLater == 0
                ? ""
                : "; the outcomes of \(knownLater) more were known only at the boundary or later: name a later one, or let them teach with "
                    + "--known-later"
            guard own.count >= 50 else {
                throw ScorecardError.applicants("\(own.count) with a known outcome are left to learn from; give 50 or more\(remedy)")
            }
            let parts = try FrameworkFolds.parts(examples.subset(own), 20, seed: RandomSource.mix(seed ^ 0x9A27))
            learnt = own.indices.filter { parts[$0] >= 6 }.map { own[$0] }
            validation = own.indices.filter { parts[$0] < 3 }.map { own[$0] }
            calibration = own.indices.filter { (3..<6).contains(parts[$0]) }.map { own[$0] }
            for (rows, what) in [(learnt, "learnt from"), (validation, "of the validation part"), (calibration, "calibrated on")] {
                let found = rows.count { examples.outcomes[$0] == 1 }
                guard found > 0, found < rows.count else {
                    throw ScorecardError.applicants("those \(what) all have the same outcome; give more of both\(remedy)")
                }
            }
        }
    }

    /// Trains a scorecard: the network out of fold by customer, the business model on its scores and on hand-made features, calibration on
    /// customers that neither saw, and baselines; the same bytes at any number of threads.
    /// - Parameters:
    ///   - name: of the model, for its card.
    ///   - judges: who is set aside to judge.
    ///   - leaks: what is done with columns that seem to tell the outcome.
    ///   - warn: called with what should be known of columns that leak, and of outcomes that were known late or at a time that is not told.
    ///   - progress: called with the share done; false stops.
    /// - Throws: ``ScorecardError``, and what networks, business models and reports throw.
    public static func train(
        _ configuration: CreditConfiguration, _ data: CreditData, name: String, judges: Judges = Judges(), leaks: Leaks = .refuse,
        pool: WorkerPool, warn: (String) -> Void = { _ in }, progress: (Double) -> Bool = { _ in true }
    ) throws -> CreditScorecard {
        try configuration.validate()
        let examples = data.examples
        let parts = try Parts(examples, judges, seed: configuration.seed)
        let (learnt, validation) = (examples.subset(parts.learnt), examples.subset(parts.validation))
        let features = HandMadeFeatures(
            learnt, tables: configuration.tablesBefore.map(\.name), leastCustomers: configuration.business.leastCustomers)
        let times = Self.outcomeTimes(configuration, data, parts, judges)
        for sentence in times { warn(sentence) }
        let known = examples.subset(parts.learnt + parts.validation + parts.calibration)
        let check = try LeakCheck(
            features.table(known), decisionTimes: known.decisions, outcomeTimes: known.outcomeTimes)
        if !check.findings.isEmpty {
            if leaks == .refuse { throw ScorecardError.leaks(check.findings.map(\.text)) }
            for finding in check.findings { warn(finding.text) }
        }
        // Scores of those learnt from, by networks that saw none of their customer's applications.
        let training = try SequenceTraining(configuration, data, judges, pool: pool)
        let trainings = Double(configuration.business.folds + 1)
        let folds = try FrameworkFolds.parts(learnt, configuration.business.folds, seed: RandomSource.mix(configuration.seed ^ 0x57AC))
        var heldOut = [Float](repeating: .nan, count: learnt.count)
        for fold in 0..<configuration.business.folds {
            let own = folds.indices.filter { folds[$0] == fold }
            let scorer = try training.train(
                learnt.subset(folds.indices.filter { folds[$0] != fold }), validation: validation,
                progress: { progress((Double(fold) + $0) / trainings) })
            for (row, score) in zip(own, try scorer.probabilities(learnt.subset(own), pool: pool)) { heldOut[row] = score }
        }
        let scorer = try training.train(
            learnt, validation: validation, progress: { progress((Double(configuration.business.folds) + $0) / trainings) })
        func odds(_ probabilities: [Float]) -> [Float] { probabilities.map { Float(ScoreCalibration.logOdds(Double($0))) } }
        let table = try features.table(learnt, scores: odds(heldOut))
        let judging = try features.table(validation, scores: odds(scorer.probabilities(validation, pool: pool)))
        let (plain, plainJudging) = (try table.dropping([HandMadeFeatures.score]), try judging.dropping([HandMadeFeatures.score]))
        func business(_ kind: CreditBaselineKind, _ table: CreditTable, _ judging: CreditTable, seed: UInt64) throws -> CreditBaseline {
            var settings = CreditBaselineSettings()
            settings.seed = UInt32(truncatingIfNeeded: seed)
            settings.leastCategoryCustomers = configuration.business.leastCustomers
            // Leaks were looked for, and refused or told.
            settings.refusesOutcome = false
            settings.forest.parallelTrees = configuration.business.forestTrees
            return try CreditBaseline.train(kind, table, validation: judging, settings, pool: pool)
        }
        let kind = configuration.business.kind
        let stacked = try business(kind, table, judging, seed: configuration.seed)
        var others: [CreditBaseline] = []
        for number in 1..<max(1, configuration.business.seeds) {
            others.append(try business(kind, table, judging, seed: configuration.seed + UInt64(number)))
        }
        let details = Details(
            configuration: configuration, features: features, judges: judges, calibration: [:], reference: [])
        var card = CreditScorecard(
            details: details, card: CreditModelCard(name: name, kind: "", outcome: ""), id: "", scorer: scorer, stacked: stacked,
            others: others, withoutSequence: try business(kind, plain, plainJudging, seed: configuration.seed),
            logistic: try business(.logisticRegression, plain, plainJudging, seed: configuration.seed),
            perceptron: try business(.perceptron, plain, plainJudging, seed: configuration.seed),
            forest: try business(.randomForest, plain, plainJudging, seed: configuration.seed))
        card = try card.calibrated(examples.subset(parts.calibration), pool)
        guard progress(1) else { throw ScorecardError.cancelled }
        return try card.described(name, data, parts, check, times, pool)
    }

    /// The same with its scores calibrated on applicants that nothing learnt from.
    private func calibrated(_ examples: FrameworkExamples, _ pool: WorkerPool) throws -> CreditScorecard {
        let read = try Reading(self, examples, pool, only: Row.allCases)
        let positives = examples.outcomes.map { $0 == 1 }
        var details = details
        for row in Row.allCases {
            let scores = read.probabilities(row).map { ScoreCalibration.logOdds(Double($0)) }
            details.calibration[row.rawValue] =
                switch configuration.calibration {
                case .none: ScoreCalibration.none
                case .platt: Self.platt(scores, positives)
                case .isotonic: ScoreCalibration.isotonic(scores, positives)
                }
        }
        let calibrated = with(details)
        details.reference = try Reading(calibrated, examples, pool).probabilities(.stacked).sorted()
        return with(details)
    }

    /// Slope and intercept; where higher scores were not more often overdue, hardly more than the rate for everybody, in the scores' order.
    private static func platt(_ scores: [Double], _ positives: [Bool]) -> ScoreCalibration {
        let found = ScoreCalibration.platt(scores, positives)
        guard found == .none else { return found }
        let rate = Double(positives.count { $0 }) / Double(positives.count)
        return .platt(slope: 1e-3, intercept: ScoreCalibration.logOdds(rate))
    }

    private func with(_ details: Details, _ card: CreditModelCard? = nil) -> CreditScorecard {
        CreditScorecard(
            details: details, card: card ?? self.card, id: id, scorer: scorer, stacked: stacked, others: others,
            withoutSequence: withoutSequence, logistic: logistic, perceptron: perceptron, forest: forest)
    }

    /// The same with its card filled in.
    private func described(
        _ name: String, _ data: CreditData, _ parts: Parts, _ check: LeakCheck, _ times: [String], _ pool: WorkerPool
    ) throws -> CreditScorecard {
        let examples = data.examples
        var card = CreditModelCard(
            name: name, kind: "\(configuration.preset.rawValue), stacked into \(configuration.business.kind.rawValue)",
            outcome: configuration.foretells)
        card.seeds = (0..<UInt64(max(1, configuration.business.seeds))).map { configuration.seed + $0 }
        card.columns = stacked.encoding.columns.map(\.name)
        card.calibration = details.calibration[Row.stacked.rawValue] ?? .none
        card.points = try configuration.scale
        card.leaks = check
        let training = scorer.training
        card.settings = [
            "files": configuration.files.keys.sorted().joined(separator: ", "),
            "tables": configuration.tables.map(\.name).joined(separator: ", "),
            "sequence epochs": "\(training.epochs)", "sequence validation AUC": training.auc.map { "\($0)" } ?? "none",
            "folds": "\(configuration.business.folds)", "judges": "\(judges.share)",
        ]
        let named: [(String, [Int])] = [
            ("learnt from", parts.learnt), ("validation", parts.validation), ("calibration", parts.calibration), ("judged", parts.judges),
        ]
        for (name, rows) in named where !rows.isEmpty {
            let own = examples.subset(rows)
            card.parts.append(
                try CreditModelCard.Part(name, details.features.table(own), decisionTimes: own.decisions))
        }
        let calibration = try Reading(self, examples.subset(parts.calibration), pool)
        if !others.isEmpty {
            card.reasons = try ReasonCodes.stability(([stacked] + others).map { try $0.contributions(calibration.table) })
        }
        if let before = judges.before { card.settings["before"] = CreditModelCard.moment(before) }
        card.limits = Self.limits(
            parts, data.counts, times, read: SequenceTraining.unlabelled(configuration, data, judges)?.count ?? 0)
        if parts.judges.contains(where: { examples.outcomes[$0] == 1 }), parts.judges.contains(where: { examples.outcomes[$0] == 0 }) {
            let study = try CreditStudy(with(details, card), examples.subset(parts.judges), pool: pool)
            card.metrics = Dictionary(study.rows.map { ($0.name, $0.metrics) }, uniquingKeysWith: { first, _ in first })
            card.comparisons = Dictionary(
                study.rows.compactMap { row in row.comparison.map { (row.name, $0) } }, uniquingKeysWith: { first, _ in first })
            card.stability = study.stability
            card.replay = study.replay
        } else {
            card.limits.append("Nobody was set aside to judge it: no figure here is of customers it did not learn from.")
        }
        return with(details, card)
    }
}
