/// Words and character runs of a text or an address as numbers of hash buckets (fastText's subword bags).
///
/// A word, and each run of 3, 4 and 5 bytes of `<word>`, falls into one of B buckets by FNV-1a over its bytes; the bag's
/// vector is the mean of its buckets' vectors. Nothing is fitted, so a page never met before shares vectors with its like.
/// ASCII letters are lowered; other bytes are taken as they are. The hash is fixed by this file, not by the process.
public struct TextHashing: Codable, Sendable, Equatable {
    /// Buckets (B).
    public let buckets: Int
    /// Addresses: digits become 0, so that ids inside paths fall together. Text keeps its digits.
    public let isAddress: Bool
    /// Longest text read, in bytes.
    public static let limit = 2048

    /// Hashing into so many buckets.
    public init(buckets: Int, isAddress: Bool) {
        precondition(buckets > 0, "TextHashing: \(buckets) buckets")
        self.buckets = buckets
        self.isAddress = isAddress
    }

    /// Rows of the table: the four reserved ids before the buckets.
    public var size: Int { buckets + Int(Vocabulary.firstValue) }

    /// Appends the ids of a text's bag; a text without a word gives the id of *unknown*.
    public func append(_ text: UnsafeRawBufferPointer, to bag: inout [Int32]) {
        let start = bag.count
        var word: [UInt8] = [UInt8(ascii: "<")]
        for position in 0...min(text.count, Self.limit) {
            let byte = position < min(text.count, Self.limit) ? text[position] : 0x20
            if Self.isWord(byte) {
                word.append(lowered(byte))
            } else if word.count > 1 {
                add(&word, to: &bag)
                word.removeLast(word.count - 1)
            }
        }
        if bag.count == start { bag.append(Vocabulary.unknown) }
    }

    private func add(_ word: inout [UInt8], to bag: inout [Int32]) {
        word.append(UInt8(ascii: ">"))
        bag.append(id(word[...]))
        for length in 3...5 where length < word.count {
            for start in 0...(word.count - length) { bag.append(id(word[start..<start + length])) }
        }
    }

    private func id(_ bytes: ArraySlice<UInt8>) -> Int32 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        // FNV's low bits are weak for short strings: fold the high half in before taking the remainder.
        hash ^= hash >> 32
        return Vocabulary.firstValue + Int32(hash % UInt64(buckets))
    }

    private func lowered(_ byte: UInt8) -> UInt8 {
        if byte >= 0x41 && byte <= 0x5A { return byte | 0x20 }
        return isAddress && byte >= 0x30 && byte <= 0x39 ? 0x30 : byte
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x61 && byte <= 0x7A)
    }
}
