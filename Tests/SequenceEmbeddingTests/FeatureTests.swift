import SequenceEmbedding
import SequenceKernel
import Testing

@Suite struct FeatureTests {
    @Test func reservedIdsAreDistinctAndEntriesFollow() {
        let ids: Set<Int32> = [Vocabulary.padding, Vocabulary.unknown, Vocabulary.missing, Vocabulary.mask]
        #expect(ids.count == 4)
        let vocabulary = Vocabulary(entries: ["b", "a"], counts: [3, 1])
        #expect(vocabulary["b"] == 4 && vocabulary["a"] == 5 && vocabulary["c"] == Vocabulary.unknown)
        #expect(vocabulary.size == 6 && vocabulary.value(5) == "a" && vocabulary.value(3) == nil)
    }

    @Test func vocabularyIsFittedOnTrainingSessionsOnly() {
        let field = [TableField(name: "page", kind: .categorical)]
        func event(_ page: String?) -> MemoryTable.Event { .init(strings: page.map { ["page": $0] } ?? [:]) }
        let table = MemoryTable(fields: field, sessions: [[event("x"), event("y"), event("y")], [event("z"), event(nil)], [event("y")]])
        let vocabulary = Vocabulary(field: "page", of: table, sessions: [0, 2], minimumCount: 1, maximumSize: 10)
        #expect(vocabulary.entries == ["y", "x"] && vocabulary.counts == [3, 1])
        // Codes by first appearance: missing, x, y, z.
        #expect(vocabulary.map(field: "page", of: table) == [Vocabulary.missing, 5, 4, Vocabulary.unknown])
        #expect(Vocabulary(field: "page", of: table, sessions: [0, 2], minimumCount: 2, maximumSize: 10).entries == ["y"])
        #expect(Vocabulary(field: "page", of: table, sessions: [0, 1, 2], minimumCount: 1, maximumSize: 2).entries == ["y", "x"])
    }

    @Test func numbersStandardisedAndBinned() {
        let statistics = NumericStatistics(values: [1, 2, 3, 4, .nan], bins: 2)
        #expect(statistics.mean == 2.5 && statistics.count == 4)
        #expect(abs(Double(statistics.standardised(4)) - 1.5 / 1.25.squareRoot()) < 1e-6)
        #expect(statistics.standardised(.nan) == 0 && statistics.standardised(1e30) == NumericStatistics.limit)
        #expect(statistics.bin(1) == 4 && statistics.bin(3) == 5)
        #expect(statistics.bin(.nan) == Vocabulary.missing && statistics.bin(.infinity) == Vocabulary.unknown)
        let constant = NumericStatistics(values: [0.1, 0.1, 0.1], bins: 8)
        #expect(constant.deviation == 1 && constant.borders.isEmpty && constant.standardised(0.1) == 0)
        let none = NumericStatistics(values: [], bins: 8)
        #expect(none.deviation == 1 && none.standardised(3) == 3)
    }

    @Test func textHashingIsStable() {
        let hashing = TextHashing(buckets: 1000, isAddress: false)
        func bag(_ text: String, _ hashing: TextHashing) -> [Int32] {
            var bag: [Int32] = []
            Array(text.utf8).withUnsafeBytes { hashing.append($0, to: &bag) }
            return bag
        }
        // <pay>: the word, 3 runs of three, 2 of four, none of five besides the word itself.
        #expect(bag("Pay", hashing).count == 6)
        #expect(bag("Pay", hashing) == bag("  pay!", hashing))
        #expect(bag("", hashing) == [Vocabulary.unknown] && bag("--", hashing) == [Vocabulary.unknown])
        let address = TextHashing(buckets: 1000, isAddress: true)
        #expect(bag("/loan/12", address) == bag("/loan/98", address) && bag("loan 12", hashing) != bag("loan 98", hashing))
        // FNV-1a of "<pay>", folded: files written last year must mean the same.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "<pay>".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 32
        #expect(bag("pay", hashing)[0] == 4 + Int32(hash % 1000))
        #expect(bag(String(repeating: "ab ", count: 100_000), hashing).count < 10_000)
    }

