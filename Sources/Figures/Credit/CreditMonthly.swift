internal import BoostedTrees
internal import CreditRisk
internal import Evaluation
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

/// What tools/figures.d/credit-monthly.yaml holds.
private struct CreditMonthlySettings: Decodable {
    /// Draws of the parts; each also seeds the networks.
    var seeds: [UInt64]
    /// Parts of the persons: one is judged, the next says when to stop, the others teach.
    var folds: Int
    /// Share of the cards, the earliest opened, whose persons teach in the split by time.
    var earlyShare: Double
    /// Draws of the bootstrap.
    var rounds: Int
    var stage: StageDistillationSettings
}

extension Figure {
    /// {by_person: {variants: …, rows: …}, by_opening: …, verdict, …}.
    static let creditMonthly = Figure(
        pattern: "credit-monthly",
        summary: "stage distillation on real card statuses: teacher with the first year, student on application fields, each part removed"
    ) { context in
        let folder = "\(context.data)/credit_card_monthly_status"
        let files = ["application_record_matched.csv.gz", "credit_record.csv.gz"].map { "\(folder)/\($0)" }
        guard files.allSatisfy(FigureContext.exists) else {
            throw FigureError(code: 66, description: "\(folder): its files are not there; name the root of the sets with --data")
        }
        return try CreditMonthlyRun(context, MonthlyCards(applications: files[0], statuses: files[1])).figure()
    }
}

private struct CreditMonthlyRun {
    let settings: CreditMonthlySettings
    let cards: MonthlyCards
    let isQuick: Bool
    let pool = WorkerPool(threads: FigureContext.timedThreads)
    let started = FigureContext.now()

    init(_ context: FigureContext, _ cards: MonthlyCards) throws {
        var settings = try SettingsFile.read(CreditMonthlySettings.self, from: context.settings("credit-monthly.yaml"))
        if context.quick {
            (settings.seeds, settings.stage.epochs, settings.rounds) = (Array(settings.seeds.prefix(1)), min(4, settings.stage.epochs), 100)
        }
        (self.settings, self.cards, isQuick) = (settings, cards, context.quick)
    }

    func figure() throws -> FigureValue {
        let persons = try book(by: "person") { seed in
            let folds = try GroupFolds(
                groups: cards.cards.map(\.person), positives: cards.cards.map(\.isOverdue), count: settings.folds, seed: seed)
            return (0..<settings.folds).map { part in
                let judge = (part + 1) % settings.folds
                return Split(
                    training: folds.fold.indices.filter { folds.fold[$0] != part && folds.fold[$0] != judge },
                    validation: folds.rows(in: judge), test: folds.rows(in: part))
            }
        }
        let time = try book(by: "opening") { seed in [try byOpening(seed)] }
        let rows = try Self.rows(persons)
        return [
            "by_person": rows.value, "by_opening": try Self.rows(time).value,
            "verdict": .text(rows.verdicts.joined(separator: " ")), "data": data(), "quick": .truth(isQuick),
            "splits": [
                "by_person": .text(
                    "\(settings.folds) parts of the persons for each of \(settings.seeds.count) seeds; equal application fields are one "
                        + "person; one part is judged, one says when to stop, the others teach; metrics are taken within each part, the "
                        + "parts of a seed are one run"),
                "by_opening": .text(
                    "the cards opened earliest teach, cards opened later of other persons are judged, and later cards of the same persons do neither; outcomes of the former "
                        + "were mostly not yet known when the latter were opened, as 61 months do not hold two times 24"),
            ],
            "seconds": .number(FigureContext.now() - started),
        ]
    }

    private struct Split {
        var training: [Int]
        var validation: [Int]
        var test: [Int]
    }

    /// Those opened earliest teach; of the others those of other persons are judged, and the rest is left out.
    private func byOpening(_ seed: UInt64) throws -> Split {
        let order = cards.cards.indices.sorted { (cards.cards[$1].openedMonthsBack, $0) < (cards.cards[$0].openedMonthsBack, $1) }
        let taught = order.prefix(Int(Double(order.count) * settings.earlyShare)).sorted()
        let early = Set(taught.map { cards.cards[$0].person })
        let late = order.dropFirst(taught.count).filter { !early.contains(cards.cards[$0].person) }
        let folds = try GroupFolds(
            groups: taught.map { cards.cards[$0].person }, positives: taught.map { cards.cards[$0].isOverdue }, count: 5, seed: seed)
        return Split(
            training: folds.rows(outside: 0).map { taught[$0] }, validation: folds.rows(in: 0).map { taught[$0] }, test: late.sorted())
    }

