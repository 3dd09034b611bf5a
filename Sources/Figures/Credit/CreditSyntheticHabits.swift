internal import BoostedTrees
internal import CreditRisk
internal import Studies

/// What is taken away from the network of intentions and habits, or put in its place.
struct HabitVariant: Sendable {
    let name: String
    var isUnmerged = false
    var change: @Sendable (inout IntentionHabitSettings) -> Void = { _ in }

    static let whole = HabitVariant(name: "HUIHEN")
    static let ablations = [
        HabitVariant(name: "plain GRUs") { ($0.timeAware, $0.contextAware) = (false, false) },
        HabitVariant(name: "no pre-training") { $0.preTraining = false },
        HabitVariant(name: "no guidance") { $0.treeGuidance = false }, HabitVariant(name: "one flat GRU") { $0.sessions = false },
        HabitVariant(name: "unmerged operations", isUnmerged: true), HabitVariant(name: "no field maps") { $0.fieldMaps = false },
        HabitVariant(name: "coupled gate") { $0.timeGate = "coupled" },
        HabitVariant(name: "times from 0 to 1") { $0.times = .unit },
    ]

    static func sweeps(_ settings: CreditSyntheticSettings) -> [HabitVariant] {
        settings.sessions.map { count in HabitVariant(name: "\(count) sessions") { $0.rules.sessions = count } }
            + settings.behaviours.map { count in HabitVariant(name: "\(count) behaviours") { $0.rules.behaviours = count } }
    }
}

/// Which networks of intentions and habits a bank trains.
struct HabitVariants {
    /// What precedes their names in the book.
    var prefix = ""
    var variants: [HabitVariant]
    /// Whether the baselines on the profile are trained, too.
    var hasBaselines = true
    /// How many teach, where not all do who could, and the number of that draw.
    var few: (counts: CreditSyntheticSettings.Few, draw: Int)?

    static let alone = HabitVariants(variants: [.whole] + HabitVariant.ablations)

    static func withSweeps(_ settings: CreditSyntheticSettings) -> HabitVariants {
        HabitVariants(variants: alone.variants + HabitVariant.sweeps(settings))
    }

    /// What H12 and H14 compare.
    static let otherBank = HabitVariants(
        prefix: "bank B: ",
        variants: [.whole] + HabitVariant.ablations.filter { ["unmerged operations", "no field maps"].contains($0.name) },
        hasBaselines: false)

    /// What H3, H4 and H15 compare.
    static func few(_ few: CreditSyntheticSettings.Few, _ draw: Int) -> HabitVariants {
        HabitVariants(
            prefix: "few: ",
            variants: [.whole] + HabitVariant.ablations.filter { ["no pre-training", "no guidance"].contains($0.name) },
            hasBaselines: false, few: (few, draw))
    }
}

extension CreditBank {
    /// Trains the network whole and with each part removed, and the baselines on the profile.
    func addHabits(_ variants: HabitVariants, to book: inout ScoreBook, notes: inout [String: FigureValue]) throws {
        guard let former = export.former else { throw FigureError(code: 65, description: "\(folder): there are no old applicants") }
        var (training, validation, old) = (training, validation, Array(0..<former.count))
        if let (few, draw) = variants.few {
            // Draws share nobody who teaches; as many say when to stop as where all teach.
            old = Array(old.dropFirst(draw * few.oldApplicants).prefix(few.oldApplicants))
            validation = Array(validation.prefix(few.applicants * validation.count / training.count))
            training = Array(training.dropLast(draw * few.applicants).suffix(few.applicants))
            guard old.count == few.oldApplicants, training.count == few.applicants else {
                throw FigureError(code: 65, description: "credit-synthetic.yaml: few: there are too few applicants for so many draws")
            }
        }
        let (oldTraining, oldValidation) = (Array(old[(old.count / 8)...]), Array(old[..<(old.count / 8)]))
        // Draws of a bank are one run of its own, and no other's.
        let (run, seed) = (variants.few.map { _ in Int(self.seed) }, self.seed &+ UInt64(variants.few?.draw ?? 0) << 32)
        var trees = CreditBaselineSettings()
        (trees.trees.learningRate, trees.trees.earlyStoppingRounds, trees.seed) = (0.1, 30, UInt32(truncatingIfNeeded: seed))
        trees.forest.parallelTrees = 200
        // As long as the network's own first step may take.
        (trees.perceptron.preTrainingEpochs, trees.perceptron.patience) = (settings.habit.preTrainingEpochs, 10)
        let guides = try CreditBaseline.outOfFold(.boostedTrees, former.selecting(oldTraining), folds: 4, trees, pool: pool)
        let encoding = try ApplicantExport.ProfileEncoding(former.selecting(oldTraining))
        func profiles(_ table: CreditTable, _ rows: [Int]) throws -> IntentionHabitExamples {
            let own = table.selecting(rows)
            return try IntentionHabitExamples(customers: own.customers, outcomes: own.outcomes, profile: encoding.profile(own))
        }
        let oldPart = IntentionHabitData.Part(
            training: try profiles(former, oldTraining), validation: try profiles(former, oldValidation))
        if variants.hasBaselines { try addProfileModels(to: &book, former.selecting(oldTraining), trees) }
        if variants.hasBaselines || variants.few != nil {
            for (name, isGuided) in [("plain MLP on old applicants", false), ("guided MLP on old applicants", true)] {
                try add(variants.prefix + name, run: run, to: &book) {
                    var own = settings.habit
                    (own.treeGuidance, own.seed) = (isGuided, seed)
                    let model = try IntentionHabitModel.train(
                        IntentionHabitData(old: oldPart, guides: guides), vocabulary: BehaviourVocabulary([]), own, pool: pool)
                    return try model.probabilities(profiles(export.applicants, test), pool: pool)
                }
            }
        }
        for variant in variants.variants {
            var own = settings.habit
            own.seed = seed
            variant.change(&own)
            let vocabulary = try BehaviourVocabulary(variant.isUnmerged ? export.unmergedOperations : export.operations)
            func examples(_ rows: [Int]) throws -> IntentionHabitExamples {
                let table = export.applicants.selecting(rows)
                return try IntentionHabitExamples(
                    customers: table.customers, outcomes: table.outcomes, profile: encoding.profile(table),
                    histories: export.histories(behaviours, of: rows, vocabulary, own.rules))
            }
            var (card, follows): (IntentionHabitCard, FigureValue) = (IntentionHabitCard(), [:])
            try add(variants.prefix + variant.name, run: run, to: &book) {
                let model = try IntentionHabitModel.train(
                    IntentionHabitData(
                        old: oldPart, guides: guides, new: .init(training: examples(training), validation: examples(validation))),
                    vocabulary: vocabulary, own, pool: pool)
                card = model.card
                let scores = try model.probabilities(examples(test), pool: pool)
                follows = learnt(scores)
                return scores
            }
            notes["bank \(self.seed), \(variants.prefix)\(variant.name)\(variants.few.map { ", draw \($0.draw)" } ?? "")"] = [
                "behaviours_in_vocabulary": .integer(vocabulary.entries.count), "epochs": .integer(card.epochs),
                "follows": follows, "pre_training_epochs": .integer(card.preTrainingEpochs),
                "validation_auc": .number(card.validationAUC ?? .nan),
            ]
        }
    }

