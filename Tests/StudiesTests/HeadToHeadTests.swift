import Evaluation
import Recommendation
import SequenceKernel
import Studies
import Testing

/// Rows of features judged on the same decisions, by hand.
@Suite struct HeadToHeadTests {
    static let business = FeatureRow.business.name

    static func scores(_ name: String, _ hits: [Double], loss: Double, offers: [Double] = []) -> HeadToHead.Scores {
        HeadToHead.Scores(name: name, hits: hits, losses: hits.map { _ in loss }, offers: offers)
    }

    static func head(_ rows: [HeadToHead.Scores], best: HeadToHead.Scores? = nil) -> HeadToHead {
        HeadToHead(classes: [0, 0, 0, 1], customers: [5, 6, 7, 8], rows: rows, best: best)
    }

    static func isNear(_ a: Double?, _ b: Double) -> Bool { a.map { abs($0 - b) < 1e-12 } ?? false }

    @Test func recallsChangesAndSharesAreThoseOfTheFormula() throws {
        let table = Self.head(
            [Self.scores("a", [1, 1, 1, 0], loss: 1), Self.scores("b", [1, 1, 0, 1], loss: 0.5)],
            best: Self.scores("the truth", [1, 1, 1, 1], loss: 0.25)
        ).table(Resampling(rounds: 50))
        let (a, b) = (table.lines[0], table.lines[1])
        #expect(table.decisions == 4 && table.customers == 4)
        // Three of three and none of one; two of three and one of one.
        #expect(Self.isNear(a.metrics["macroRecall"]?.estimate, 0.5) && Self.isNear(b.metrics["macroRecall"]?.estimate, 5.0 / 6))
        #expect(Self.isNear(a.metrics["micro"]?.estimate, 0.75) && Self.isNear(b.metrics["micro"]?.estimate, 0.75))
        #expect(Self.isNear(b.changes["macroRecall"]?.estimate, 2.0 / 3) && Self.isNear(b.changes["logLoss"]?.estimate, -0.5))
        #expect(a.changes.isEmpty && a.sharesOfPossible.isEmpty)
        // A third of a half; a half of three quarters.
        #expect(Self.isNear(b.sharesOfPossible["macroRecall"]?.estimate, 2.0 / 3))
        #expect(Self.isNear(b.sharesOfPossible["logLoss"]?.estimate, 2.0 / 3))
        // Every loss is alike: no resample can say anything else.
        #expect(b.changes["logLoss"] == MetricInterval(estimate: -0.5, lower: -0.5, upper: -0.5))
        #expect(try #require(b.changes["micro"]).lower < 0)
        #expect(a.metrics["productF1"] == nil, "rankings have no background")
    }

    @Test func aBackgroundIsLeftOutOfTheProducts() {
        let head = HeadToHead(
            classes: [0, 0, 1, 2], customers: [1, 2, 3, 4], rows: [Self.scores("a", [1, 0, 1, 0], loss: 1, offers: [0, 1, 1, 1])],
            background: 0)
        // Two products to find, three offered, one of them right: 2 · 1 / (2 + 3).
        #expect(Self.isNear(head.table(Resampling(rounds: 20)).lines[0].metrics["productF1"]?.estimate, 0.4))
    }

    @Test func someOfTheDecisionsKeepEverythingOfTheirs() throws {
        let head = HeadToHead(
            classes: [0, 0, 1, 2], customers: [1, 2, 3, 4],
            rows: [
                Self.scores("a", [1, 0, 1, 0], loss: 1, offers: [0, 1, 1, 1]),
                Self.scores("b", [0, 1, 1, 1], loss: 2, offers: [1, 0, 1, 1]),
            ], best: Self.scores("the truth", [1, 1, 1, 0], loss: 0.5, offers: [0, 0, 1, 1]), background: 0)
        let part = head.selecting([1, 2])
        #expect(part.classes == [0, 1] && part.customers == [2, 3] && part.background == 0)
        #expect(part.rows.map(\.hits) == [[0, 1], [1, 1]] && part.rows.map(\.offers) == [[1, 1], [0, 1]])
        #expect(part.best?.hits == [1, 1] && part.best?.offers == [0, 1])
        let again = try #require(head.selecting([0, 1, 2, 3]).best)
        #expect(again == head.best)
    }

    @Test func transparencyIsLabelsAgainstTheEmbedding() {
        let rows = [
            Self.scores(Self.business, [0, 0, 0, 1], loss: 2), Self.scores(FeatureRow.supplied.name, [1, 1, 1, 0], loss: 1.6),
            Self.scores(FeatureRow.labels.name, [1, 1, 0, 0], loss: 1.2), Self.scores(FeatureRow.embedding.name, [1, 1, 1, 1], loss: 1),
        ]
        let table = Self.head(rows).table(Resampling(rounds: 20))
        #expect(Self.isNear(table.priceOfTransparency["micro"]?.estimate, -0.5))
        #expect(Self.isNear(table.priceOfTransparency["logLoss"]?.estimate, 0.2))
        #expect(Self.isNear(table.distilledOverSupplied["logLoss"]?.estimate, 0.75))
        #expect(Self.isNear(table.embeddingOverSupplied["micro"]?.estimate, 1.0 / 3))
        #expect(Self.head([rows[0], rows[3]]).table(Resampling(rounds: 20)).priceOfTransparency.isEmpty)
    }

