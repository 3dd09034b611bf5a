/// The values of a field that have an id of their own, fitted on training sessions only.
///
/// Four ids stand for no value and never for one another: padding, unknown (not met in training, or too rare), missing (the
/// source had none) and mask (hidden by training). Values follow from id 4, the most frequent first.
public struct Vocabulary: Sendable, Equatable {
    /// No event at all. Packed batches never use it; it is kept so that files mean the same to padded programs.
    public static let padding: Int32 = 0
    /// A value without an id of its own.
    public static let unknown: Int32 = 1
    /// No value.
    public static let missing: Int32 = 2
    /// Hidden by training.
    public static let mask: Int32 = 3
    /// The first value's id.
    public static let firstValue: Int32 = 4

    /// The values, by falling frequency, then by byte order.
    public let entries: [String]
    /// Events in the training part that had each value.
    public let counts: [Int]
    private let ids: [String: Int32]

    /// A vocabulary of these values.
    public init(entries: [String], counts: [Int]) {
        precondition(entries.count == counts.count, "Vocabulary: \(entries.count) entries, \(counts.count) counts")
        self.entries = entries
        self.counts = counts
        var ids: [String: Int32] = [:]
        ids.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() { ids[entry] = Self.firstValue + Int32(index) }
        self.ids = ids
    }

    /// Counts a field's values in the given sessions and keeps those met `minimumCount` times, at most `maximumSize`.
    public init(field: String, of table: any EventTable, sessions: [Int], minimumCount: Int, maximumSize: Int) {
        let codes = table.codes(field)!
        var tally = [Int](repeating: 0, count: table.dictionaryCount(field) + 1)
        for session in sessions {
            for event in table.events(ofSession: session) { tally[Int(codes[event])] += 1 }
        }
        var found: [(value: String, count: Int)] = []
        for code in tally.indices.dropFirst() where tally[code] >= max(1, minimumCount) {
            let value = table.withEntry(field, code - 1) { String(decoding: $0, as: UTF8.self) }
            found.append((value, tally[code]))
        }
        found.sort { $0.count != $1.count ? $0.count > $1.count : $0.value.utf8.lexicographicallyPrecedes($1.value.utf8) }
        if found.count > maximumSize { found.removeLast(found.count - maximumSize) }
        self.init(entries: found.map(\.value), counts: found.map(\.count))
    }

    /// Ids in use, the four reserved ones among them.
    public var size: Int { entries.count + Int(Self.firstValue) }

    /// The id of a value, ``unknown`` without one.
    public subscript(_ value: String) -> Int32 { ids[value] ?? Self.unknown }

    /// The value of an id; nil for the reserved ones.
    public func value(_ id: Int32) -> String? {
        let index = Int(id) - Int(Self.firstValue)
        return entries.indices.contains(index) ? entries[index] : nil
    }

    /// For each code of a table's field the id here: `[dictionaryCount + 1]`, the first for missing.
    public func map(field: String, of table: any EventTable) -> [Int32] {
        let map = GrowingBuffer([Self.missing])
        extend(map, field: field, of: table)
        return Array(UnsafeBufferPointer(start: map.pointer, count: map.count))
    }

    /// Makes a ``map(field:of:)`` longer by the entries that the table's dictionary has got since.
    func extend(_ map: GrowingBuffer<Int32>, field: String, of table: any EventTable) {
        let count = table.dictionaryCount(field)
        guard map.count < count + 1 else { return }
        for index in map.count - 1..<count {
            map.append(self[table.withEntry(field, index) { String(decoding: $0, as: UTF8.self) }])
        }
    }

    /// Equality of content.
    public static func == (left: Vocabulary, right: Vocabulary) -> Bool {
        left.entries == right.entries && left.counts == right.counts
    }
}
