/// Names of an object's members with their numbers, found by their bytes: a name is compared where it stands, and no text is made of it.
package struct MemberNames: Sendable {
    /// The names, in their order.
    package let names: [String]
    private let bytes: [[UInt8]]
    /// Numbers from 1 by hash; 0 for none. Half full at most.
    private let slots: [Int32]

    /// Names that differ from each other.
    package init(_ names: [String]) {
        self.names = names
        bytes = names.map { Array($0.utf8) }
        var size = 8
        while size < 2 * names.count { size *= 2 }
        var slots = [Int32](repeating: 0, count: size)
        for (number, name) in bytes.enumerated() {
            var slot = name.withUnsafeBufferPointer { Self.hash($0) } & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(number + 1)
        }
        self.slots = slots
    }

    /// The number of a name, from 0; nil for a name that is none of these.
    package func number(of name: UnsafeBufferPointer<UInt8>) -> Int? {
        var slot = Self.hash(name) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if bytes[number].count == name.count, bytes[number].elementsEqual(name) { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// FNV-1a. The names are those of a schema: nobody who asks chooses which of them fall together.
    private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt32 = 0x811C_9DC5
        for byte in name { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return Int(truncatingIfNeeded: hash ^ hash >> 15)
    }
}
