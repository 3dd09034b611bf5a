import SequenceEmbedding
import SequenceKernel

/// Made-up sessions with fields of every kind, some values missing.
enum MixedSamples {
    static let fields = [
        TableField(name: "page", kind: .categorical), TableField(name: "title", kind: .text), TableField(name: "address", kind: .url),
        TableField(name: "tiles", kind: .text, separator: "|"), TableField(name: "amount", kind: .numeric),
    ]

    static func events(_ count: Int, _ random: inout RandomSource) -> [MemoryTable.Event] {
        var time: Int64 = 1_700_000_000_000_000 + Int64(random.below(1_000_000)) * 1_000_000
        return (0..<count).map { _ in
            let page = random.below(6)
            time += Int64(1 + random.below(120)) * 1_000_000
            var event = MemoryTable.Event(timeMicroseconds: time)
            if random.uniform() < 0.9 { event.strings["page"] = "page\(page)" }
            if random.uniform() < 0.8 { event.strings["title"] = "Overview of account \(random.below(9)) page\(page)" }
            event.strings["address"] = "/accounts/\(random.below(40))/show?page=\(page)"
            if random.uniform() < 0.6 { event.strings["tiles"] = (0..<3).map { _ in "tile\(random.below(5))" }.joined(separator: "|") }
            if random.uniform() < 0.7 { event.numbers["amount"] = Double(page) * 10 + Double(random.uniform()) }
            return event
        }
    }

    static func sessions(_ count: Int, seed: UInt64, longest: Int = 7) -> [[MemoryTable.Event]] {
        var random = RandomSource(seed, 0x31ED)
        return (0..<count).map { _ in events(1 + random.below(longest), &random) }
    }

    static func table(sessions count: Int, seed: UInt64) -> MemoryTable {
        MemoryTable(fields: fields, sessions: sessions(count, seed: seed))
    }
}

/// A table with other values in one of its columns of times: what a table made by hand cannot say.
final class PatchedTable: EventTable, @unchecked Sendable {
    private let base: MemoryTable
    private let ownDwells: UnsafeMutablePointer<Float>

    init(_ base: MemoryTable, dwells: [Float]) {
        precondition(dwells.count == base.eventCount)
        self.base = base
        ownDwells = .allocate(capacity: max(1, dwells.count))
        for (index, dwell) in dwells.enumerated() { ownDwells[index] = dwell }
    }

    deinit { ownDwells.deallocate() }

    var sessionCount: Int { base.sessionCount }
    var eventCount: Int { base.eventCount }
    var fields: [TableField] { base.fields }
    var hasTime: Bool { base.hasTime }
    func events(ofSession session: Int) -> Range<Int> { base.events(ofSession: session) }
    func visitor(ofSession session: Int) -> Int { base.visitor(ofSession: session) }
    func sessionKey(_ session: Int) -> String { base.sessionKey(session) }
    func codes(_ field: String) -> UnsafePointer<Int32>? { base.codes(field) }
    func numbers(_ field: String) -> UnsafePointer<Double>? { base.numbers(field) }
    func dictionaryCount(_ field: String) -> Int { base.dictionaryCount(field) }
    func withEntry<Result>(_ field: String, _ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        base.withEntry(field, index, body)
    }
    var times: UnsafePointer<Int64> { base.times }
    var gaps: UnsafePointer<Float> { base.gaps }
    var dwells: UnsafePointer<Float> { UnsafePointer(ownDwells) }
    var hours: UnsafePointer<UInt8> { base.hours }
    var weekdays: UnsafePointer<UInt8> { base.weekdays }
}
