import Evaluation
import ReportPage
import Studies
import Testing

/// Studies of tiles and conversions as files, and what a page says of them.
@Suite struct RecommendationReportTests {
    static func pictures(_ row: String) throws -> HeadToHead.Pictures {
        let shown = HomePageTests.Shown.self
        let pages = try HomePageTests.pages([
            shown.init(customer: 41, clicked: 2, baseline: HomePageTests.first, richest: HomePageTests.last),
            shown.init(customer: 42, clicked: 0, baseline: HomePageTests.first, richest: HomePageTests.last),
        ])
        return HeadToHead.Pictures(
            row: row, probabilities: [0.1, 0.2, 0.8, 0.7], happened: [false, false, true, true], lifted: true, homePages: pages)
    }

    static func study(_ task: HeadToHead.Task, hasTruth: Bool = true) throws -> HeadToHead.Study {
        let rows = [
            HeadToHeadTests.scores(FeatureRow.business.name, [1, 0, 0, 0], loss: 2, offers: [0, 1, 1, 1]),
            HeadToHeadTests.scores(FeatureRow.labels.name, [1, 1, 0, 0], loss: 1.5, offers: [0, 1, 1, 1]),
            HeadToHeadTests.scores(FeatureRow.embedding.name, [1, 1, 1, 0], loss: 1, offers: [0, 1, 1, 1]),
        ]
        let head = HeadToHead(
            classes: [0, 0, 1, 1], customers: [1, 2, 3, 4], rows: rows,
            best: hasTruth ? HeadToHeadTests.scores("the truth", [1, 1, 1, 1], loss: 0.5, offers: [0, 0, 1, 1]) : nil,
            background: task == .tiles ? nil : 0)
        return HeadToHead.Study(
            task: task, corpus: "c0ffee", encoder: "e", learnt: 12, seeds: 2, table: head.table(Resampling(rounds: 50)),
            pictures: try pictures(FeatureRow.embedding.name))
    }

    static func page(_ report: RecommendationReport, synthetic: Bool) -> String {
        Page(title: "t", sections: report.sections(synthetic: synthetic) { $0 == "compare" ? "Compare <offers>" : $0 }).html()
    }