    /// Models of the profile that learn from all applicants.
    private func addProfileModels(
        to book: inout ScoreBook, _ former: CreditTable, _ settings: CreditBaselineSettings
    ) throws {
        let all = try former.appending(export.applicants.selecting(training))
        let judging = export.applicants.selecting(validation), judged = export.applicants.selecting(test)
        for kind in CreditBaselineKind.allCases {
            try add("profile: \(kind.rawValue)", to: &book) {
                try CreditBaseline.train(kind, all, validation: judging, settings, pool: pool).probabilities(judged, pool: pool)
            }
        }
    }
}

enum HabitRows {
    static func rows(_ book: ScoreBook, _ settings: CreditSyntheticSettings) throws -> [String: FigureValue] {
        var rows: [String: FigureValue] = [:]
        let app = "truth: given_app", whole = HabitVariant.whole.name
        let comparisons = [
            ("H2", "time-aware and user-item-aware recurrences against plain GRUs", "plain GRUs"),
            ("H5", "sessions of behaviours against one flat GRU", "one flat GRU"),
            ("H6_H7", "HUIHEN against boosted trees on the profile", "profile: boostedTrees"),
            ("H8", "HUIHEN against a random forest on the profile", "profile: randomForest"),
            ("H9", "HUIHEN against an MLP on the profile", "profile: perceptron"),
            ("H10", "HUIHEN against logistic regression on the profile", "profile: logisticRegression"),
            ("H11", "merged operations against one embedding a raw code", "unmerged operations"),
            ("H13", "field-aware maps against none", "no field maps"),
        ]
        for (name, what, other) in comparisons { rows[name] = try book.row(what, whole, other, bound: app) }
        rows.merge(try aids(book, "", "_many", "all teach")) { $1 }
        let otherBank = HabitVariants.otherBank.prefix
        for (name, what, other) in [
            ("H12", "as H11, in another bank with other codes", "unmerged operations"), ("H14", "as H13, in that bank", "no field maps"),
        ] { rows[name] = try book.row(what, otherBank + whole, otherBank + other) }
        rows["time_gate"] = try book.unpublished(
            "the literal time gate of equation 6 against the coupled one", whole, "coupled gate", bound: app)
        rows["times"] = try book.unpublished("standardised times against log(1 + s) / log(3601)", whole, "times from 0 to 1", bound: app)
        // Sweeps have fewer runs; the whole is compared by the same ones.
        for variant in HabitVariant.sweeps(settings) where book.runs[variant.name] != nil {
            let count = book.runs[variant.name]?.count ?? 0
            rows["sweep_\(variant.name.replacing(" ", with: "_"))"] = try book.keeping(count).unpublished(
                "all sessions and behaviours kept against \(variant.name)", whole, variant.name, bound: app)
        }
        return rows
    }

    /// What old applicants and trees give is a claim about few overdue ones; what is left of it where many teach stands beside it.
    static func few(_ book: ScoreBook, _ settings: CreditSyntheticSettings) throws -> [String: FigureValue] {
        try aids(book, "few: ", "", "\(settings.few.applicants) new and \(settings.few.oldApplicants) old applicants teach")
    }

    private static func aids(
        _ book: ScoreBook, _ prefix: String, _ suffix: String, _ teachers: String
    ) throws -> [String: FigureValue] {
        let whole = prefix + HabitVariant.whole.name, app = "truth: given_app"
        return [
            "H3" + suffix: try book.row(
                "pre-training on old applicants against none; \(teachers)", whole, prefix + "no pre-training", bound: app),
            "H4" + suffix: try book.row(
                "pre-training guided by trees against unguided; \(teachers)", whole, prefix + "no guidance", bound: app),
            "H15" + suffix: try book.row(
                "an MLP on old profiles guided by trees against one that is not; \(teachers)", prefix + "guided MLP on old applicants",
                prefix + "plain MLP on old applicants", bound: "truth: given_profile"),
        ]
    }
}
