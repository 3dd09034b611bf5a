internal import CreditRisk
internal import Glibc
internal import Studies

/// A kind of raw table, the framework over it, and what a credit team counts in it by hand.
private struct FrameworkTask {
    let name: String
    let configuration: FrameworkConfiguration
    let examples: FrameworkExamples
    let handMade: CreditTable
}

extension CreditBank {
    /// Stacking on both kinds of table, codes of missing values, and a larger network.
    func addFramework(to book: inout ScoreBook, notes: inout [String: FigureValue]) throws {
        let parity = try FrameworkParity(export, configuration(of: settings.frameworkTables), folder)
        let bureau = try bureauTask(parity)
        try add("framework of the bureau, its first table alone", to: &book) {
            let own = try FrameworkParity(export, configuration(of: Array(settings.frameworkTables.prefix(1))), folder)
            return try trained(own.configuration, own.examples).probabilities(own.examples.subset(test), pool: pool)
        }
        notes["bank \(seed), online bytes"] = try parity.figure(addStacked(bureau, to: &book, notes: &notes), test, pool)
        _ = try addStacked(appTask(), to: &book, notes: &notes)
        var variants: [(name: String, change: (inout FrameworkSettings) -> Void)] = []
        variants.append(("zeros for missing values", { $0.missingCodes = false }))
        variants.append(("four times as wide", { ($0.width, $0.heads) = (4 * $0.width, 4 * $0.heads) }))
        for variant in variants {
            var configuration = bureau.configuration
            variant.change(&configuration.network)
            try add("framework of the bureau, \(variant.name)", to: &book) {
                let model = try trained(configuration, bureau.examples)
                notes["parameters of the framework, \(variant.name)"] = .integer(model.parameterCount)
                return try model.probabilities(bureau.examples.subset(test), pool: pool)
            }
        }
    }

    /// The framework of the bureau where few outcomes are known, with and without what all others' records teach beforehand.
    func addPreTraining(to book: inout ScoreBook, notes: inout [String: FigureValue]) throws {
        let own = try FrameworkParity(export, configuration(of: settings.frameworkTables), folder)
        let few = Array(training.suffix(settings.few.applicants))
        let others = own.examples.subset(Array(training.dropLast(settings.few.applicants))).withoutOutcomes()
        for (name, epochs) in [("few, pre-trained", settings.preTrainingEpochs), ("few", 0)] {
            var configuration = own.configuration
            configuration.network.preTrainingEpochs = epochs
            try add("framework of the bureau, \(name)", to: &book) {
                let (learnt, judging) = try FrameworkFolds.split(own.examples.subset(few), configuration.network)
                let model = try FrameworkModel.train(
                    configuration, training: learnt, validation: judging, unlabelled: epochs > 0 ? others : nil, pool: pool)
                if let card = model.card.preTraining {
                    notes["bank \(seed), pre-training"] = [
                        "applicants": .integer(card.applicants), "first_loss": .number(card.firstLoss), "last_loss": .number(card.lastLoss),
                    ]
                }
                return try model.probabilities(own.examples.subset(test), pool: pool)
            }
        }
    }

    private var taught: [Int] { Array(training.suffix(settings.frameworkApplicants)) }

    private func trained(_ configuration: FrameworkConfiguration, _ examples: FrameworkExamples) throws -> FrameworkModel {
        let (own, judging) = try FrameworkFolds.split(examples.subset(taught), configuration.network)
        return try FrameworkModel.train(configuration, training: own, validation: judging, pool: pool)
    }

    /// Scores out of fold for those who teach, and of a model of all of them for the others, beside hand-made features.
    private func addStacked(
        _ task: FrameworkTask, to book: inout ScoreBook, notes: inout [String: FigureValue]
    ) throws -> FrameworkModel {
        let start = FigureContext.now()
        let model = try trained(task.configuration, task.examples)
        let ofTest = try model.probabilities(task.examples.subset(test), pool: pool)
        let ofOthers = try model.probabilities(task.examples.subset(validation), pool: pool)
        try book.add(
            "framework of the \(task.name)", ofTest, outcomes(test), customers(test), seconds: FigureContext.now() - start)
        notes["bank \(seed), framework of the \(task.name)"] = ["follows": learnt(ofTest)]
        let folds = try FrameworkFolds(task.configuration, task.examples.subset(taught), pool: pool)
        func table(_ rows: [Int], _ scores: [Float]?) throws -> CreditTable {
            let own = task.handMade.selecting(rows)
            guard let scores else { return own }
            let logits = scores.map { score in
                let bounded = min(max(score, 1e-6), 1 - 1e-6)
                return log(bounded / (1 - bounded))
            }
            return try CreditTable(
                customers: own.customers, outcomes: own.outcomes, columns: own.columns + [.numeric("sequence score", logits)])
        }
        var top = CreditBaselineSettings()
        top.seed = UInt32(truncatingIfNeeded: seed)
        for (name, isStacked) in [("hand-made features of the \(task.name)", false), ("stacked on the \(task.name)", true)] {
            try add(name, to: &book) {
                let trees = try CreditBaseline.train(
                    .boostedTrees, table(taught, isStacked ? folds.scores : nil),
                    validation: table(validation, isStacked ? ofOthers : nil), top, pool: pool)
                return try trees.probabilities(table(test, isStacked ? ofTest : nil), pool: pool)
            }
        }
        return model
    }

