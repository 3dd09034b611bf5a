import CreditRisk
import Foundation
import SequenceKernel
import Testing

@Suite struct FrameworkEncoderTests {
    private static let second: Int64 = 1_000_000

    /// A table of one key, a category, an amount and a time, with what is wanted of histories.
    private static func configuration(_ history: FrameworkConfiguration.History? = nil) -> FrameworkConfiguration {
        var table = FrameworkConfiguration.Table(name: "t")
        (table.categorical, table.numeric, table.times) = (["kind"], ["amount"], ["opened"])
        var configuration = FrameworkConfiguration(tables: [table], histories: history.map { [$0] } ?? [])
        configuration.network.leastCount = 1
        return configuration
    }

    private static func examples(
        _ configuration: FrameworkConfiguration, decision: Int64, _ records: [(time: Int64, kind: String?, amount: Double, opened: Int64?)]
    ) throws -> FrameworkExamples {
        var (applicants, table) = (ApplicantTable(configuration.applicants), RecordTable(configuration.tables[0]))
        try applicants.append(key: "k", decision: decision * second, outcome: 0)
        for record in records {
            try table.append(
                key: "k", time: record.time * second, categorical: [record.kind], numeric: [record.amount],
                times: [record.opened.map { $0 * second }])
        }
        return try FrameworkExamples(configuration, applicants, [table])
    }

