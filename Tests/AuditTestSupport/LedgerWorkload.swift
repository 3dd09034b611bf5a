public import Audit
internal import DurableFiles

/// Keys, subjects and entries for tests and figures: always the same ones, no two alike.
public enum LedgerWorkload {
    /// Signs.
    public static func key() throws(LedgerError) -> SigningKey { try SigningKey(secret: [UInt8](repeating: 7, count: 32)) }
    /// Wraps the subjects' keys.
    public static func master() throws(LedgerError) -> VaultKey { try VaultKey(secret: [UInt8](repeating: 9, count: 32)) }

    /// A pseudonym of 16 bytes.
    public static func subject(_ number: Int) -> [UInt8] { Array(digest("subject \(number)").prefix(16)) }

    /// The events of a short session as JSON, some 600 bytes.
    public static func input(_ number: Int) -> [UInt8] {
        let events = (0..<8).map {
            "{\"at\":\(number * 1000 + $0),\"event\":\"page_view\",\"page\":\"/cards/compare/\((number + $0) % 97)\"}"
        }
        return Array("[\(events.joined(separator: ","))]".utf8)
    }

    /// A line of labels as JSON, some 600 bytes.
    public static func output(_ number: Int) -> [UInt8] {
        let intents = (0..<6).map {
            "{\"id\":\"intent-\((number + $0) % 35)\",\"name\":\"Compare credit cards\",\"probability\":0.\(1000 + number % 9000)}"
        }
        return Array("{\"session\":\"s\(number)\",\"status\":\"labelled\",\"intents\":[\(intents.joined(separator: ","))]}".utf8)
    }

    /// A decision.
    public static func entry(_ number: Int, of subject: Int, sealed: SealedInput?, output: [UInt8]? = nil) -> LedgerEntry {
        LedgerEntry(
            .decision, purpose: "marketing", actor: "label", time: 1_700_000_000_000_000 + Int64(number) * 1_000_000,
            subject: self.subject(subject), model: digest("model"), taxonomy: digest("taxonomy"), software: "0.1.0", consent: .given,
            inputDigest: sealed?.digest ?? digest("input"), sealedInput: sealed?.bytes, output: output ?? self.output(number))
    }

    private static func digest(_ text: String) -> [UInt8] {
        let digest = SHA256Digest()
        digest.update(Array(text.utf8))
        return digest.finish()
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed.
    public struct Random: Sendable {
        private var state: UInt64

        /// Starts at a seed.
        public init(_ seed: UInt64) { state = seed }

        /// The next number.
        public mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }

        /// In [0, 1).
        public mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }
    }
}