    @Test(arguments: [HeadToHead.Task.tiles, .conversion]) func aStudyIsReadAsItWasWritten(task: HeadToHead.Task) throws {
        let study = try Self.study(task)
        let json = try study.json
        let again = try HeadToHead.Study(json: json, task: task, place: "s.json")
        // Some intervals have no ends here, and what is no number equals nothing.
        #expect(
            again.task == task && again.pictures == study.pictures && again.table.lines.map(\.metrics) == study.table.lines.map(\.metrics))
        #expect(try again.json == json)
    }

    @Test func aChangeFromNothingIsKeptAndNotDrawn() throws {
        let head = HeadToHeadTests.head([
            HeadToHeadTests.scores("a", [0, 0, 0, 0], loss: 1), HeadToHeadTests.scores("b", [1, 0, 0, 0], loss: 1),
        ])
        let study = HeadToHead.Study(
            task: .tiles, corpus: "c", encoder: nil, learnt: 1, seeds: 1, table: head.table(Resampling(rounds: 50)), pictures: nil)
        #expect(study.table.lines[1].changes["micro"]?.estimate == .infinity)
        let again = try HeadToHead.Study(json: study.json, task: .tiles, place: "s.json")
        #expect(again.table.lines[1].changes["micro"]?.estimate == .infinity)
        let html = Self.page(try #require(RecommendationReport(tiles: again, conversion: nil)), synthetic: false)
        #expect(html.contains("Head to head") && !html.contains("∞") && !html.contains("nan") && !html.contains("before and after"))
    }

    @Test(arguments: [
        ("\"seeds\" : 2", "\"seeds\" : 0"), ("\"customers\" : 4", "\"customers\" : 5"), ("\"decisions\" : 4", "\"decisions\" : -4"),
        ("\"linked\" : 2", "\"linked\" : 1"), ("\"baseline_rank\" : 3", "\"baseline_rank\" : 4"), ("\"better\" : 1", "\"better\" : -1"),
        ("\"days_since_session\" : ", "\"days_since_session\" : -"), ("\"is_clicked\" : true", "\"is_clicked\" : false"),
        ("\"row\" : \"+ embedding\"", "\"row\" : \"+ other\""), ("\"name\" : \"+ embedding\"", "\"name\" : \"+ distilled labels\""),
        ("\"lower\" : ", "\"lower\" : 1e300, \"was\" : "), ("\"estimate\" : ", "\"estimate\" : 1e12, \"was\" : "),
        ("\"captured\" : ", "\"captured\" : 7, \"was\" : "), ("\"examples\" : 1,", "\"examples\" : 0,"),
        ("\"count\" : 1", "\"count\" : -1"),
    ]) func numbersThatNoStudyCanHaveAreRefused(from: String, to: String) throws {
        let text = String(decoding: try Self.study(.conversion).json, as: UTF8.self)
        try #require(text.contains(from), "\(from)")
        Self.refuses(text.replacing(from, with: to), .conversion, says: "cannot be those of a study")
    }

    @Test func otherFilesAreRefused() throws {
        let text = String(decoding: try Self.study(.tiles).json, as: UTF8.self)
        Self.refuses(text, .conversion, says: "it is a study of tiles")
        Self.refuses("{}", .tiles, says: "it is not what evaluate tiles writes")
        Self.refuses("", .tiles, says: "it is not what evaluate tiles writes")
        Self.refuses(String(text.dropLast(20)), .tiles, says: "it is not what evaluate tiles writes")
    }

    static func refuses(_ text: String, _ task: HeadToHead.Task, says: String) {
        let error = #expect(throws: StudyError.self) { try HeadToHead.Study(json: Array(text.utf8), task: task, place: "s.json") }
        let description = error?.description ?? ""
        #expect(
            description.contains(says) && description.contains("s.json: ")
                && description.contains("evaluate \(task.rawValue) … --out s.json"),
            "\(description)")
    }

    @Test func aPageSaysWhatIsComparedAndHowSureItIs() throws {
        let report = try #require(
            RecommendationReport(tiles: try Self.study(.tiles), conversion: try Self.study(.conversion)))
        let html = Self.page(report, synthetic: true)
        for text in [
            "Home pages: what labels and embeddings add", "Home pages before and after", "Applications: what labels and embeddings add",
            "is trained, 2 times", "12 earlier decisions", "4 later home pages with a click", "of 4 other synthetic customers",
            "Head to head (synthetic)", "Change against the first row (synthetic)", "The price of transparency",
            "Share of the possible gain",
            "fall of log loss", "Are probabilities of tiles what they promise? (synthetic)", "part 1 (likeliest)", "Lift (synthetic)",
            "Customer 1 (synthetic): better", "Customer 2 (synthetic): worse", "Compare &lt;offers&gt; 70 %, pay 20 %",
            "latest visit ended 2 days before", "tile 2 – clicked<i>60 %</i>",
            "one that includes zero shows neither a gain nor its absence",
            // Every loss of a row is alike: −50 % in every resample, drawn as a fall.
            "−50.0 % (−50.0 % to −50.0 %)", "+50.0 % (+50.0 % to +50.0 %)", "better by more than chance",
        ] { #expect(html.contains(text), "\(text)") }
        #expect(!html.contains("customer 41") && !html.contains("Customer 41"))
        #expect(html == Self.page(report, synthetic: true))
        let real = Self.page(
            try #require(RecommendationReport(tiles: try Self.study(.tiles, hasTruth: false), conversion: nil)), synthetic: false)
        #expect(!real.lowercased().contains("synthetic") && !real.contains("simulator") && !real.contains("possible gain"))
        #expect(!real.contains("Applications: what"))
        #expect(RecommendationReport(tiles: nil, conversion: nil) == nil)
    }

    @Test func whatMayBeChanceIsCalledSo() throws {
        let head = HeadToHeadTests.head([
            HeadToHeadTests.scores("a", [1, 1, 1, 0], loss: 1), HeadToHeadTests.scores("b", [1, 1, 0, 1], loss: 1.5),
        ])
        let study = HeadToHead.Study(
            task: .tiles, corpus: "c", encoder: nil, learnt: 1, seeds: 1, table: head.table(Resampling(rounds: 200)), pictures: nil)
        let html = Self.page(try #require(RecommendationReport(tiles: study, conversion: nil)), synthetic: false)
        #expect(
            html.contains("these decisions are too few to tell")
                && html.contains("log loss changes by +50.0 % (+50.0 % to +50.0 %), worse by more")
        )
        #expect(html.contains("On each of 2 sets of inputs the same model is trained, once."))
    }
}
