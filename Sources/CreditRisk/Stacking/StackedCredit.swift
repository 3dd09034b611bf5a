internal import BoostedTrees
public import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Applicants with both: a table of features, and raw records.
public struct StackedApplicants: Sendable {
    /// Features, hand-made ones among them, `[B]`.
    public let table: CreditTable
    /// Records of the same applicants in the same order, `[B]`.
    public let histories: FrameworkExamples

    /// Applicants (B).
    public var count: Int { table.count }

    /// - Throws: ``StackedCreditError/applicants(_:)`` where both are not of the same applicants.
    public init(_ table: CreditTable, _ histories: FrameworkExamples) throws(StackedCreditError) {
        guard table.count == histories.count else {
            throw .applicants("\(table.count) rows of features and \(histories.count) of records; give both for each applicant")
        }
        if let place = table.outcomes.indices.first(where: { row in
            let (first, second) = (table.outcomes[row], histories.outcomes[row])
            return first != second && !(first.isNaN && second.isNaN)
        }) {
            throw .applicants("applicant \(place) (from 0): features and records have another outcome each; bring them into one order")
        }
        (self.table, self.histories) = (table, histories)
    }

    /// The applicants with these numbers, in this order; traps on one that is not there.
    public func selecting(_ rows: [Int]) -> StackedApplicants {
        StackedApplicants(table: table.selecting(rows), histories: histories.subset(rows))
    }

    private init(table: CreditTable, histories: FrameworkExamples) { (self.table, self.histories) = (table, histories) }
}

/// How a stacked model is made.
public struct StackedCreditSettings: Sendable {
    /// What is stacked on: boosted trees, or logistic regression where terms must add up to log odds.
    public var kind = CreditBaselineKind.boostedTrees
    /// How it is trained.
    public var top = CreditBaselineSettings()
    /// The model of the raw records, and the parts of its out-of-fold scores.
    public var sequence: FrameworkConfiguration
    /// How a tree-guided perceptron over the table is trained whose out-of-fold score is stacked, too; nil for none.
    public var guided: CreditBaselineSettings?
    /// Parts of the guided perceptron's out-of-fold scores (5).
    public var guidedFolds = 5

    /// Boosted trees on the table and the score of a sequence model of this configuration.
    public init(sequence: FrameworkConfiguration) { self.sequence = sequence }
}

/// Takes: tables and raw records of applicants.   Gives: the probability of each to fall overdue, by a model that a credit team knows on the
/// features and on the score of a sequence model (systems.md 4.2, step 7).
///
///     raw records → sequence models, one without each part of the customers → scores out of fold ┐
///     features (→ tree-guided perceptrons, likewise → scores out of fold)                          ┼→ the model on top
///     features                                                                                   ┘
///
/// The model on top learns from scores of models that did not see the customer: in-sample scores would look better than they are, and it would
/// trust them too much. Applicants never seen are scored by one sequence model of all customers. Scores are given as log odds. The same
/// applicants, settings and seeds, the same probabilities at any number of threads.
public struct StackedCredit: Sendable {
    /// What the scores are called among the columns of the model on top.
    public static let scoreNames = (sequence: "sequence score", guided: "guided score")

    /// The model of the raw records.
    public let sequence: FrameworkModel
    /// The tree-guided perceptron over the table; nil where there is none.
    public let guided: CreditBaseline?
    /// The model on top: its columns are those of the table, then the scores.
    public let top: CreditBaseline

    /// From parts that were saved.
    /// - Throws: ``StackedCreditError/parts(_:)`` where the model on top does not read the scores of the others.
    public init(sequence: FrameworkModel, guided: CreditBaseline?, top: CreditBaseline) throws(StackedCreditError) {
        let scores = [Self.scoreNames.sequence] + (guided == nil ? [] : [Self.scoreNames.guided])
        let names = top.encoding.columns.map(\.name)
        guard names.count > scores.count, names.suffix(scores.count).elementsEqual(scores),
            !names.dropLast(scores.count).contains(where: [Self.scoreNames.sequence, Self.scoreNames.guided].contains)
        else {
            throw .parts("the last columns of the model on top are not \(scores.joined(separator: ", ")); give the parts of one training")
        }
        (self.sequence, self.guided, self.top) = (sequence, guided, top)
    }

    /// Learns from applicants with known outcomes.
    /// - Parameters:
    ///   - validation: numbers of the applicants who choose the model on top and say when it stops; the others teach it.
    ///   - progress: called with the share done of the sequence models; false stops.
    /// - Throws: ``StackedCreditError``.
    public static func train(
        _ applicants: StackedApplicants, validation: [Int], _ settings: StackedCreditSettings, pool: WorkerPool,
        progress: (Double) -> Bool = { _ in true }
    ) throws(StackedCreditError) -> StackedCredit {
        guard Set(validation).count == validation.count, validation.allSatisfy({ (0..<applicants.count).contains($0) }) else {
            throw .applicants(
                "a number of the validation part is given twice, or is nobody's; give numbers from 0 to below \(applicants.count)")
        }
        let folds = Double(settings.sequence.network.folds)
        let scores = try outOfFold(applicants, settings, pool: pool) { progress($0 * folds / (folds + 1)) }
        let sequence = try sequence(applicants.histories, settings.sequence, pool) { progress((folds + $0) / (folds + 1)) }
        let judges = Set(validation)
        let learnt = (0..<applicants.count).filter { !judges.contains($0) }
        let table = applicants.table
        let guided = try settings.guided.map { (own) throws(StackedCreditError) in
            try trained(.guided, table, learnt, validation, own, pool)
        }
        return StackedCredit(
            parts: sequence, guided, try trained(settings.kind, try with(scores, table), learnt, validation, settings.top, pool))
    }

