public import Evaluation
public import SequenceKernel

/// What distilling is worth: a teacher, a student without it, a student with it, and one without each part, by several seeds on the same
/// customers.
public struct StageStudy: Sendable {
    /// Who is trained.
    public enum Variant: String, Sendable, CaseIterable, Codable {
        /// Reads the service, too.
        case teacher
        /// A student taught by outcomes alone.
        case plain
        /// The student with everything.
        case distilled
        /// Without soft labels.
        case withoutSoftLabels
        /// Without the distance between representations.
        case withoutCoarseGrain
        /// Without the contrast of prototypes.
        case withoutFineGrain
        /// Without the states of single records.
        case withoutEventGrain
        /// Without its own average.
        case withoutSelf
        /// All classes weighing alike.
        case withoutReweighting

        /// The settings of a student.
        func settings(_ whole: StageDistillationSettings) -> StageDistillationSettings {
            var own = whole
            switch self {
            case .teacher, .distilled: break
            case .plain: own = whole.plain
            case .withoutSoftLabels: own.softWeight = 0
            case .withoutCoarseGrain: own.coarseWeight = 0
            case .withoutFineGrain: own.fineWeight = 0
            case .withoutEventGrain: own.eventWeight = 0
            case .withoutSelf: own.selfWeight = 0
            case .withoutReweighting: own.reweighting = 0
            }
            return own
        }
    }

    /// One line of the report.
    public struct Line: Sendable, Equatable, Codable {
        /// Who.
        public var variant: Variant
        /// Its metrics.
        public var metrics: RepeatedDiscrimination.Summary
        /// Those of the distilled student less its own; nil for that student itself.
        public var distilledLessThis: RepeatedDiscrimination.Summary?
        /// Its own less those of the plain student; nil for that student itself.
        public var lessPlain: RepeatedDiscrimination.Summary?
        /// Mean probability: beside the share of overdue ones it tells how re-weighting moves the level.
        public var meanProbability: Double
        /// Standard deviation of the AUC between seeds; nil with one seed.
        public var deviationOfAUC: Double?
    }

    /// Lines in the order of the variants asked for.
    public let lines: [Line]
    /// Share of overdue applicants among those judged by.
    public let overdueShare: Double
    /// Which randomness the intervals hold.
    public let randomness: String

    /// Trains all variants with each seed on `training`, stops by `validation`, judges by `test`, all of different customers.
    /// - Parameter variants: the distilled and the plain student are always among them; one without a part that the settings have not is left
    ///   out.
    /// - Throws: ``StageDistillationError`` as training and scoring do.
    public static func run(
        training: InServiceExamples, validation: InServiceExamples, test: InServiceExamples,
        _ settings: StageDistillationSettings = StageDistillationSettings(), seeds: [UInt64],
        variants: [Variant] = Variant.allCases, resampling: Resampling = Resampling(rounds: 1_000), pool: WorkerPool,
        progress: (Variant, UInt64) -> Bool = { _, _ in true }
    ) throws(StageDistillationError) -> StageStudy {
        guard test.preService.outcomes.allSatisfy({ $0 == 0 || $0 == 1 }), Set(test.preService.outcomes).count == 2 else {
            throw .examples("those judged by have unknown outcomes or all the same; give some of both")
        }
        let scores = try probabilities(
            training: training, validation: validation, test: test, settings, seeds: seeds, variants: variants, pool: pool,
            progress: progress)
        return StageStudy(scores, Self.asked(variants, settings), test.preService, resampling)
    }

    /// Those asked for, and the two that all others are compared with.
    private static func asked(_ variants: [Variant], _ settings: StageDistillationSettings) -> [Variant] {
        Variant.allCases.filter { variant in
            [.plain, .distilled].contains(variant)
                || variants.contains(variant) && (variant == .teacher || variant.settings(settings) != settings)
        }
    }

    /// What all variants say of `test`, for who compares them over several parts or banks: `[seeds]` of `[B]` each.
    /// - Parameters: as of ``run(training:validation:test:_:seeds:variants:resampling:pool:progress:)``.
    /// - Throws: ``StageDistillationError`` as training and scoring do.
    public static func probabilities(
        training: InServiceExamples, validation: InServiceExamples, test: InServiceExamples,
        _ settings: StageDistillationSettings = StageDistillationSettings(), seeds: [UInt64], variants: [Variant] = Variant.allCases,
        pool: WorkerPool, progress: (Variant, UInt64) -> Bool = { _, _ in true }
    ) throws(StageDistillationError) -> [Variant: [[Float]]] {
        guard !seeds.isEmpty, Set(seeds).count == seeds.count else { throw .badSetting(name: "seeds", expected: "one or more, each once") }
        let taught = Set(training.preService.customers + validation.preService.customers)
        guard taught.isDisjoint(with: test.preService.customers) else {
            throw .examples("some of those judged by are also among those learnt from; split by customer")
        }
        let wanted = Self.asked(variants, settings)
        var scores: [Variant: [[Float]]] = [:]
        for seed in seeds {
            var own = settings
            own.seed = seed
            let targets = try TeacherTargets.outOfFold(training, validation: validation, own, pool: pool)
            for variant in wanted {
                guard progress(variant, seed) else { throw .cancelled }
                let found: [Float]
                if variant == .teacher {
                    let teacher = try InServiceModel.train(training, validation: validation, own, pool: pool)
                    found = try teacher.probabilities(test, pool: pool)
                } else {
                    let student = try PreServiceModel.train(
                        training.preService, validation: validation.preService, targets: targets, variant.settings(own), pool: pool)
                    found = try student.probabilities(test.preService, pool: pool)
                }
                scores[variant, default: []].append(found)
            }
        }
        return scores
    }

    /// - Parameter asked: the distilled and the plain student among them.
    private init(_ scores: [Variant: [[Float]]], _ asked: [Variant], _ test: PreServiceExamples, _ resampling: Resampling) {
        let (units, count) = RepeatedDiscrimination.numbered([test.customers])
        var repeated = RepeatedDiscrimination(scorers: asked.count, units: count)
        let seeds = scores[.plain]?.count ?? 0
        for seed in 0..<seeds {
            repeated.append(
                tested: units[0], positives: test.positives, probabilities: asked.map { scores[$0]?[seed] ?? [] })
        }
        let (plain, distilled) = (asked.firstIndex(of: .plain) ?? 0, asked.firstIndex(of: .distilled) ?? 0)
        let pairs = asked.indices.flatMap { [(distilled, $0), ($0, plain)] }
        let (own, differences) = repeated.summaries(differences: pairs, drawing: .unitsAndRuns, resampling)
        lines = asked.enumerated().map { place, variant in
            let all = (scores[variant] ?? []).joined(), aucs = repeated.aucs(of: place)
            let mean = aucs.reduce(0, +) / Double(aucs.count)
            let squares = aucs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return Line(
                variant: variant, metrics: own[place], distilledLessThis: place == distilled ? nil : differences[2 * place],
                lessPlain: place == plain ? nil : differences[2 * place + 1],
                meanProbability: all.reduce(0) { $0 + Double($1) } / Double(max(1, all.count)),
                deviationOfAUC: seeds > 1 ? (squares / Double(seeds - 1)).squareRoot() : nil)
        }
        overdueShare = Double(test.positives.count { $0 }) / Double(max(1, test.count))
        randomness = repeated.randomness(.unitsAndRuns)
    }

    /// The line of a variant; nil where it was not asked for.
    public subscript(_ variant: Variant) -> Line? { lines.first { $0.variant == variant } }
}
