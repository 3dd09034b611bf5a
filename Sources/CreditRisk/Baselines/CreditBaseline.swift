internal import BoostedTrees
internal import Evaluation
public import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Takes: a table of applicants.   Gives: the probability of each to fall overdue, by a model that a credit team knows.
///
/// One interface for all kinds: the same table, settings and seed give the same probabilities at any number of threads.
public struct CreditBaseline: Sendable {
    /// What it is.
    public let kind: CreditBaselineKind
    /// How columns become floats.
    public let encoding: CreditEncoding
    let model: Model

    enum Model: Sendable {
        case linear(LinearCredit)
        case perceptron(IntentionHabitModel)
        case trees(BoostedTrees)
    }

    /// Learns from one table; another, of other customers, chooses the penalty or says when to stop.
    /// - Throws: ``CreditBaselineError`` where an outcome is missing, a part has one outcome only, customers are in both parts, columns differ,
    ///   or settings are not possible.
    public static func train(
        _ kind: CreditBaselineKind, _ training: CreditTable, validation: CreditTable,
        _ settings: CreditBaselineSettings = CreditBaselineSettings(), pool: WorkerPool
    ) throws(CreditBaselineError) -> CreditBaseline {
        try settings.validate()
        try training.refuseUnlearnable("the applicants to learn from")
        try validation.refuseUnlearnable("the validation part")
        try validation.refuseShared(with: training, "the validation part")
        let isNetwork = kind == .perceptron || kind == .guided
        let encoding = CreditEncoding(
            training, minimumCount: settings.minimumCategoryCount, leastCustomers: settings.leastCategoryCustomers,
            maximumCategories: settings.maximumCategories,
            parts: isNetwork ? settings.parts : 0)
        let (floats, judged) = (try encoding.floats(training), try encoding.floats(validation))
        let model: Model
        switch kind {
        case .logisticRegression:
            model = .linear(
                try LinearCredit(
                    floats, training.outcomes, width: encoding.width, validation: judged, validation.outcomes, strengths: settings.strengths
                ))
        case .perceptron, .guided:
            let guides = kind == .guided ? try guides(training, settings, pool: pool) : []
            model = .perceptron(try perceptron(training, floats, guides, validation, judged, settings, pool))
        case .randomForest, .boostedTrees:
            var own = kind == .randomForest ? settings.forest : settings.trees
            (own.seed, own.threads) = (settings.seed, min(256, pool.threads))
            do throws(BoostedTreesError) {
                model = .trees(
                    try CreditTrees.train(
                        TreeExamples(features: .dense(floats, columns: encoding.width), targets: training.outcomes),
                        validation: TreeExamples(features: .dense(judged, columns: encoding.width), targets: validation.outcomes), own,
                        depths: kind == .boostedTrees ? settings.depths : [], pool: pool))
            } catch { throw .trees(error) }
        }
        return CreditBaseline(kind: kind, encoding: encoding, model: model)
    }

    /// What guides a perceptron: probabilities by boosted trees of the same settings that saw neither the applicant nor the customer, `[B]`.
    static func guides(
        _ training: CreditTable, _ settings: CreditBaselineSettings, pool: WorkerPool
    ) throws(CreditBaselineError) -> [Float] {
        guard settings.perceptron.treeGuidance, settings.perceptron.guidance > 0 else { return [] }
        return try outOfFold(.boostedTrees, training, folds: settings.guideFolds, settings, pool: pool)
    }

    private static func perceptron(
        _ training: CreditTable, _ floats: [Float], _ guides: [Float], _ validation: CreditTable, _ judged: [Float],
        _ settings: CreditBaselineSettings, _ pool: WorkerPool
    ) throws(CreditBaselineError) -> IntentionHabitModel {
        var own = settings.perceptron
        own.seed = UInt64(settings.seed)
        do throws(IntentionHabitError) {
            let part = IntentionHabitData.Part(
                training: try examples(training, floats), validation: try examples(validation, judged))
            var data = IntentionHabitData(old: part, guides: guides)
            data.refusesOutcome = settings.refusesOutcome
            return try IntentionHabitModel.train(data, vocabulary: try BehaviourVocabulary([]), own, pool: pool)
        } catch { throw .perceptron(error) }
    }

    private static func examples(_ table: CreditTable, _ floats: [Float]) throws(IntentionHabitError) -> IntentionHabitExamples {
        try IntentionHabitExamples(
            customers: table.customers, outcomes: table.outcomes, profile: ProfileTable(count: table.count, user: floats))
    }

    /// Overdue probabilities, `[B]`; an applicant's depends on nothing but the applicant.
    /// - Throws: ``CreditBaselineError/otherColumns(_:)``.
    public func probabilities(_ table: CreditTable, pool: WorkerPool) throws(CreditBaselineError) -> [Float] {
        let floats = try encoding.floats(table)
        guard table.count > 0 else { return [] }
        switch model {
        case .linear(let linear):
            return try linear.terms(floats).margins.map { Float(1 / (1 + exp(-Double($0)))) }
        case .perceptron(let network):
            do throws(IntentionHabitError) {
                return try network.probabilities(Self.examples(table, floats), pool: pool)
            } catch { throw .perceptron(error) }
        case .trees(let trees):
            do throws(BoostedTreesError) { return try trees.predict(floats) } catch { throw .trees(error) }
        }
    }

