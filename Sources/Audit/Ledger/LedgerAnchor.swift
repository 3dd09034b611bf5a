internal import DurableFiles
internal import FoundationEssentials

/// A head kept outside of the ledger: in a ticket, a mail, a printed page, another system.
///
/// Shows later that the ledger was neither cut short nor written anew before this head, even by somebody who holds the signing key.
public struct LedgerAnchor: Sendable, Equatable {
    /// Which ledger: 16 random bytes made with it.
    public var ledger: [UInt8]
    /// The head.
    public var head: LedgerHead

    /// One line of JSON: numbers as numbers, bytes as hexadecimal digits, time in microseconds since 1970.
    public var json: String {
        let fields = [
            ("ledger", ledger), ("hash", head.hash), ("previous", head.previous), ("key", head.key), ("signature", head.signature),
        ].map { "\"\($0.0)\":\(JSONString.quoted(SHA256Digest.hex($0.1)))" }
        return "{\"format\":1,\"sequence\":\(head.sequence),\"time\":\(head.time),\(fields.joined(separator: ","))}"
    }

    init(ledger: [UInt8], head: LedgerHead) {
        self.ledger = ledger
        self.head = head
    }

    /// Reads what ``json`` wrote.
    /// - Parameter place: where it stood, for messages.
    /// - Throws: ``LedgerError/Kind/damaged`` or ``LedgerError/Kind/newerVersion(found:newestSupported:)``.
    public init(json: [UInt8], place: String = "anchor") throws(LedgerError) {
        struct Form: Decodable {
            var format, sequence: Int
            var time: Int64
            var ledger, hash, previous, key, signature: String
        }
        guard let form = try? JSONDecoder().decode(Form.self, from: Data(json)) else {
            throw LedgerError(.damaged, place, "this is no anchor of a ledger", remedy: "take the line as it was exported")
        }
        guard form.format == 1 else {
            throw LedgerError(
                .newerVersion(found: form.format, newestSupported: 1), place, "the anchor has version \(form.format)",
                remedy: "use the program that wrote it, or a newer one")
        }
        let fields = [form.ledger, form.hash, form.previous, form.key, form.signature].map { KeyFile.bytes(ofHex: Array($0.utf8)) }
        let bytes = fields.compactMap { $0 }
        guard bytes.count == fields.count else {
            throw LedgerError(.damaged, place, "the anchor holds something other than digits", remedy: "take the line as it was exported")
        }
        ledger = bytes[0]
        head = LedgerHead(
            sequence: form.sequence, time: form.time, hash: bytes[1], previous: bytes[2], key: bytes[3], signature: bytes[4])
    }
}