    private static func sequence(
        _ histories: FrameworkExamples, _ configuration: FrameworkConfiguration, _ pool: WorkerPool, progress: (Double) -> Bool
    ) throws(StackedCreditError) -> FrameworkModel {
        do throws(FrameworkError) {
            let parts = try FrameworkFolds.split(histories, configuration.network)
            return try FrameworkModel.train(
                configuration, training: parts.training, validation: parts.validation, pool: pool, progress: progress)
        } catch { throw .sequence(error) }
    }

    private static func trained(
        _ kind: CreditBaselineKind, _ table: CreditTable, _ learnt: [Int], _ validation: [Int], _ settings: CreditBaselineSettings,
        _ pool: WorkerPool
    ) throws(StackedCreditError) -> CreditBaseline {
        do throws(CreditBaselineError) {
            return try CreditBaseline.train(
                kind, table.selecting(learnt), validation: table.selecting(validation), settings, pool: pool)
        } catch { throw .table(error) }
    }

    private init(parts sequence: FrameworkModel, _ guided: CreditBaseline?, _ top: CreditBaseline) {
        (self.sequence, self.guided, self.top) = (sequence, guided, top)
    }

    /// Scores of applicants by models that did not see their customers: `[B]` probabilities each.
    public struct Scores: Sendable, Equatable {
        /// Of the sequence models.
        public var sequence: [Float]
        /// Of the guided perceptrons; nil where there are none.
        public var guided: [Float]?
    }

    /// What the model on top learns from, beside the table.
    /// - Throws: ``StackedCreditError``.
    public static func outOfFold(
        _ applicants: StackedApplicants, _ settings: StackedCreditSettings, pool: WorkerPool, progress: (Double) -> Bool = { _ in true }
    ) throws(StackedCreditError) -> Scores {
        let sequence = try folds(applicants.histories, settings.sequence, pool, progress)
        guard let own = settings.guided else { return Scores(sequence: sequence) }
        do throws(CreditBaselineError) {
            return Scores(
                sequence: sequence,
                guided: try CreditBaseline.outOfFold(.guided, applicants.table, folds: settings.guidedFolds, own, pool: pool))
        } catch { throw .table(error) }
    }

    private static func folds(
        _ histories: FrameworkExamples, _ configuration: FrameworkConfiguration, _ pool: WorkerPool, _ progress: (Double) -> Bool
    ) throws(StackedCreditError) -> [Float] {
        do throws(FrameworkError) {
            return try FrameworkFolds(configuration, histories, pool: pool, progress: progress).scores
        } catch { throw .sequence(error) }
    }

    /// The table with scores behind its columns.
    private static func with(_ scores: Scores, _ table: CreditTable) throws(StackedCreditError) -> CreditTable {
        func logOdds(_ probabilities: [Float]) -> [Float] {
            probabilities.map { probability in
                let held = min(max(probability, 1e-6), 1 - 1e-6)
                return log(held / (1 - held))
            }
        }
        var columns = table.columns + [.numeric(scoreNames.sequence, logOdds(scores.sequence))]
        if let guided = scores.guided { columns.append(.numeric(scoreNames.guided, logOdds(guided))) }
        do throws(CreditBaselineError) {
            return try CreditTable(customers: table.customers, outcomes: table.outcomes, columns: columns)
        } catch { throw .table(error) }
    }

    /// Overdue probabilities, `[B]`; an applicant's depends on nothing but the applicant.
    /// - Throws: ``StackedCreditError`` where columns or tables are not those of the training.
    public func probabilities(_ applicants: StackedApplicants, pool: WorkerPool) throws(StackedCreditError) -> [Float] {
        let stacked = try stacked(applicants, pool: pool)
        do throws(CreditBaselineError) { return try top.probabilities(stacked, pool: pool) } catch { throw .table(error) }
    }

    /// What each column, and each score, adds to each applicant's log odds.
    /// - Throws: as ``probabilities(_:pool:)`` and ``CreditBaseline/contributions(_:)``.
    public func contributions(_ applicants: StackedApplicants, pool: WorkerPool) throws(StackedCreditError) -> CreditContributions {
        let stacked = try stacked(applicants, pool: pool)
        do throws(CreditBaselineError) { return try top.contributions(stacked) } catch { throw .table(error) }
    }

    /// The table with the scores of these models, as the model on top reads it.
    private func stacked(_ applicants: StackedApplicants, pool: WorkerPool) throws(StackedCreditError) -> CreditTable {
        let guided = try guided.map { (own) throws(StackedCreditError) in
            do throws(CreditBaselineError) { return try own.probabilities(applicants.table, pool: pool) } catch { throw .table(error) }
        }
        return try Self.with(Scores(sequence: try ofRecords(applicants.histories, pool), guided: guided), applicants.table)
    }

    private func ofRecords(_ histories: FrameworkExamples, _ pool: WorkerPool) throws(StackedCreditError) -> [Float] {
        do throws(FrameworkError) { return try sequence.probabilities(histories, pool: pool) } catch { throw .sequence(error) }
    }
}

/// What is wrong with applicants or parts of a stacked model. No message holds a customer's number or a value.
public enum StackedCreditError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Features and records do not belong together.
    case applicants(String)
    /// Parts of several trainings.
    case parts(String)
    /// What the sequence model refused.
    case sequence(FrameworkError)
    /// What the models over the table refused.
    case table(CreditBaselineError)

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .applicants(let reason): "applicants: \(reason)"
        case .parts(let reason): "stacked model: \(reason)"
        case .sequence(let error): error.description
        case .table(let error): error.description
        }
    }
}
