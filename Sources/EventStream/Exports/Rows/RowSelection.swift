/// Which rows are left out, and by which rule; see ``ExportMapping/Skip``.
struct RowSelection {
    private struct Rule {
        var slot: Int
        var texts: [[UInt8]]
        var takesMissing: Bool
        var isNegated: Bool
    }

    private var rules: [Rule] = []
    let reasons: [String]
    var isEmpty: Bool { rules.isEmpty }

    init(_ rules: [ExportMapping.Skip], slot: (ExportMapping.Columns) -> Int) {
        reasons = rules.map(\.reason)
        self.rules = rules.map { rule in
            Rule(
                slot: slot(rule.column), texts: rule.texts.filter { !$0.isEmpty }.map { Array($0.utf8) },
                takesMissing: rule.texts.contains(""), isNegated: rule.isNegated)
        }
    }

    mutating func finish(_ final: (Int) -> Int) {
        for index in rules.indices { rules[index].slot = final(rules[index].slot) }
    }

    /// The first rule that leaves the row out; nil where none does.
    func rule(for row: UnsafeMutablePointer<TextSlice>, _ missing: MissingTexts) -> Int? {
        for index in rules.indices {
            let text = row[rules[index].slot]
            let isListed =
                missing.contains(text) || text.count < 0
                ? rules[index].takesMissing : rules[index].texts.contains { text.holds($0) }
            if isListed != rules[index].isNegated { return index }
        }
        return nil
    }
}

/// A digest of 128 bits over the columns of ``ExportMapping/duplicates`` (the mixing steps of MurmurHash3, x64). Equal keys have equal
/// digests; among n different ones two are equal with a probability of about n² / 2¹²⁹.
struct RowKeyDigest {
    private var first: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var second: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private var length: UInt64 = 0

    private static let c1: UInt64 = 0x87c3_7b91_1142_53d5
    private static let c2: UInt64 = 0x4cf5_ad43_2745_937f

    /// Takes one text and its length, so that `ab`, `c` is not `a`, `bc`.
    mutating func take(_ text: TextSlice) {
        let bytes = UnsafeRawPointer(text.bytes)
        var at = 0
        while at + 16 <= text.count {
            mix(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self), bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self))
            at += 16
        }
        var (low, high): (UInt64, UInt64) = (0, 0)
        for i in at..<max(at, text.count) {
            let byte = UInt64(text.bytes[i])
            if i - at < 8 { low |= byte << UInt64(8 * (i - at)) } else { high |= byte << UInt64(8 * (i - at - 8)) }
        }
        mix(low, high)
        mix(UInt64(text.count), 0)
        length &+= UInt64(text.count)
    }

    @inline(__always)
    private mutating func mix(_ low: UInt64, _ high: UInt64) {
        var (k1, k2) = (low &* Self.c1, high &* Self.c2)
        k1 = (k1 << 31 | k1 >> 33) &* Self.c2
        k2 = (k2 << 33 | k2 >> 31) &* Self.c1
        first ^= k1
        first = ((first << 27 | first >> 37) &+ second) &* 5 &+ 0x52dc_e729
        second ^= k2
        second = ((second << 31 | second >> 33) &+ first) &* 5 &+ 0x3849_5ab5
    }

    /// The digest; never 0, 0, which says that a row has no key.
    func finish() -> (Int64, Int64) {
        func final(_ value: UInt64) -> UInt64 {
            var value = (value ^ value >> 33) &* 0xff51_afd7_ed55_8ccd
            value = (value ^ value >> 33) &* 0xc4ce_b9fe_1a85_ec53
            return value ^ value >> 33
        }
        var (a, b) = (first ^ length, second ^ length)
        a &+= b
        b &+= a
        (a, b) = (final(a), final(b))
        a &+= b
        b &+= a
        return (Int64(bitPattern: a), Int64(bitPattern: a == 0 && b == 0 ? 1 : b))
    }
}
