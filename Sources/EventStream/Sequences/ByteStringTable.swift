#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Distinct byte strings numbered by first appearance: an open-addressing hash table over one block of bytes.
///
/// Each entry costs its bytes, 8 for its end and 11 to 21 for its slot. Lookups allocate nothing.
final class ByteStringTable {
    @exclusivity(unchecked) private var slots: UnsafeMutableBufferPointer<UInt64>  // high half: hash; low half: number + 1; 0 is free
    @exclusivity(unchecked) private var bytes: UnsafeMutableRawBufferPointer
    @exclusivity(unchecked) private var ends: UnsafeMutableBufferPointer<Int>
    @exclusivity(unchecked) private var used = 0
    private let seed: UInt64
    /// Entries.
    @exclusivity(unchecked) private(set) var count = 0
    private static let highHalf: UInt64 = 0xffff_ffff_0000_0000

    init() {
        (slots, bytes, ends) = Self.smallest()
        // Nothing written depends on the seed; it keeps a crafted export from making all strings collide.
        seed = UInt64.random(in: 0 ... .max) | 1
    }

    deinit { release() }

    private static func smallest() -> (UnsafeMutableBufferPointer<UInt64>, UnsafeMutableRawBufferPointer, UnsafeMutableBufferPointer<Int>) {
        (zeros(64), UnsafeMutableRawBufferPointer(start: PageMemory.allocate(1024), count: 1024), values(PageMemory.allocate(48 * 8), 48))
    }

    private static func values<Value>(_ start: UnsafeMutableRawPointer, _ count: Int) -> UnsafeMutableBufferPointer<Value> {
        UnsafeMutableBufferPointer(start: start.bindMemory(to: Value.self, capacity: count), count: count)
    }

    private static func zeros(_ count: Int) -> UnsafeMutableBufferPointer<UInt64> {
        let slots: UnsafeMutableBufferPointer<UInt64> = values(PageMemory.allocate(count * 8), count)
        if count * 8 < PageMemory.smallest { slots.initialize(repeating: 0) }
        return slots
    }

    private func release() {
        PageMemory.deallocate(slots.baseAddress!, slots.count * 8)
        PageMemory.deallocate(bytes.baseAddress!, bytes.count)
        PageMemory.deallocate(ends.baseAddress!, ends.count * 8)
    }

    /// Forgets the entries and keeps the memory.
    func removeAll() {
        slots.update(repeating: 0)
        used = 0
        count = 0
    }

    /// Forgets the entries and gives the memory up.
    func reset() {
        release()
        (slots, bytes, ends) = Self.smallest()
        used = 0
        count = 0
    }

    /// Bytes of memory in use; what was asked for and never touched is none.
    var footprint: Int { slots.count * 8 + used + count * 8 }

    /// The bytes of an entry, valid until the next ``number(of:)``.
    @inline(__always)
    subscript(number: Int) -> UnsafeRawBufferPointer {
        let start = number == 0 ? 0 : ends[number - 1]
        return UnsafeRawBufferPointer(start: bytes.baseAddress! + start, count: ends[number] - start)
    }

    /// The number of a string, a new one where it has none yet.
    @inline(__always)
    func number(of string: UnsafeRawBufferPointer) -> Int {
        let hash = Self.hash(string, seed)
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        let tag = hash & Self.highHalf
        while true {
            let slot = slots[place]
            if slot == 0 { return insert(string, tag, place) }
            if slot & Self.highHalf == tag {
                let number = Int(slot & 0xffff_ffff) - 1
                if Self.areEqual(self[number], string) { return number }
            }
            place = (place + 1) & mask
        }
    }

