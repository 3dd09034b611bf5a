internal import DurableFiles

/// Replaces identifiers of people by keyed digests: HMAC-SHA256 (RFC 2104), the first 128 bits as 32 hexadecimal digits.
///
/// The same key gives the same digest in every import, so that corpora and outcomes can be joined; without the key nobody can
/// try out identifiers. It is applied before anything is kept or spilled to disk.
public final class SubjectPseudonym {
    private let digest: KeyedDigest
    private var message: [UInt8] = []
    private var result = [UInt8](repeating: 0, count: 32)
    private var text = [UInt8](repeating: 0, count: 32)

    /// A replacement under a key; any length above 0, 32 random bytes are best.
    public init(key: [UInt8]) {
        precondition(!key.isEmpty, "SubjectPseudonym: an empty key")
        digest = KeyedDigest(key: key)
    }

    /// The digits for an identifier, for the time of the closure.
    func withPseudonym<Result>(of identifier: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        digest.digest(of: identifier, into: &result)
        for index in 0..<16 {
            text[2 * index] = Self.digit(result[index] >> 4)
            text[2 * index + 1] = Self.digit(result[index] & 15)
        }
        return text.withUnsafeBytes(body)
    }

    /// The 32 digits for an identifier: what joins outcomes kept elsewhere to a corpus.
    public func pseudonym(of identifier: String) -> String {
        Array(identifier.utf8).withUnsafeBytes { withPseudonym(of: $0) { String(decoding: $0, as: UTF8.self) } }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
}
