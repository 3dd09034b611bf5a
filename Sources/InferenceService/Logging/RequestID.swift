internal import Synchronization

/// What a request is called in the log, in its answer and in the ledger, so that the three can be put together.
public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    /// 1 to 128 letters, digits, `.`, `_` or `-` (ASCII): nothing that could end a line or a field.
    public let text: String

    /// The id a caller gave in `X-Request-Id`, if it is well-formed; a new one otherwise.
    public init(given: String?) {
        self = given.flatMap { Self.isWellFormed($0) ? RequestID(text: $0) : nil } ?? RequestID()
    }

    private init(text: String) { self.text = text }

    /// A new id, as 32 hexadecimal digits: 64 random bits of this process, and a number that no other id of it has.
    ///
    /// The number is a count put through a permutation (SplitMix64: Steele, Lea, Flood, OOPSLA 2014), so that an id does not tell how many
    /// requests there were. It is no secret.
    public init() {
        let count = Self.count.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        var low = (count ^ count >> 30) &* 0xBF58_476D_1CE4_E5B9
        low = (low ^ low >> 27) &* 0x94D0_49BB_1331_11EB
        low ^= low >> 31
        let high = Self.process
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        let letters = Array("0123456789abcdef".utf8)
        for word in [high, low] {
            for shift in stride(from: 60, through: 0, by: -4) { digits.append(letters[Int(word >> UInt64(shift) & 15)]) }
        }
        text = String(decoding: digits, as: UTF8.self)
    }

    private static let process = UInt64.random(in: 0...(.max))
    private static let count = Atomic<UInt64>(.random(in: 0...(.max)))

    /// Whether a text can be an id.
    public static func isWellFormed(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// The id.
    public var description: String { text }
}
