import DurableFiles
import EventStream
import Foundation
import SequenceEmbedding
import SequenceKernel
import Testing

/// Facts of a few sessions, turned back from standardised to plain.
struct FactReading {
    let plan: FactPlan
    let rows: [[Float]]

    init(_ table: any EventTable, _ plan: FactPlan, threads: Int = 1) throws {
        self.plan = plan
        let facts = try SessionFacts(table, plan)
        let all = facts.table(sessions: Array(0..<table.sessionCount), pool: WorkerPool(threads: threads))
        rows = (0..<table.sessionCount).map { Array(all[$0 * facts.count..<($0 + 1) * facts.count]) }
    }

    /// Fits on all sessions and keeps every value.
    init(_ table: any EventTable, _ change: (inout FactSettings) -> Void = { _ in }) throws {
        var settings = FactSettings()
        settings.minimumSessions = 1
        change(&settings)
        try self.init(table, FactPlan.fit(table, sessions: Array(0..<table.sessionCount), settings))
    }

    /// The fact of a session; nil where the plan has none of that name.
    func callAsFunction(_ name: String, _ session: Int) -> Double? {
        guard let index = plan.names.firstIndex(of: name) else { return nil }
        return Double(rows[session][index]) * plan.facts[index].scale + plan.facts[index].mean
    }

    /// Whether a session has the training mean, as what is missing has.
    func isMean(_ name: String, _ session: Int) -> Bool { plan.names.firstIndex(of: name).map { rows[session][$0] == 0 } ?? false }

    /// All sessions' values are as wanted; a single's rounding of a standardised value is some 1e-6 of its scale.
    func has(_ name: String, _ wanted: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
        for (session, value) in wanted.enumerated() {
            let found = self(name, session)
            #expect(
                found.map { abs($0 - value) < 1e-5 * max(1, abs(value)) } == true,
                "\(name) of session \(session): \(String(describing: found)), not \(value)", sourceLocation: sourceLocation)
        }
    }
}

/// One value of each kept fact, worked out by hand.
@Suite struct FactTests {
    static func table(_ kind: TableField.Kind, separator: String? = nil, _ sessions: [[String?]]) -> MemoryTable {
        MemoryTable(
            fields: [TableField(name: "f", kind: kind, separator: separator)],
            sessions: sessions.map { $0.map { .init(strings: $0.map { ["f": $0] } ?? [:]) } })
    }

    static func timed(_ sessions: [[Double?]]) -> MemoryTable {
        // Monday, 13 November 2023, 06:00 UTC.
        let start = 1_699_855_200.0
        return MemoryTable(
            fields: [], sessions: sessions.map { $0.map { .init(timeMicroseconds: $0.map { Int64((start + $0) * 1e6) }) } })
    }

    @Test func wholeSessions() throws {
        let facts = try FactReading(Self.timed([[0, 5, 65], [0, 10], [21_600]]))
        facts.has("events", [log1p(3), log1p(2), log1p(1)])
        facts.has("duration", [log1p(65), log1p(10), 0])
        facts.has("seconds per event", [log1p(65 / 3), log1p(5), 0])
        facts.has("longest gap", [log1p(60), log1p(10)])
        facts.has("share of gaps up to 10.0 s", [0.5, 1])
        #expect(facts.isMean("longest gap", 2) && facts.isMean("share of gaps up to 10.0 s", 2))
        facts.has("hour at the start, sine", [1, 1, 0])
        facts.has("hour at the start, cosine", [0, 0, -1])
        #expect(facts("weekday at the start, sine", 0) == nil, "all are Mondays")
        let short = try FactReading(Self.timed([[0, 5, 65], [0, 10], [21_600]])) { $0.shortGapSeconds = 5 }
        short.has("share of gaps up to 5.0 s", [0.5, 0])
    }

    @Test func timesThatAreMissing() throws {
        let facts = try FactReading(Self.timed([[nil, 0, nil, 30, nil], [nil, nil], [0, 90_000]]))
        facts.has("duration", [log1p(30), (log1p(30) + log1p(90_000)) / 2, log1p(90_000)])
        #expect(facts.isMean("duration", 1))
        let without = try FactReading(Self.table(.categorical, [["a"], ["a", "b"]]))
        #expect(without.plan.names.allSatisfy { !$0.contains("gap") && !$0.contains("hour") && !$0.contains("duration") })
    }