    /// The number of a string that is there; nil otherwise. Changes nothing.
    func known(_ string: UnsafeRawBufferPointer) -> Int? {
        let hash = Self.hash(string, seed)
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = slots[place]
            if slot == 0 { return nil }
            if slot & Self.highHalf == hash & Self.highHalf {
                let number = Int(slot & 0xffff_ffff) - 1
                if Self.areEqual(self[number], string) { return number }
            }
            place = (place + 1) & mask
        }
    }

    /// Adds an entry that is not looked for, whether it is there or not: a list rather than a table.
    func append(_ string: UnsafeRawBufferPointer) { _ = store(string) }

    @inline(never)
    private func insert(_ string: UnsafeRawBufferPointer, _ tag: UInt64, _ place: Int) -> Int {
        let number = store(string)
        slots[place] = tag | UInt64(count)
        if count * 4 > slots.count * 3 { grow() }
        return number
    }

    private func store(_ string: UnsafeRawBufferPointer) -> Int {
        let number = count
        if number == ends.count {
            let larger = PageMemory.enlarge(ends.baseAddress!, from: number * 8, to: number * 16, used: number * 8)
            ends = Self.values(larger, number * 2)
        }
        if bytes.count - used < string.count {
            let capacity = max(bytes.count * 2, used + string.count)
            let larger = PageMemory.enlarge(bytes.baseAddress!, from: bytes.count, to: capacity, used: used)
            bytes = UnsafeMutableRawBufferPointer(start: larger, count: capacity)
        }
        if let start = string.baseAddress { (bytes.baseAddress! + used).copyMemory(from: start, byteCount: string.count) }
        used += string.count
        ends[number] = used
        count += 1
        return number
    }

    private func grow() {
        let capacity = slots.count * 2
        // The numbers are found again from the strings, so both need not be there at once.
        PageMemory.deallocate(slots.baseAddress!, slots.count * 8)
        slots = Self.zeros(capacity)
        let mask = slots.count - 1
        for number in 0..<count {
            let hash = Self.hash(self[number], seed)
            var place = Int(truncatingIfNeeded: hash) & mask
            while slots[place] != 0 { place = (place + 1) & mask }
            slots[place] = hash & Self.highHalf | UInt64(number + 1)
        }
    }

    /// Eight bytes a step, folded by full products.
    @inline(__always)
    private static func hash(_ string: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: string.count) &* 0x9e37_79b9_7f4a_7c15
        var offset = 0
        let count = string.count
        while offset + 8 <= count {
            hash = mix(hash ^ string.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while offset < count {
            tail |= UInt64(string[offset]) << shift
            shift += 8
            offset += 1
        }
        return mix(hash ^ tail)
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = (value ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
        return product.high ^ product.low
    }

    @inline(__always)
    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        var offset = 0
        while offset + 8 <= left.count {
            if left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return false
            }
            offset += 8
        }
        while offset < left.count {
            if left[offset] != right[offset] { return false }
            offset += 1
        }
        return true
    }

    /// Whether one string comes before another in byte order.
    static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard let first = left.baseAddress, let second = right.baseAddress else { return left.count < right.count }
        let difference = memcmp(first, second, min(left.count, right.count))
        return difference != 0 ? difference < 0 : left.count < right.count
    }

    /// The first eight bytes as an integer that orders as they do.
    static func prefix(of string: UnsafeRawBufferPointer) -> UInt64 {
        var prefix: UInt64 = 0
        for offset in 0..<min(8, string.count) { prefix |= UInt64(string[offset]) << UInt64(56 - 8 * offset) }
        return prefix
    }

    /// For each entry its place in byte order.
    func ranks() -> [Int32] {
        // The first eight bytes decide nearly always, and integers compare fast.
        var keys: [(prefix: UInt64, number: Int32)] = []
        keys.reserveCapacity(count)
        for number in 0..<count {
            keys.append((Self.prefix(of: self[number]), Int32(number)))
        }
        keys.sort {
            $0.prefix != $1.prefix ? $0.prefix < $1.prefix : Self.precedes(self[Int($0.number)], self[Int($1.number)])
        }
        var ranks = [Int32](repeating: 0, count: count)
        for (rank, key) in keys.enumerated() { ranks[Int(key.number)] = Int32(rank) }
        return ranks
    }
}
