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

    static let alone = HabitVariants(variants: [.whole] + HabitVariant.ablations)

    static func withSweeps(_ settings: CreditSyntheticSettings) -> HabitVariants {
        HabitVariants(variants: alone.variants + HabitVariant.sweeps(settings))
    }

    /// What H12 and H14 compare.
    static let otherBank = HabitVariants(
        prefix: "bank B: ",
        variants: [.whole] + HabitVariant.ablations.filter { ["unmerged operations", "no field maps"].contains($0.name) },
        hasBaselines: false)
}

extension CreditBank {
    /// Trains the network whole and with each part removed, and the baselines on the profile.
    func addHabits(_ variants: HabitVariants, to book: inout ScoreBook, notes: inout [String: FigureValue]) throws {
        guard let former = export.former else { throw FigureError(code: 65, description: "\(folder): there are no old applicants") }
        let judges = former.count / 8
        let (oldTraining, oldValidation) = (Array(judges..<former.count), Array(0..<judges))
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
        let old = IntentionHabitData.Part(training: try profiles(former, oldTraining), validation: try profiles(former, oldValidation))
        if variants.hasBaselines {
            try addProfileModels(to: &book, former, old, guides, oldTraining, profiles: { try profiles($0, $1) }, trees)
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
            try add(variants.prefix + variant.name, to: &book) {
                let model = try IntentionHabitModel.train(
                    IntentionHabitData(
                        old: old, guides: guides, new: .init(training: examples(training), validation: examples(validation))),
                    vocabulary: vocabulary, own, pool: pool)
                card = model.card
                let scores = try model.probabilities(examples(test), pool: pool)
                follows = learnt(scores)
                return scores
            }
            notes["bank \(seed), \(variants.prefix)\(variant.name)"] = [
                "behaviours_in_vocabulary": .integer(vocabulary.entries.count), "epochs": .integer(card.epochs),
                "follows": follows, "pre_training_epochs": .integer(card.preTrainingEpochs),
                "validation_auc": .number(card.validationAUC ?? .nan),
            ]
        }
    }

    /// Models of the profile: those that learn from all applicants, and the perceptron on old ones with and without guidance.
    private func addProfileModels(
        to book: inout ScoreBook, _ former: CreditTable, _ old: IntentionHabitData.Part, _ guides: [Float], _ oldTraining: [Int],
        profiles: (CreditTable, [Int]) throws -> IntentionHabitExamples, _ settings: CreditBaselineSettings
    ) throws {
        let all = try former.selecting(oldTraining).appending(export.applicants.selecting(training))
        let judging = export.applicants.selecting(validation), judged = export.applicants.selecting(test)
        for kind in CreditBaselineKind.allCases {
            try add("profile: \(kind.rawValue)", to: &book) {
                try CreditBaseline.train(kind, all, validation: judging, settings, pool: pool).probabilities(judged, pool: pool)
            }
        }
        for (name, isGuided) in [("plain MLP on old applicants", false), ("guided MLP on old applicants", true)] {
            try add(name, to: &book) {
                var own = self.settings.habit
                (own.treeGuidance, own.seed) = (isGuided, seed)
                let model = try IntentionHabitModel.train(
                    IntentionHabitData(old: old, guides: guides), vocabulary: BehaviourVocabulary([]), own, pool: pool)
                return try model.probabilities(profiles(export.applicants, test), pool: pool)
            }
        }
    }
}

enum HabitRows {
    static func rows(_ book: ScoreBook, _ settings: CreditSyntheticSettings) throws -> [String: FigureValue] {
        var rows: [String: FigureValue] = [:]
        let app = "truth: given_app", profile = "truth: given_profile", whole = HabitVariant.whole.name
        let comparisons = [
            ("H2", "time-aware and user-item-aware recurrences against plain GRUs", "plain GRUs"),
            ("H3", "pre-training on old applicants against none", "no pre-training"),
            ("H4", "pre-training guided by trees against unguided", "no guidance"),
            ("H5", "sessions of behaviours against one flat GRU", "one flat GRU"),
            ("H6_H7", "HUIHEN against boosted trees on the profile", "profile: boostedTrees"),
            ("H8", "HUIHEN against a random forest on the profile", "profile: randomForest"),
            ("H9", "HUIHEN against an MLP on the profile", "profile: perceptron"),
            ("H10", "HUIHEN against logistic regression on the profile", "profile: logisticRegression"),
            ("H11", "merged operations against one embedding a raw code", "unmerged operations"),
            ("H13", "field-aware maps against none", "no field maps"),
        ]
        for (name, what, other) in comparisons { rows[name] = try book.row(what, whole, other, bound: app) }
        let otherBank = HabitVariants.otherBank.prefix
        for (name, what, other) in [
            ("H12", "as H11, in another bank with other codes", "unmerged operations"), ("H14", "as H13, in that bank", "no field maps"),
        ] { rows[name] = try book.row(what, otherBank + whole, otherBank + other) }
        rows["H15"] = try book.row(
            "an MLP on old profiles guided by trees against one that is not", "guided MLP on old applicants",
            "plain MLP on old applicants", bound: profile)
        rows["time_gate"] = try unpublished(book, "the literal time gate of equation 6 against the coupled one", whole, "coupled gate", app)
        rows["times"] = try unpublished(book, "standardised times against log(1 + s) / log(3601)", whole, "times from 0 to 1", app)
        // Sweeps have fewer runs; the whole is compared by the same ones.
        for variant in HabitVariant.sweeps(settings) where book.runs[variant.name] != nil {
            let count = book.runs[variant.name]?.count ?? 0
            rows["sweep_\(variant.name.replacing(" ", with: "_"))"] = try unpublished(
                book.keeping(count), "all sessions and behaviours kept against \(variant.name)", whole, variant.name, app)
        }
        return rows
    }

    /// A comparison of which nothing is published.
    private static func unpublished(
        _ book: ScoreBook, _ what: String, _ first: String, _ second: String, _ bound: String
    ) throws -> FigureValue {
        guard case .object(var row) = try book.row(what, first, second, bound: bound) else { return [:] }
        row["auc_direction_as_published"] = .text("nothing is published")
        row["ks_direction_as_published"] = .text("nothing is published")
        return .object(row)
    }
}