    @Test func fewValues() throws {
        let facts = try FactReading(Self.table(.categorical, [["a", "b", "a", nil], ["b"], ["c"], [nil]]))
        facts.has("count of f = a", [log1p(2), 0, 0, 0])
        facts.has("share of f = a", [2 / 3, 0, 0])
        facts.has("share of f = b", [1 / 3, 1, 0])
        #expect(facts.isMean("share of f = a", 3))
        facts.has("first f = a", [1, 0, 0, 0])
        facts.has("last f = a", [1, 0, 0, 0])
        facts.has("last f = b", [0, 1, 0, 0])
        facts.has("first f = c", [0, 0, 1, 0])
        facts.has("distinct f", [log1p(2), log1p(1), log1p(1), 0])
        #expect(facts("runs of f", 0) == nil)
    }

    @Test(arguments: [TableField.Kind.categorical, .url]) func manyValues(_ kind: TableField.Kind) throws {
        let table = Self.table(kind, [["x", "y", nil, "x", "x", "z", "y"], ["q", nil, "q"], [nil]])
        let facts = try FactReading(table) { $0.fields["f"] = .init(values: 2) }
        facts.has("distinct f", [log1p(3), log1p(1), 0])
        facts.has("share of the most frequent f", [0.5, 1])
        facts.has("share of the second f", [1 / 3, 0])
        facts.has("count of the most frequent f", [log1p(3), log1p(2), 0])
        facts.has("count of the second f", [log1p(2), 0, 0])
        #expect(facts("events per distinct f", 0) == nil, "two events a value in both")
        facts.has("runs of f", [log1p(5), log1p(1), 0])
        facts.has("returns of f", [log1p(2), 0, 0])
        facts.has("share of returns of f", [0.4, 0])
        facts.has("first f is the last", [0, 1])
        for name in ["share of the most frequent f", "share of returns of f", "first f is the last"] { #expect(facts.isMean(name, 2)) }
        // One session each: ties by text.
        #expect(facts.plan.fields[0].values == ["q", "x"])
        facts.has("count of f = x", [log1p(3), 0, 0])
        let other = try FactReading(Self.table(kind, [["x", "x", "y"], ["q"]])) { $0.values = 0 }
        other.has("events per distinct f", [1.5, 1])
    }

    @Test func lists() throws {
        let facts = try FactReading(
            Self.table(.text, separator: "|", [["a|b", "a|b", "b| c |", nil], ["a"], ["d d|d d||a"]]))
        facts.has("distinct f", [log1p(3), log1p(1), log1p(2)])
        facts.has("values of f at the end", [0, log1p(1), log1p(2)])
        facts.has("f contains b", [1, 0, 0])
        facts.has("f contains c", [1, 0, 0])
        facts.has("f contains d d", [0, 0, 1])
        #expect(facts("f contains a", 0) == nil, "all have it")
    }

    @Test func words() throws {
        let facts = try FactReading(Self.table(.text, [["Pay the Bill-12 x4 1b2c", nil, "ÜBERWEISUNG"], ["PAY!", "--"], [nil]]))
        #expect(Set(facts.plan.fields[0].values) == ["pay", "the", "bill", "1b2c", "überweisung"])
        facts.has("f says pay", [1, 1, 0])
        facts.has("f says bill", [1, 0, 0])
        facts.has("f says überweisung", [1, 0, 0])
        facts.has("known f", [log1p(2), log1p(2), 0])
    }

    @Test func numbers() throws {
        func event(_ value: Double?) -> MemoryTable.Event { .init(numbers: value.map { ["f": $0] } ?? [:]) }
        let table = MemoryTable(
            fields: [TableField(name: "f", kind: .numeric)],
            sessions: [[1, 6, nil, 2], [10], [.infinity, nil]].map { $0.map(event) })
        let facts = try FactReading(table)
        facts.has("f, mean", [3, 10])
        facts.has("f, smallest", [1, 10])
        facts.has("f, largest", [6, 10])
        facts.has("f, last", [2, 10])
        facts.has("f, share known", [0.75, 1, 0])
        facts.has("f, share up to 2.0", [2 / 3, 0])
        facts.has("f, share from 6.0", [1 / 3, 1])
        for name in ["f, mean", "f, last", "f, share from 6.0"] { #expect(facts.isMean(name, 2)) }
        let huge = MemoryTable(
            fields: [TableField(name: "f", kind: .numeric)], sessions: [[1e308, 1e308], [-1e308], [0]].map { $0.map(event) })
        #expect(try FactReading(huge).rows.joined().allSatisfy(\.isFinite))
    }

    @Test func pairs() throws {
        func event(_ item: String?, _ action: String) -> MemoryTable.Event {
            .init(strings: item.map { ["item": $0, "action": action] } ?? ["action": action])
        }
        let table = MemoryTable(
            fields: [TableField(name: "item", kind: .categorical), TableField(name: "action", kind: .categorical)],
            sessions: [
                [event("x", "view"), event("y", "click"), event("x", "click"), event("y", "click"), event(nil, "click")],
                [event("z", "click")], [event("x", "view"), event("x", "view"), event("x", "click")], [event(nil, "click")],
            ])
        let facts = try FactReading(table) { settings in
            settings.pairs = [.init(of: "item", by: "action")]
            settings.fields = ["item": .init(ignored: true), "action": .init(ignored: true)]
        }
        facts.has("distinct item within action = click", [log1p(2), log1p(1), log1p(1), 0])
        facts.has("count of the most frequent item within action = click", [log1p(2), log1p(1), log1p(1), 0])
        facts.has("repeats of item within action = click", [log1p(1), 0, 0, 0])
        facts.has("count of the last item within action = click", [log1p(2), log1p(1), log1p(3), 0])
        facts.has("last item within action = click is the first of the session", [0, 1, 1, 0])
        facts.has("distinct item within action = view", [log1p(1), 0, log1p(1), 0])
        facts.has("repeats of item within action = view", [0, 0, log1p(1), 0])
        facts.has("count of the last item within action = view", [log1p(2), 0, log1p(3), 0])
        facts.has("last item within action = view is the first of the session", [1, 0, 1, 0])
        #expect(facts.plan.names.allSatisfy { $0 == "events" || $0.contains("within") })
    }

    @Test func manyDistinctCodesAreCountedRight() throws {
        // 300 values, two of three met twice: more than a tally's first memory, and counts beyond the ready logarithms.
        let long = (0..<300).map { "v\($0)" } + (0..<200).map { "v\($0)" } + (0..<400).map { _ in "w" }
        let facts = try FactReading(Self.table(.categorical, [["a"], long, ["b", "c"]])) { $0.values = 3 }
        facts.has("distinct f", [log1p(1), log1p(301), log1p(2)])
        facts.has("count of the most frequent f", [log1p(1), log1p(400), log1p(1)])
        facts.has("runs of f", [log1p(1), log1p(501), log1p(2)])
    }

    @Test func valuesNeverMet() throws {
        let training = Self.table(.categorical, [["a", "a"], ["b"], ["a", "b"]])
        let plan = try FactReading(training).plan
        let serving = try FactReading(Self.table(.categorical, [["new", "newer", "b", "new"]]), plan)
        serving.has("distinct f", [log1p(3)])
        serving.has("share of f = b", [0.25])
        serving.has("first f = a", [0])
        let text = try FactReading(Self.table(.text, [["old words"], ["old"], ["other"]])).plan
        let read = try FactReading(Self.table(.text, [["novel words, novel"]]), text)
        read.has("f says words", [1])
        read.has("f says old", [0])
    }

    @Test func sessionsWithoutEvents() throws {
        let training = Samples.table(sessions: 60, seed: 5)
        let plan = try FactPlan.fit(training, sessions: Array(0..<60))
        let facts = try FactReading(MemoryTable(fields: Samples.fields, sessions: [[]]), plan)
        #expect(facts.rows[0].count == plan.count && facts.rows[0].allSatisfy { abs($0) <= FactPlan.limit })
        facts.has("events", [0])
        #expect(facts.isMean("duration", 0) && facts.isMean("amount, mean", 0) && facts.isMean("hour at the start, sine", 0))
        #expect(facts.isMean("amount, share known", 0))
    }

    @Test func absurdSessionsAreCut() throws {
        let plan = try FactReading(Self.table(.categorical, [["a"], ["a", "b"]])).plan
        let facts = try FactReading(Self.table(.categorical, [Array(repeating: "a", count: 5000)]), plan)
        #expect(facts.rows[0][plan.names.firstIndex(of: "events")!] == 4)
    }
}
