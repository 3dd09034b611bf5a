/// Texts of a row that are made of others: the first of several that has a value, and keys of several parts.
///
/// They stand behind the columns in a row, so that whoever reads a slot need not know which sort it is.
struct DerivedTexts {
    /// A slot before it is known how many columns there are: columns count from 0, derived texts from ``base``.
    static let base = 1 << 32

    private struct Part {
        var slot: Int
        var none: [[UInt8]]
        var between: (from: [UInt8], to: [UInt8])?
    }

    /// For each derived text the slots of which the first with a value counts; empty for the key.
    private(set) var candidates: [[Int]] = []
    private struct Key {
        var index: Int
        var parts: [Part]
        let scratch = ByteScratch()
    }

    private var keys: [Key] = []
    private var columnCount = 0

    var isEmpty: Bool { candidates.isEmpty }
    var count: Int { candidates.count }

    /// The slot of the first of several columns that has a value.
    mutating func slot(_ columns: ExportMapping.Columns, _ slot: (String) -> Int) -> Int {
        let slots = columns.names.map(slot)
        if slots.count == 1 { return slots[0] }
        if let known = candidates.firstIndex(of: slots) { return Self.base + known }
        candidates.append(slots)
        return Self.base + candidates.count - 1
    }

    /// The slot of a session's key.
    mutating func slot(_ key: ExportMapping.SessionKey, _ slot: (String) -> Int) -> Int {
        let slots = key.parts.map { self.slot($0.column, slot) }
        if key.parts.count == 1, key.parts[0].isPlain { return slots[0] }
        candidates.append([])
        keys.append(
            Key(
                index: candidates.count - 1,
                parts: zip(key.parts, slots).map { part, slot in
                    Part(
                        slot: slot, none: part.none.map { Array($0.utf8) },
                        between: part.between.map { (Array($0[0].utf8), Array($0[1].utf8)) })
                }))
        return Self.base + candidates.count - 1
    }

    /// Called when all columns are known.
    mutating func finish(columns: Int) {
        columnCount = columns
        for key in keys.indices {
            for index in keys[key].parts.indices { keys[key].parts[index].slot = final(keys[key].parts[index].slot) }
        }
    }

    /// Where a slot lies in a row.
    func final(_ slot: Int) -> Int { slot < Self.base ? slot : slot - Self.base + columnCount }

    /// The column to blame for a slot.
    func column(of slot: Int) -> Int {
        guard slot >= columnCount else { return slot }
        if let first = candidates[slot - columnCount].first { return first }
        guard let key = keys.first(where: { $0.index == slot - columnCount }), let part = key.parts.last else { return 0 }
        return column(of: part.slot)
    }

    /// Sets the derived texts of a row whose columns are set.
    @inline(__always)
    func fill(_ row: UnsafeMutablePointer<TextSlice>, _ missing: MissingTexts) {
        for index in candidates.indices where !candidates[index].isEmpty {
            let slots = candidates[index]
            var chosen = row[slots[0]]
            var next = 1
            while next < slots.count, missing.contains(chosen) {
                chosen = row[slots[next]]
                next += 1
            }
            row[columnCount + index] = chosen
        }
        for key in keys { row[columnCount + key.index] = text(key.parts, key.scratch, row, missing) }
    }

    private func text(
        _ parts: [Part], _ scratch: ByteScratch, _ row: UnsafeMutablePointer<TextSlice>, _ missing: MissingTexts
    ) -> TextSlice {
        scratch.removeAll()
        for index in parts.indices {
            var text = row[parts[index].slot]
            let isNone = missing.contains(text) || text.count < 0 || parts[index].none.contains { text.holds($0) }
            if isNone { return TextSlice(row[0].bytes, -1) }
            if let (from, to) = parts[index].between { text = text.between(from, to) }
            if index > 0 { scratch.append(UInt8(ascii: "/")) }
            for i in 0..<text.count {
                let byte = text.bytes[i]
                if parts.count > 1, byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%") {
                    scratch.append(UInt8(ascii: "%"))
                    scratch.append(UInt8(ascii: "2"))
                    scratch.append(byte == UInt8(ascii: "/") ? UInt8(ascii: "F") : UInt8(ascii: "5"))
                } else {
                    scratch.append(byte)
                }
            }
        }
        return TextSlice(UnsafePointer(scratch.bytes), scratch.count)
    }
}

/// Which texts stand for no value.
struct MissingTexts {
    private let emptyIsMissing: Bool
    private let words: [[UInt8]]

    init(_ missing: [String]) {
        emptyIsMissing = missing.contains("")
        words = missing.filter { !$0.isEmpty }.map { Array($0.utf8) }
    }

    @inline(__always)
    func contains(_ text: TextSlice) -> Bool {
        if text.count <= 0 { return text.count < 0 || emptyIsMissing }
        guard !words.isEmpty else { return false }
        return words.contains { text.holds($0) }
    }
}

/// Bytes put together anew for every row; the memory stays.
final class ByteScratch {
    private(set) var bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
    private(set) var count = 0
    private var capacity = 64

    deinit { bytes.deallocate() }

    func removeAll() { count = 0 }

    @inline(__always)
    func append(_ byte: UInt8) {
        if count == capacity { grow() }
        bytes[count] = byte
        count += 1
    }

    private func grow() {
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
        larger.update(from: bytes, count: count)
        bytes.deallocate()
        bytes = larger
        capacity *= 2
    }
}

extension TextSlice {
    /// Whether it is this text; what is missing is none.
    @inline(__always)
    func holds(_ word: [UInt8]) -> Bool {
        guard word.count == count else { return false }
        for i in 0..<count where bytes[i] != word[i] { return false }
        return true
    }

    /// What stands between two texts, where it begins with the first and holds the second with something between; the whole otherwise.
    func between(_ from: [UInt8], _ to: [UInt8]) -> TextSlice {
        guard count > from.count + to.count else { return self }
        for i in from.indices where bytes[i] != from[i] { return self }
        var end = from.count + 1
        while end + to.count <= count {
            if TextSlice(bytes + end, to.count).holds(to) { return TextSlice(bytes + from.count, end - from.count) }
            end += 1
        }
        return self
    }
}