    /// What each column adds to each applicant's log odds: exact Shapley values of trees, or the terms of a linear model, both as distances from
    /// the average applicant learnt from; floats of one category are added up.
    /// - Throws: ``CreditBaselineError/noContributions(kind:)`` for a perceptron.
    public func contributions(_ table: CreditTable) throws(CreditBaselineError) -> CreditContributions {
        let floats = try encoding.floats(table)
        let (sources, width) = (encoding.sources, encoding.width)
        let names = encoding.columns.map(\.name)
        var values = [Float](repeating: 0, count: table.count * names.count)
        var bias = [Float](repeating: 0, count: table.count)
        switch model {
        case .perceptron: throw .noContributions(kind: "a perceptron")
        case .linear(let linear):
            guard table.count > 0 else { break }
            let terms = try linear.terms(floats)
            for row in 0..<table.count {
                bias[row] = linear.bias
                for (place, source) in linear.sources.enumerated() {
                    values[row * names.count + sources[source]] += terms.values[row * linear.sources.count + place]
                }
            }
        case .trees(let trees):
            let parts: [Float]
            do throws(BoostedTreesError) { parts = try trees.contributions(.dense(floats, columns: width)) } catch { throw .trees(error) }
            for row in 0..<table.count {
                bias[row] = parts[row * (width + 1) + width]
                for column in 0..<width { values[row * names.count + sources[column]] += parts[row * (width + 1) + column] }
            }
        }
        return CreditContributions(columns: names, bias: bias, values: values)
    }

    /// Probabilities of applicants by models that saw neither them nor any other application of theirs: one model for each part of the
    /// customers, which the next part judges.
    /// - Parameters:
    ///   - folds: parts, by customer; three or more.
    /// - Returns: `[B]`.
    /// - Throws: as ``train(_:_:validation:_:pool:)``, and where there are fewer than three parts.
    public static func outOfFold(
        _ kind: CreditBaselineKind, _ table: CreditTable, folds count: Int = 5,
        _ settings: CreditBaselineSettings = CreditBaselineSettings(),
        pool: WorkerPool
    ) throws(CreditBaselineError) -> [Float] {
        guard count > 2 else { throw .badSetting(name: "folds", expected: "3 or more: one is scored, one judges, others teach") }
        try table.refuseUnlearnable("the applicants")
        let folds: GroupFolds
        do throws(BoostedTreesError) {
            folds = try GroupFolds(
                groups: table.customers, positives: table.outcomes.map { $0 == 1 }, count: count, seed: UInt64(settings.seed))
        } catch { throw .trees(error) }
        func scored(_ part: Int, _ pool: WorkerPool) -> Result<[Float], CreditBaselineError> {
            let judge = (part + 1) % count
            let learnt = folds.fold.indices.filter { folds.fold[$0] != part && folds.fold[$0] != judge }
            do throws(CreditBaselineError) {
                let own = try train(kind, table.selecting(learnt), validation: table.selecting(folds.rows(in: judge)), settings, pool: pool)
                return .success(try own.probabilities(table.selecting(folds.rows(in: part)), pool: pool))
            } catch { return .failure(error) }
        }
        // Trees grow on one thread each, so their parts are done at once; networks have threads of their own.
        let isAtOnce = kind == .boostedTrees || kind == .randomForest
        let parts = CreditTrees.all(count, isAtOnce ? pool : nil) { scored($0, isAtOnce ? WorkerPool(threads: 1) : pool) }
        var scores = [Float](repeating: .nan, count: table.count)
        for (part, result) in parts.enumerated() {
            for (row, score) in zip(folds.rows(in: part), try result.get()) { scores[row] = score }
        }
        return scores
    }
}

/// What each column adds to the log odds of each applicant.
public struct CreditContributions: Sendable, Equatable {
    /// Names of the columns (C).
    public let columns: [String]
    /// What the average applicant has, `[B]`.
    public let bias: [Float]
    /// `[B, C]`; above 0 where it raises the risk. With the bias they add up to the log odds.
    public let values: [Float]

    /// From outside: another model's terms. Traps where sizes do not agree.
    public init(columns: [String], bias: [Float], values: [Float]) {
        precondition(
            values.count == bias.count * columns.count, "CreditContributions: \(values.count) values for [\(bias.count), \(columns.count)]")
        (self.columns, self.bias, self.values) = (columns, bias, values)
    }

    /// Applicants (B).
    public var count: Int { bias.count }

    /// The terms of one applicant, `[C]`.
    public func terms(of applicant: Int) -> ArraySlice<Float> { values[applicant * columns.count..<(applicant + 1) * columns.count] }
}