    @Test func decisionsOfAnotherSeedAreThoseOfOtherPeople() {
        var head = Self.head([Self.scores("a", [1, 1, 1, 0], loss: 1)], best: Self.scores("t", [1, 1, 1, 1], loss: 0))
        head.append(Self.head([Self.scores("a", [0, 0, 0, 0], loss: 3)], best: Self.scores("t", [1, 1, 1, 1], loss: 0)))
        let table = head.table(Resampling(rounds: 20))
        #expect(table.decisions == 8 && table.customers == 8 && Set(head.customers).count == 8)
        #expect(Self.isNear(table.lines[0].metrics["micro"]?.estimate, 3.0 / 8))
        #expect(Self.isNear(table.lines[0].metrics["logLoss"]?.estimate, 2))
        #expect(head.best?.hits.count == 8)
    }

    @Test func runsAreAveraged() {
        let mean = HeadToHead.Scores.mean([
            Self.scores("a", [1, 0], loss: 1, offers: [1, 0]), Self.scores("a", [0, 0], loss: 2, offers: [1, 1]),
        ])
        #expect(mean == HeadToHead.Scores(name: "a", hits: [0.5, 0], losses: [1.5, 1.5], offers: [1, 0.5]))
    }

    @Test func picturesAreTenPartsAndTenths() {
        let probabilities: [Float] = (0..<20).map { Float($0) / 20 + 0.025 }
        let pictures = HeadToHead.Pictures(
            row: "r", probabilities: probabilities, happened: (0..<20).map { $0 >= 10 }, lifted: true, homePages: nil)
        #expect(pictures.calibration.count == 10 && pictures.calibration.allSatisfy { $0.count == 2 })
        #expect(abs(pictures.calibration[0].probability - 0.05) < 1e-6 && pictures.calibration[9].frequency.estimate == 1)
        #expect(pictures.lift.count == 10 && pictures.lift[0].lift == 2 && pictures.lift[4].captured == 1 && pictures.lift[9].rate == 0)
        // Means of floats may lie a little beyond 1; nothing that happens leaves no lift.
        let none = HeadToHead.Pictures(
            row: "r", probabilities: [1.000001, -0.00001], happened: [false, false], lifted: true, homePages: nil)
        #expect(none.lift.isEmpty && none.calibration.count == 2)
        let tiles = HeadToHead.Pictures(row: "r", probabilities: [0.5], happened: [true], lifted: false, homePages: nil)
        #expect(tiles.lift.isEmpty)
    }
}

/// Which home pages are shown, by hand.
@Suite struct HomePageTests {
    /// Impressions of three tiles; each has a context of absent, days, and two intents.
    struct Shown {
        var customer: Int32
        var clicked: Int
        var baseline: [Float]
        var richest: [Float]
        var absent = false
        var positions: [Int32] = [1, 2, 3]
    }

    static func pages(_ shown: [Shown]) throws -> HeadToHead.HomePages {
        let examples = try RankingExamples(
            contextNames: ["latest.labels.pay", "latest.labels.compare", "counts.absent", "counts.log1p_days_since_latest"],
            context: shown.flatMap { $0.absent ? [.nan, .nan, 1, .nan] : [0.2, 0.7, 0, Float(1.0986123)] },
            offsets: (0...shown.count).map { 3 * $0 },
            tileFeatureNames: [], tileFeatures: [], position: shown.flatMap(\.positions),
            clicked: shown.flatMap { own in (0..<3).map { $0 == own.clicked } }, customer: shown.map(\.customer), time: shown.map { _ in 0 }
        )
        return HeadToHead.HomePages(
            examples, Array(shown.indices), baseline: shown.flatMap(\.baseline), richest: shown.flatMap(\.richest),
            names: { "tile \($0 % 3)" })
    }

    static let first: [Float] = [0.6, 0.3, 0.1]
    static let last: [Float] = [0.1, 0.3, 0.6]