    private func configuration(
        of tables: [FrameworkConfiguration.Table], _ histories: [FrameworkConfiguration.History] = []
    ) -> FrameworkConfiguration {
        var configuration = FrameworkConfiguration(tables: tables, histories: histories)
        configuration.applicants.key = "applicant_id"
        configuration.applicants.outcome = "overdue"
        configuration.network = settings.framework
        configuration.network.seed = seed
        return configuration
    }

    /// Sessions of what was done in the app.
    private func appTask() throws -> FrameworkTask {
        var table = FrameworkConfiguration.Table(name: "app", key: "applicant_id", time: "time")
        (table.categorical, table.numeric) = (["operation"], ["amount"])
        var history = FrameworkConfiguration.History(["app"], pause: 3_600)
        (history.items, history.records) = (settings.habit.rules.sessions, settings.habit.rules.behaviours)
        let configuration = configuration(of: [table], [history])
        let vocabulary = try BehaviourVocabulary(export.operations)
        let names = vocabulary.entries.map(\.name)
        var records = RecordTable(table)
        for (place, own) in behaviours.enumerated() {
            for behaviour in own {
                try records.append(
                    key: export.names[place], time: behaviour.time * 1_000_000, categorical: [names[Int(vocabulary[behaviour.code])]],
                    numeric: [behaviour.amount.map { log1p($0) } ?? .nan])
            }
        }
        var applicants = ApplicantTable(configuration.applicants)
        for place in 0..<export.count {
            try applicants.append(
                key: export.names[place], decision: export.decisions[place] * 1_000_000, outcome: export.applicants.outcomes[place])
        }
        return FrameworkTask(
            name: "app", configuration: configuration, examples: try FrameworkExamples(configuration, applicants, [records]),
            handMade: try counted())
    }

    /// Records of the bureau and monthly statements, from the files as they are.
    private func bureauTask(_ parity: FrameworkParity) throws -> FrameworkTask {
        let handMade = try CreditTable(
            customers: export.applicants.customers, outcomes: export.applicants.outcomes,
            columns: export.applicants.columns + export.bureauFeatures())
        return FrameworkTask(name: "bureau", configuration: parity.configuration, examples: parity.examples, handMade: handMade)
    }
}

enum FrameworkRows {
    static func preTraining(_ book: ScoreBook, _ settings: CreditSyntheticSettings) throws -> FigureValue {
        try book.unpublished(
            "the framework of the bureau with \(settings.few.applicants) known outcomes, pre-trained on the records of all who may teach, "
                + "against none", "framework of the bureau, few, pre-trained", "framework of the bureau, few",
            bound: "truth: given_pre_service")
    }

    static func rows(
        _ book: ScoreBook, _ settings: CreditSyntheticSettings, _ notes: [String: FigureValue]
    ) throws -> [String: FigureValue] {
        var rows: [String: FigureValue] = [:]
        for (kind, bound) in [("app", "truth: given_app"), ("bureau", "truth: given_pre_service")] {
            rows["D1_\(kind)"] = try book.row(
                "boosted trees on hand-made features and an out-of-fold sequence score of the \(kind) against the features alone",
                "stacked on the \(kind)", "hand-made features of the \(kind)", bound: bound)
        }
        rows["D4"] = try book.row(
            "missing values with codes of their own against zeros in their place", "framework of the bureau",
            "framework of the bureau, zeros for missing values", bound: "truth: given_pre_service")
        rows["D5"] = try book.row(
            "the preset (8 floats, 2 heads, 1 layer) against one four times as wide, to be no worse", "framework of the bureau",
            "framework of the bureau, four times as wide", expecting: .noWorse, bound: "truth: given_pre_service")
        let parities = notes.filter { $0.key.hasSuffix("online bytes") }
        rows["D2"] = [
            "what": .text("tensors and scores of applicants read one at a time against those read together, byte by byte"),
            "by_bank": .object(parities),
        ]
        let tables = settings.frameworkTables.map(\.name)
        rows["D3"] = try book.unpublished(
            "a table more (\(tables.dropFirst().joined(separator: ", "))), an entry of the settings file and no code, against "
                + "\(tables.first ?? "none") alone", "framework of the bureau", "framework of the bureau, its first table alone",
            bound: "truth: given_pre_service")
        return rows
    }
}