    @Test func everyDifferenceIsNamed() throws {
        let encoding = try FeatureEncoding(
            fitting: Samples.configuration(), to: Samples.table(sessions: 4, seed: 1), sessions: [0, 1, 2, 3])
        let other = MemoryTable(
            fields: [TableField(name: "page", kind: .numeric), TableField(name: "title", kind: .text)],
            sessions: [[.init(strings: ["title": "secret customer"])]])
        let error = #expect(throws: EncodingMismatch.self) { try EncodedEvents(other, encoding) }
        let text = error?.description ?? ""
        for part in ["page is numeric", "address is missing", "amount is missing", "no time"] { #expect(text.contains(part), "\(text)") }
        #expect(!text.contains("secret"))
    }

    @Test func readyMadeVectors() throws {
        let table = Samples.table(sessions: 6, seed: 9)
        let vectors = [
            "title": VectorTable(width: 2, values: ["Account overview number 0", "Account overview number 1"], floats: [1, 2, 3, 4])
        ]
        let encoding = try FeatureEncoding(
            fitting: Samples.configuration(), to: table, sessions: Array(0..<6), vectors: vectors)
        let events = try EncodedEvents(table, encoding)
        let batcher = PackedBatcher(
            events, sessions: Array(0..<6), batchSessions: 6, maximumEvents: 64, shardCount: 1, seed: 0, shuffles: false)
        let shard = batcher.batch(0, epoch: 0).shards[0]
        let first = encoding.plan.scalars.firstIndex(of: .vector(field: "title", index: 0))!
        var seen = Set<[Float]>()
        for row in 0..<shard.rowCount { seen.insert((0..<3).map { shard.scalars[row][first + $0] }) }
        #expect(seen.isSubset(of: [[1, 2, 0], [3, 4, 0], [0, 0, 1]]) && seen.count > 1, "\(seen)")
    }

    /// A page told apart within sessions: its place in the order of first appearances, and whether new, the same, or back.
    @Test func orderWithinASession() throws {
        func session(_ pages: [String?]) -> [MemoryTable.Event] { pages.map { .init(strings: $0.map { ["page": $0] } ?? [:]) } }
        // The second session is as the first with other pages; the third has more than are told apart, and one that comes back at the end.
        let table = MemoryTable(
            fields: [TableField(name: "page", kind: .categorical)],
            sessions: [
                session(["a", "b", "b", nil, "b", "a", "c"]), session(["x", "a", "a", nil, "a", "x", "b"]),
                session((0..<40).map { "many\($0)" } + ["many39", "many5", "a"]),
            ])
        let configuration = Samples.configuration {
            $0.fields.overrides["page"] = .init()
            $0.fields.overrides["page"]?.withinSession = 3
        }
        // What is not fitted needs no session to have been seen.
        let encoding = try FeatureEncoding(fitting: configuration, to: table, sessions: [])
        #expect(encoding.vocabularies.isEmpty && encoding.plan.lookups.map(\.size) == [4 + 3 * 3])
        let batcher = PackedBatcher(
            try EncodedEvents(table, encoding), sessions: [0, 1, 2], batchSessions: 3, maximumEvents: 64, shardCount: 1, seed: 0,
            shuffles: false)
        let shard = batcher.batch(0, epoch: 0).shards[0]
        let ids = (0..<shard.rowCount).map { shard.ids(lookup: 0)[$0] }
        let (new, same, back): (Int32, Int32, Int32) = (4, 5, 6)
        let expected = [new, new + 3, same + 3, Vocabulary.missing, same + 3, back, new + 6]
        #expect(Array(ids[0..<7]) == expected && Array(ids[7..<14]) == expected)
        #expect(Array(ids[14...]) == [new, new + 3] + Array(repeating: new + 6, count: 38) + [same + 6, back + 6, new + 6])
    }

    @Test func orderWithinASessionWantsACategoricalField() {
        func error(_ field: String, _ most: Int, tied: String? = nil) -> String {
            let configuration = Samples.configuration {
                $0.fields.overrides[field] = .init()
                $0.fields.overrides[field]?.withinSession = most
                $0.objectives.nextEvent.tiedField = tied
            }
            do {
                try configuration.validate()
                _ = try FeatureEncoding(fitting: configuration, to: Samples.table(sessions: 2, seed: 1), sessions: [0])
                return ""
            } catch { return "\(error)" }
        }
        #expect(error("page", 3).isEmpty)
        #expect(error("page", 0).contains("fields.overrides.page.withinSession is 0"))
        #expect(error("title", 3).contains("map it as categorical"))
        #expect(error("page", 3, tied: "page").contains("tiedField"))
    }

    @Test func configurationMistakesAreNamed() {
        var configuration = ModelConfiguration()
        configuration.heads = 5
        #expect(throws: ConfigurationError.headsDoNotDivideWidth(heads: 5, width: 64)) { try configuration.validate() }
        configuration = ModelConfiguration()
        configuration.training.learningRate = -1
        let error = #expect(throws: ConfigurationError.self) { try configuration.validate() }
        #expect(error?.description.contains("training.learningRate") == true)
        #expect(throws: ConfigurationError.self) {
            try FeatureEncoding(
                fitting: Samples.configuration { $0.fields.overrides["nowhere"] = .init() }, to: Samples.table(sessions: 2, seed: 1),
                sessions: [0])
        }
    }
}