    /// Three records of which every number is worked out by hand.
    @Test func goldenTensor() throws {
        let configuration = Self.configuration()
        let examples = try Self.examples(
            configuration, decision: 100_000,
            [
                (13_600, "a", 1, nil), (96_400, nil, 3, 99_990), (99_970, "b", .nan, 13_600), (100_000, "b", 9, nil), (100_001, "c", 9, 5),
            ])
        let encoder = try FrameworkEncoder(examples, configuration)
        #expect(
            encoder.fieldNames(of: "t") == [
                "kind", "amount", "since previous", "until decision", "opened", "since previous, bucket", "until decision, bucket",
                "opened, bucket",
            ])
        let (encoded, counts) = try encoder.encoded(examples)
        let rows = encoded.tables[0]
        // Categories by frequency, then by text: a 3, b 4; c was seen after the decision only and so was not learnt. Of a number: 3 there,
        // 2 missing. 82800 seconds are bucket 4 (6 hours to a day), 3570 seconds 2; until the decision 86400 s is bucket 5, 3600 s 3, 30 s 0.
        // The moment 13600 is 86400 seconds back, 99990 10 seconds; buckets 5 and 0.
        let wanted: [Int32] = [
            3, 3, 2, 3, 2, 2, 3 + 5, 2,
            2, 3, 3, 3, 3, 3 + 4, 3 + 3, 3 + 0,
            4, 2, 3, 3, 3, 3 + 2, 3 + 0, 3 + 5,
        ]
        #expect(rows.codes == wanted && rows.count == 3 && encoded.offsets == [[0, 3]])
        // Amounts 1 and 3: mean 2, deviation 1. Two values are always one deviation to each side of their mean.
        let logs = [86_400.0, 3_600, 30].map { log($0 + 1) }, mean = logs.reduce(0, +) / 3
        let deviation = (logs.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 3).squareRoot()
        let until = logs.map { Float(($0 - mean) / deviation) }
        let floats: [Float] = [-1, 0, until[0], 0, 1, 1, until[1], -1, 0, -1, until[2], 1]
        #expect(zip(rows.floats, floats).allSatisfy { abs($0 - $1) < 2e-5 } && rows.floats.count == floats.count, "\(rows.floats)")
        #expect(counts.afterDecision == 2 && counts.kept == 3 && counts.crowdedOut == 0 && counts.items == 3)
        #expect(encoded.histories[0].items == [0, 1, 2, 3] && encoded.histories[0].applicants == [0, 3])
    }

    /// Edges belong to the bucket above them.
    @Test(arguments: [(59, 0), (60, 1), (600, 2), (3_599, 2), (31_535_999, 11), (31_536_000, 12)] as [(Int64, Int32)])
    func buckets(seconds: Int64, bucket: Int32) throws {
        let configuration = Self.configuration()
        let examples = try Self.examples(configuration, decision: 100_000_000, [(100_000_000 - seconds, "a", 1, nil)])
        let encoded = try FrameworkEncoder(examples, configuration).encoded(examples).0
        #expect(encoded.tables[0].codes[6] == FieldCode.first + bucket)
    }

    /// Padding, unknown, missing and every category have numbers of their own; filled with zero they have not.
    @Test func codesAreDistinct() throws {
        #expect(Set([FieldCode.padding, FieldCode.unknown, FieldCode.missing, FieldCode.first]).count == 4)
        for hasCodes in [true, false] {
            var configuration = Self.configuration()
            configuration.network.missingCodes = hasCodes
            let learnt = try Self.examples(configuration, decision: 100, [(1, "a", 0, nil), (2, "b", 4, nil)])
            let encoder = try FrameworkEncoder(learnt, configuration)
            let seen = try Self.examples(configuration, decision: 100, [(1, "new", 0, nil), (2, nil, .nan, nil), (3, "b", 0, nil)])
            let rows = try encoder.encoded(seen).0.tables[0]
            let kinds = [rows.codes[0], rows.codes[8], rows.codes[16]]
            #expect(kinds == (hasCodes ? [1, 2, 4] : [1, 1, 4]) && !rows.codes.contains(FieldCode.padding))
            // The amount missing and the amount zero.
            #expect((rows.codes[9] == rows.codes[17]) == !hasCodes && (rows.floats[4] == rows.floats[8]) == !hasCodes)
        }
    }

    /// One applicant alone, from tables of his own, is encoded as among others, to the byte; and from one scratch after another.
    @Test(arguments: [nil, 3_600] as [Double?]) func onlineIsOffline(pause: Double?) throws {
        let configuration = PlantedTables.configuration {
            $0.histories = [.init(["bureau", "app"], pause: pause)]
        }
        let learnt = try PlantedTables.make(200, .category, configuration)
        let encoder = try FrameworkEncoder(learnt, configuration)
        let (all, _) = try encoder.encoded(learnt)
        for applicant in [0, 57, 199] {
            // What is written and read again is the same object.
            let copy = try JSONDecoder().decode(FrameworkEncoder.self, from: JSONEncoder().encode(encoder))
            let alone = try copy.encoded(learnt.subset([applicant])).0
            for table in 0..<2 {
                let rows = all.offsets[table][applicant]..<all.offsets[table][applicant + 1]
                let fields = encoder.fieldNames(of: ["bureau", "app"][table]).count
                let width = all.tables[table].floats.count / all.tables[table].count
                #expect(alone.tables[table].count == rows.count)
                #expect(alone.tables[table].codes == Array(all.tables[table].codes[rows.lowerBound * fields..<rows.upperBound * fields]))
                let own = all.tables[table].floats[rows.lowerBound * width..<rows.upperBound * width]
                #expect(alone.tables[table].floats.map(\.bitPattern) == own.map(\.bitPattern))
            }
            let sequences = all.histories[0]
            let items = sequences.applicants[applicant]..<sequences.applicants[applicant + 1]
            #expect(alone.histories[0].items.count == items.count + 1)
            let types = sequences.types[sequences.items[items.lowerBound]..<sequences.items[items.upperBound]]
            #expect(alone.histories[0].types == Array(types))
        }
    }

    /// Applicants with tables of their own, where texts come in another order, are encoded as together; by one scratch after another, too.
    @Test func apartAsTogether() throws {
        let configuration = Self.configuration()
        let records: [(key: String, time: Int64, kind: String?, amount: Double)] = [
            ("x", 5, "a", 1), ("y", 1, "b", 4), ("x", 2, nil, .nan), ("z", 9, "c", 7), ("y", 3, "a", 2), ("z", 1, "b", 2),
            ("z", 8, "new", 1),
        ]
        func examples(_ keys: [String]) throws -> FrameworkExamples {
            var (applicants, table) = (ApplicantTable(configuration.applicants), RecordTable(configuration.tables[0]))
            for key in keys { try applicants.append(key: key, decision: 100 * Self.second, outcome: key == "x" ? 1 : 0) }
            for record in records where keys.contains(record.key) {
                try table.append(
                    key: record.key, time: record.time * Self.second, categorical: [record.kind], numeric: [record.amount], times: [nil])
            }
            return try FrameworkExamples(configuration, applicants, [table])
        }
        let all = try examples(["x", "y", "z"])
        let training = try examples(["x", "y"])
        let pool = WorkerPool(threads: 1)
        var plan = configuration
        plan.network.epochs = 1
        var (others, table) = (ApplicantTable(configuration.applicants), RecordTable(configuration.tables[0]))
        for (key, outcome) in [("v", Float(0)), ("w", 1)] {
            try others.append(key: key, decision: 100 * Self.second, outcome: outcome)
            try table.append(key: key, time: 7, categorical: ["a"], numeric: [1], times: [nil])
        }
        let model = try FrameworkModel.train(
            plan, training: training, validation: FrameworkExamples(configuration, others, [table]), pool: pool)
        let (together, _) = try model.encoder.encoded(all)
        #expect(together.tables[0].codes.contains(FieldCode.unknown))
        let scores = try model.probabilities(all, pool: pool)
        let scratch = FrameworkModel.Scratch(model)
        for (place, key) in ["x", "y", "z"].enumerated() {
            let alone = try examples([key])
            #expect(try model.probability(of: 0, in: alone, scratch) == scores[place])
            let rows = together.offsets[0][place]..<together.offsets[0][place + 1]
            let own = scratch.encoded.tables[0]
            #expect(own.codes == Array(together.tables[0].codes[rows.lowerBound * 8..<rows.upperBound * 8]))
            let floats = together.tables[0].floats[rows.lowerBound * 4..<rows.upperBound * 4]
            #expect(own.floats.map(\.bitPattern) == floats.map(\.bitPattern))
        }
    }

    /// The scale and the categories come from those learnt from, and nothing at or after their decisions moves them.
    @Test func fittedBeforeTheDecisionAlone() throws {
        let configuration = Self.configuration()
        let before: [(time: Int64, kind: String?, amount: Double, opened: Int64?)] = [(10, "a", 1, 5), (20, "b", 3, nil), (30, "a", 7, 1)]
        let after: [(time: Int64, kind: String?, amount: Double, opened: Int64?)] = [(100, "late", 900, 5), (120, "late", 1e9, 110)]
        let plain = try Self.examples(configuration, decision: 100, before)
        let longer = try Self.examples(configuration, decision: 100, after + before)
        let encoder = try FrameworkEncoder(plain, configuration)
        #expect(try FrameworkEncoder(longer, configuration) == encoder)
        let (read, counts) = try encoder.encoded(longer)
        #expect(try encoder.encoded(plain).0 == read && counts.afterDecision == 2)
        // A moment after the decision is not known at it, even in a record from before it.
        let hint = try Self.examples(configuration, decision: 100, [(10, "a", 1, 100)])
        #expect(try encoder.encoded(hint).0.tables[0].codes[4] == FieldCode.missing)
        let text = String(decoding: try JSONEncoder().encode(encoder), as: UTF8.self)
        #expect(!text.contains("late") && text.contains("\"b\"") && !text.contains("\"k\""))
    }

    /// Records in any order, several tables in one history, items that are sequences, and what is crowded out.
    @Test func historiesByTime() throws {
        let records: [(time: Int64, kind: String?, amount: Double, opened: Int64?)] = [
            (500, "e", 5, nil), (100, "a", 1, nil), (160, "b", 2, nil), (400, "c", 3, nil), (410, "d", 4, nil), (405, "d", 4, nil),
        ]
        var configuration = Self.configuration(.init(["t"], pause: 60))
        var examples = try Self.examples(configuration, decision: 1_000, records)
        #expect(examples.counts.backwards["t"] == 5)
        var (encoded, counts) = try FrameworkEncoder(examples, configuration).encoded(examples)
        // 100 160 | 400 405 410 | 500: a pause of exactly 60 seconds does not end an item.
        #expect(encoded.histories[0].items == [0, 2, 5, 6] && encoded.histories[0].applicants == [0, 3] && counts.items == 3)
        (configuration.histories[0].items, configuration.histories[0].records) = (2, 2)
        examples = try Self.examples(configuration, decision: 1_000, records)
        (encoded, counts) = try FrameworkEncoder(examples, configuration).encoded(examples)
        #expect(encoded.histories[0].items == [0, 2, 3] && counts.kept == 3 && counts.crowdedOut == 3)
        // The first record kept still knows how long it came after the one that was crowded out: it has a gap.
        #expect(encoded.tables[0].codes[2] == FieldCode.first)
        // 405, 410, 500: kinds d, d, e.
        #expect([0, 8, 16].map { encoded.tables[0].codes[$0] } == [3, 3, 4])
    }

    @Test func manyRecordsAndNone() throws {
        let configuration = Self.configuration()
        let many = (0..<100_000).map { (time: Int64(99_999 - $0), kind: String?("a"), amount: Double($0 % 7), opened: Int64?.none) }
        let examples = try Self.examples(configuration, decision: 200_000, many)
        let (encoded, counts) = try FrameworkEncoder(examples, configuration).encoded(examples)
        #expect(encoded.tables[0].count == 200 && counts.crowdedOut == 99_800 && examples.counts.backwards["t"] == 99_999)
        let none = try Self.examples(configuration, decision: 200_000, [])
        let (empty, left) = try FrameworkEncoder(examples, configuration).encoded(none)
        #expect(empty.tables[0].count == 0 && left.withoutRecords == 1 && empty.count == 1)
    }
}