    @Test func theyAreChosenByRiseAndOneByFall() throws {
        let pages = try Self.pages([
            // Better: rises from the second place; from the third; the same customer again; from the third, but less probable.
            Shown(customer: 1, clicked: 1, baseline: Self.first, richest: [0.2, 0.7, 0.1]),
            Shown(customer: 2, clicked: 2, baseline: Self.first, richest: Self.last),
            Shown(customer: 2, clicked: 2, baseline: Self.first, richest: Self.last),
            Shown(customer: 3, clicked: 2, baseline: Self.first, richest: [0.3, 0.2, 0.5]),
            // Both have it first; nobody has; no session; worse by two places; worse by one.
            Shown(customer: 4, clicked: 0, baseline: Self.first, richest: Self.first),
            Shown(customer: 5, clicked: 1, baseline: Self.first, richest: Self.last),
            Shown(customer: 6, clicked: 2, baseline: Self.first, richest: Self.last, absent: true),
            Shown(customer: 7, clicked: 0, baseline: Self.first, richest: Self.last),
            Shown(customer: 8, clicked: 0, baseline: Self.first, richest: [0.4, 0.5, 0.1]),
        ])
        #expect(pages.linked == 8 && pages.better == 4 && pages.worse == 2)
        // Customers 2, 3 and 1, and 7 last.
        #expect(pages.examples.map { $0.tiles.firstIndex(where: \.isClicked) } == [2, 2, 1, 0])
        #expect(pages.examples.map(\.rank) == [1, 1, 1, 3] && pages.examples.map(\.baselineRank) == [3, 3, 2, 1])
        #expect(pages.examples[0].tiles.map(\.probability) == Self.last.map(Double.init))
        #expect(pages.examples[0].newOrder.map(\.name) == ["tile 2", "tile 1", "tile 0"])
        #expect(pages.examples[0].intents.map(\.id) == ["compare", "pay"])
        #expect(abs(pages.examples[0].daysSinceSession - 2) < 1e-5)
    }

    @Test func placesAreThoseShownAndTiesAreAgainstTheModel() throws {
        let pages = try Self.pages([
            Shown(customer: 1, clicked: 0, baseline: Self.last, richest: Self.first, positions: [3, 1, 2]),
            // Alike with another one is not first.
            Shown(customer: 2, clicked: 0, baseline: Self.first, richest: [0.4, 0.4, 0.2]),
        ])
        #expect(pages.examples.count == 2)
        #expect(pages.examples[0].tiles.map(\.name) == ["tile 1", "tile 2", "tile 0"])
        #expect(pages.examples[1].rank == 2 && pages.examples[1].newOrder.map(\.name) == ["tile 1", "tile 0", "tile 2"])
    }

    /// Impressions in which the click follows the label of the latest session and nothing else.
    static func planted() throws -> RankingExamples {
        let count = 240
        var random = RandomSource(11, 0x71E5)
        var (context, clicked): ([Float], [Bool]) = ([], [])
        for _ in 0..<count {
            let wish = random.below(3)
            let label = random.uniform() < 0.8 ? wish : random.below(3)
            context += [Float(random.uniform()), label == 0 ? 0.9 : 0.05, label == 1 ? 0.9 : 0.05, 0, 0.7]
            clicked += (0..<3).map { $0 == wish }
        }
        return try RankingExamples(
            contextNames: [
                "customer.age", "latest.labels.pay", "latest.labels.compare", "counts.absent", "counts.log1p_days_since_latest",
            ], context: context, offsets: (0...count).map { 3 * $0 }, catalogue: ["a", "b", "c"],
            tile: (0..<count * 3).map { Int32($0 % 3) }, tileFeatureNames: [], tileFeatures: [],
            position: (0..<count * 3).map { Int32($0 % 3 + 1) }, clicked: clicked, customer: (0..<count).map { Int32($0) },
            time: (0..<count).map { Int64($0) })
    }

    @Test func aPlantedSignalIsFoundDrawnAndTheSameAtAnyThreadCount() throws {
        let examples = try Self.planted()
        var settings = TileRankerSettings()
        (settings.members, settings.epochs, settings.folds, settings.learningRate) = (1, 20, 2, 0.02)
        func judge(threads: Int) throws -> HeadToHead {
            try HeadToHead.tiles(
                examples, tiles: examples.tile, names: examples.catalogue, training: Array(0..<160), test: Array(160..<240),
                rows: [.business, .labels], settings: settings, seeds: [1, 2], pool: WorkerPool(threads: threads)
            ).head
        }
        let head = try judge(threads: 1)
        let pictures = try #require(head.pictures)
        #expect(pictures == (try judge(threads: 3)).pictures)
        let pages = try #require(pictures.homePages)
        // Four in five clicks follow the label; without it one in three can be told.
        #expect(head.rows[1].hits.reduce(0, +) > head.rows[0].hits.reduce(0, +) + 15)
        #expect(pictures.row == FeatureRow.labels.name && pages.linked == 80 && pages.better > pages.worse)
        #expect(pages.examples.prefix(4).allSatisfy { $0.rank == 1 && $0.baselineRank > 1 })
        #expect(
            pages.examples.count == 4 + min(1, pages.worse)
                && pages.examples.dropFirst(4).allSatisfy { $0.baselineRank == 1 && $0.rank > 1 })
        #expect(pictures.calibration.reduce(0) { $0 + $1.count } == 240 && pictures.lift.isEmpty)
    }
}