    /// Scores of all variants in all splits.
    private func book(by name: String, _ splits: (UInt64) throws -> [Split]) throws -> ScoreBook {
        var book = ScoreBook(Resampling(rounds: settings.rounds))
        for seed in settings.seeds {
            for (number, split) in try splits(seed).enumerated() {
                FigureContext.say("credit-monthly, by \(name), seed \(seed), part \(number)")
                // What is common enough for a column is seen among those who teach alone.
                let encoding = cards.encoding(of: split.training)
                func select(_ rows: [Int]) throws -> InServiceExamples { try cards.examples(of: rows, encoding) }
                let test = try select(split.test), training = try select(split.training)
                let found = try StageStudy.probabilities(
                    training: training, validation: select(split.validation), test: test, settings.stage, seeds: [seed], pool: pool)
                for variant in StageStudy.Variant.allCases {
                    guard let scores = found[variant]?.first else { continue }
                    try book.add(
                        variant.rawValue, scores, test.preService.outcomes, test.preService.customers, run: Int(seed))
                }
                try addTrees(split, run: Int(seed), to: &book)
            }
        }
        return book
    }

    /// What a credit team would take for the application fields, as a check that the student is no straw man.
    private func addTrees(_ split: Split, run: Int, to book: inout ScoreBook) throws {
        let table = cards.applications, test = table.selecting(split.test)
        for kind in [CreditBaselineKind.logisticRegression, .boostedTrees] {
            let model = try CreditBaseline.train(
                kind, table.selecting(split.training), validation: table.selecting(split.validation), pool: pool)
            try book.add(kind.rawValue, model.probabilities(test, pool: pool), test.outcomes, test.customers, run: run)
        }
    }

    /// Variants, differences, and what the intervals say in words.
    private static func rows(_ book: ScoreBook) throws -> (value: FigureValue, verdicts: [String]) {
        var variants: [String: FigureValue] = [:]
        for name in book.runs.keys { variants[name] = try book.metrics(name) }
        let pairs: [(what: String, first: String, second: String)] =
            [
                ("the first year's statuses tell more than the application fields", "teacher", "plain"),
                ("distillation helps a student that reads application fields alone", "distilled", "plain"),
                ("the distilled student orders applicants better than boosted trees", "distilled", "boostedTrees"),
                ("soft labels help", "distilled", "withoutSoftLabels"), ("the coarse grain helps", "distilled", "withoutCoarseGrain"),
                ("the fine grain helps", "distilled", "withoutFineGrain"), ("self distillation helps", "distilled", "withoutSelf"),
                ("re-weighting helps", "distilled", "withoutReweighting"),
            ].filter { book.runs[$0.1] != nil && book.runs[$0.2] != nil }
        var (rows, verdicts): ([String: FigureValue], [String]) = ([:], [])
        for (what, first, second) in pairs {
            rows["\(first) less \(second)"] = try book.row(what, first, second)
            verdicts.append(verdict(what, try book.difference(first, second)))
        }
        let student = try book.summary("plain").auc
        verdicts.insert(
            "Application fields alone: AUC \(digits(student))" + (student.lower > 0.5 ? "." : ", which is not told from chance."), at: 0)
        return (["variants": .object(variants), "rows": .object(rows)], verdicts)
    }

    private static func verdict(_ what: String, _ difference: RepeatedDiscrimination.Summary) -> String {
        let parts = [("AUC", difference.auc), ("KS", difference.ks), ("AP", difference.averagePrecision)]
        let numbers = parts.map { "\($0.0) \(digits($0.1))" }.joined(separator: ", ")
        let auc = difference.auc
        let word = auc.lower > 0 ? "supported" : auc.upper < 0 ? "contradicted" : "not decided"
        return "\(what.prefix(1).uppercased())\(what.dropFirst()): \(word) by these data (differences: \(numbers))."
    }

    private static func digits(_ metric: MetricInterval) -> String {
        func one(_ value: Double) -> String { "\((value * 10_000).rounded() / 10_000)" }
        return "\(one(metric.estimate)) [\(one(metric.lower)), \(one(metric.upper))]"
    }

    private func data() -> FigureValue {
        let all = cards.cards
        return [
            "cards_with_application": .integer(cards.counts.cards), "persons": .integer(cards.counts.persons),
            "left_out_opened_less_than_24_months_before": .integer(cards.counts.tooYoung),
            "left_out_closed_before_month_13": .integer(cards.counts.closedBefore),
            "status_rows_without_application": .integer(cards.counts.rowsWithoutApplication),
            "cards_judged": .integer(all.count), "persons_judged": .integer(Set(all.map(\.person)).count),
            "overdue": .integer(all.count { $0.isOverdue }),
            "persons_overdue": .integer(Set(all.filter(\.isOverdue).map(\.person)).count),
            "overdue_in_the_first_year": .integer(all.count { $0.wasOverdue }),
            "overdue_in_both_years": .integer(all.count { $0.wasOverdue && $0.isOverdue }),
        ]
    }
}
