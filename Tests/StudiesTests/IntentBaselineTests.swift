import Evaluation
import SequenceEmbedding
import SequenceKernel
import Studies
import Testing

/// A made-up corpus in which some intents show and one does not.
struct PlantedCorpus {
    static let intents = 4
    let table: MemoryTable
    var targets: [Float] = []
    let training: [Int]
    let scored: [Int]

    /// Intent 0 shows in two pages (either will do), intent 1 in the number of visits of a page, intent 2 in a word of a title,
    /// intent 3 in nothing.
    init(sessions count: Int, seed: UInt64, known: Int? = nil, visitors: Int? = nil) {
        var random = RandomSource(seed, 0x1A7E)
        var sessions: [[MemoryTable.Event]] = []
        for session in 0..<count {
            let wants = (0..<Self.intents).map { _ in random.uniform() < 0.3 }
            var pages = (0..<3 + random.below(6)).map { _ in "page \(random.below(12))" }
            if wants[0] { pages.append(random.uniform() < 0.5 ? "rates" : "quotes") }
            for _ in 0..<(wants[1] ? 4 + random.below(3) : random.below(3)) { pages.append("home") }
            var titles = pages.map { "All about \($0.uppercased()) \(session)" }
            if wants[2] { titles[random.below(titles.count)] += " Mortgage-Offer" }
            sessions.append(
                zip(pages, titles).enumerated().map { index, own in
                    MemoryTable.Event(
                        strings: ["page": own.0, "title": own.1, "later": wants[3] ? "yes" : "no", "tags": "a|tag \(index % 3)"],
                        timeMicroseconds: Int64(session) * 1_000_000_000 + Int64(index) * 7_000_000)
                })
            // Soft: labels are seldom sure.
            targets += wants.map { $0 ? 0.75 + 0.25 * random.uniform() : 0.2 * random.uniform() }
        }
        table = MemoryTable(
            fields: [
                TableField(name: "page", kind: .categorical), TableField(name: "title", kind: .text),
                TableField(name: "tags", kind: .text, separator: "|"), TableField(name: "later", kind: .outcome),
            ], sessions: sessions, visitors: (0..<count).map { $0 % (visitors ?? max(1, count / 2)) })
        let known = known ?? count * 2 / 3
        (training, scored) = (Array(0..<known), Array(known..<count))
    }

    func scores(_ baseline: any IntentBaseline) throws -> [Float] {
        try baseline.scores(
            training: training, targets: Array(targets[..<(training.count * Self.intents)]), intents: Self.intents, scored: scored)
    }

    func metrics(_ baseline: any IntentBaseline) throws -> MultiLabelMetrics {
        let scores = try scores(baseline)
        #expect(scores.count == scored.count * Self.intents && scores.allSatisfy { $0 >= 0 && $0 <= 1 })
        return MultiLabelMetrics(
            present: targets[(training.count * Self.intents)...].map { $0 > 0.5 }, scores: scores, labels: Self.intents)
    }
}

@Suite struct IntentBaselineTests {
    static let corpus = PlantedCorpus(sessions: 600, seed: 1)

    static func all(threads: Int, _ table: MemoryTable = corpus.table) -> [any IntentBaseline] {
        [
            MajorityBaseline(), CountLogisticBaseline(table, threads: threads), CountTreesBaseline(table, threads: threads),
            WordLogisticBaseline(table, threads: threads),
        ]
    }

    @Test func namesDiffer() {
        #expect(Set(Self.all(threads: 1).map(\.name)).count == 4)
    }

    @Test func majorityKnowsNothingOfSessions() throws {
        let metrics = try Self.corpus.metrics(MajorityBaseline())
        for label in metrics.perLabel {
            // All scores are equal: the precision is the share of positives, and none is said to have the intent.
            #expect(abs(label.averagePrecision - Double(label.support) / Double(metrics.examples)) < 1e-12 && label.predicted == 0)
        }
        let row = try Self.corpus.scores(MajorityBaseline()).prefix(4)
        let mean = stride(from: 0, to: Self.corpus.training.count * 4, by: 4).reduce(0.0) { $0 + Double(Self.corpus.targets[$1]) }
        #expect(abs(Double(row[0]) - mean / Double(Self.corpus.training.count)) < 1e-6)
    }

    @Test func countsShowPagesAndTheirNumber() throws {
        for baseline in Self.all(threads: 2)[1...2] {
            let metrics = try Self.corpus.metrics(baseline)
            for intent in 0...1 {
                #expect(metrics.perLabel[intent].averagePrecision > 0.9, "\(baseline.name), intent \(intent)")
                #expect(metrics.perLabel[intent].f1 > 0.85, "\(baseline.name), intent \(intent)")
            }
            // Words of titles are not counted, and outcomes are never read.
            for intent in 2...3 { #expect(metrics.perLabel[intent].averagePrecision < 0.6, "\(baseline.name), intent \(intent)") }
            // What cannot be known is said to be unsure.
            #expect(metrics.expectedCalibrationError < 0.12, "\(baseline.name)")
        }
    }

    @Test func wordsShowTitles() throws {
        let metrics = try Self.corpus.metrics(WordLogisticBaseline(Self.corpus.table))
        #expect(metrics.perLabel[0].averagePrecision > 0.9 && metrics.perLabel[2].averagePrecision > 0.9 && metrics.perLabel[2].f1 > 0.8)
        #expect(metrics.perLabel[3].averagePrecision < 0.6)
    }

    @Test func sameBytesAtAnyNumberOfThreads() throws {
        let small = PlantedCorpus(sessions: 150, seed: 2)
        for (one, three) in zip(Self.all(threads: 1, small.table), Self.all(threads: 3, small.table)) {
            #expect(try small.scores(one) == small.scores(three), "\(one.name)")
        }
    }

    @Test func scoredSessionsTeachNothing() throws {
        // Scores of one session do not depend on which others are scored.
        let small = PlantedCorpus(sessions: 150, seed: 3)
        for baseline in Self.all(threads: 1, small.table) {
            let together = try small.scores(baseline)
            let alone = try baseline.scores(
                training: small.training, targets: Array(small.targets[..<(small.training.count * 4)]), intents: 4,
                scored: [small.scored[7]])
            #expect(alone == Array(together[28..<32]), "\(baseline.name)")
        }
    }

    @Test func intentsThatNobodyOrEverybodyHas() throws {
        let small = PlantedCorpus(sessions: 90, seed: 4)
        let targets: [Float] = small.training.flatMap { [0, 1, $0 == 5 ? 1 : 0] }
        for baseline in Self.all(threads: 1, small.table) {
            let scores = try baseline.scores(training: small.training, targets: targets, intents: 3, scored: small.scored)
            for row in small.scored.indices {
                #expect(scores[row * 3] < 0.1 && scores[row * 3 + 1] > 0.9 && scores[row * 3 + 2] < 0.5, "\(baseline.name)")
            }
        }
    }

    @Test func tooLittleIsRefused() throws {
        let single = PlantedCorpus(sessions: 30, seed: 5, visitors: 1)
        for baseline in Self.all(threads: 1, single.table).dropFirst() {
            #expect(throws: StudyError.self, "\(baseline.name)") { try single.scores(baseline) }
        }
        for baseline in Self.all(threads: 1) {
            #expect(throws: StudyError.self) { try baseline.scores(training: [], targets: [], intents: 2, scored: [1]) }
        }
    }
}
