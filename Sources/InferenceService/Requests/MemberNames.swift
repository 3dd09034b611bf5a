#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

/// Names of an object's members and what each stands for, found by their bytes: a name is compared where it stands, and no text is made of
/// it.
///
/// The tables are memory that no references to are counted: threads that read at the same time would wait for each other at every count.
package final class MemberNames<Value: BitwiseCopyable & Sendable>: @unchecked Sendable {
    /// The tables, to be looked into while the names are there.
    package struct Table {
        /// Numbers from 1 by hash; 0 for none. Half full at most.
        fileprivate let slots: UnsafeMutablePointer<Int32>
        fileprivate let mask: Int
        /// The bytes of all names, where each begins, and behind the last where it ends.
        fileprivate let bytes: UnsafeMutablePointer<UInt8>
        fileprivate let starts: UnsafeMutablePointer<Int>
        fileprivate let values: UnsafeMutablePointer<Value>

        /// What a name stands for; nil for a name that is none of these.
        package func value(of name: UnsafeBufferPointer<UInt8>) -> Value? {
            var slot = MemberNames.hash(name) & mask
            while slots[slot] != 0 {
                let number = Int(slots[slot]) - 1
                let (start, end) = (starts[number], starts[number + 1])
                if end - start == name.count, name.isEmpty || memcmp(bytes + start, name.baseAddress!, name.count) == 0 {
                    return values[number]
                }
                slot = (slot + 1) & mask
            }
            return nil
        }
    }

    /// The tables.
    package let table: Table

    /// Names that differ from each other.
    package init(_ members: [(name: String, value: Value)]) {
        let names = members.map { Array($0.name.utf8) }
        var size = 8
        while size < 2 * members.count { size *= 2 }
        let own = Table(
            slots: .allocate(capacity: size), mask: size - 1, bytes: .allocate(capacity: max(1, names.reduce(0) { $0 + $1.count })),
            starts: .allocate(capacity: members.count + 1), values: .allocate(capacity: max(1, members.count)))
        own.slots.initialize(repeating: 0, count: size)
        own.starts[0] = 0
        for (number, name) in names.enumerated() {
            for (place, byte) in name.enumerated() { own.bytes[own.starts[number] + place] = byte }
            own.starts[number + 1] = own.starts[number] + name.count
            own.values[number] = members[number].value
            var slot = name.withUnsafeBufferPointer { Self.hash($0) } & own.mask
            while own.slots[slot] != 0 { slot = (slot + 1) & own.mask }
            own.slots[slot] = Int32(number + 1)
        }
        table = own
    }

    deinit {
        table.slots.deallocate()
        table.bytes.deallocate()
        table.starts.deallocate()
        table.values.deallocate()
    }

    /// FNV-1a. The names are those of a schema: nobody who asks chooses which of them fall together.
    private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt32 = 0x811C_9DC5
        for byte in name { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return Int(truncatingIfNeeded: hash ^ hash >> 15)
    }
}
