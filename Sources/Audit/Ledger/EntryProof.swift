internal import DurableFiles
internal import FoundationEssentials

/// An entry outside of its ledger, with all that its hash is made of: whoever has it makes the hash anew and compares it with the ledger's.
///
/// A sound proof shows that these fields, the sealed input among them, and the hash before give this hash, so that none of them was
/// changed by itself. The hash needs no secret: anybody can make a sound proof of made-up fields. Whether the entry is one of a ledger
/// tells the ledger's own hash of that place (``Ledger/hash(at:)``). A signed head tells it of the last entry of its commit alone: a hash
/// is made of all fields of its entry, so that from an earlier entry to the head lead only the whole entries between, which concern others.
public struct EntryProof: Sendable, Equatable {
    /// The entry with its place.
    public var entry: LedgerEntry
    /// The hash of the entry before, 32 bytes.
    public var previous: [UInt8]
    /// The hash of the entry, 32 bytes.
    public var hash: [UInt8]

    /// A proof as it was read; ``isSound`` tells what it is worth.
    init(entry: LedgerEntry, previous: [UInt8], hash: [UInt8]) {
        (self.entry, self.previous, self.hash) = (entry, previous, hash)
    }

    /// The proof of an entry at its place, the hash made anew.
    /// - Parameter previous: the hash of the entry before, 32 bytes.
    public init(of entry: LedgerEntry, after previous: [UInt8]) {
        self.init(entry: entry, previous: previous, hash: Self.hash(of: entry, after: previous))
    }

    /// Whether entry and hash before give the hash.
    public var isSound: Bool { previous.count == 32 && Self.hash(of: entry, after: previous) == hash }

    private static func hash(of entry: LedgerEntry, after previous: [UInt8]) -> [UInt8] {
        let bytes = EntryBytes()
        bytes.fill(entry, sequence: Int64(entry.sequence), after: previous)
        return ChainDigest().digest(of: bytes.bytes)
    }
}

extension Ledger {
    /// One entry with what its hash is made of, as the file holds it: sound where neither was changed.
    /// - Throws: ``LedgerError/Kind/notStored`` where there is none at this place.
    public func proof(at sequence: Int) throws(LedgerError) -> EntryProof {
        let entry = try entry(at: sequence)
        let row = try database.prepare("SELECT previous, hash FROM entries WHERE seq = ?")
        try row.bind(Int64(sequence), at: 1)
        // The ledger only grows: what was just read is still there.
        guard try row.step() else {
            throw LedgerError(.damaged, path, "entry \(sequence) went while it was read", remedy: "run `tessera audit verify`")
        }
        return EntryProof(entry: entry, previous: row.bytes(0), hash: row.bytes(1))
    }
}

/// ```
/// {"sequence":7,"time":1700000000000000,"kind":1,"purpose":"marketing","actor":"label","subject":"9f…","model":"1f…","taxonomy":"",
///  "software":"tessera 0.1.0","consent":1,"inputDigest":"ab…","sealedInput":"AZ…","output":"{…}","evidence":"{\"run\":2}",
///  "previous":"03…","hash":"77…"}
/// ```
/// Numbers as in the ledger, digests as hexadecimal digits, the sealed input as base64 and left out where there is none. Output and
/// evidence are UTF-8; bytes that are none make a proof that is not sound when it is read back.
extension EntryProof: Codable {
    private struct Form: Codable {
        var sequence: Int
        var time, kind, consent: Int64
        var purpose, actor, software, output, evidence: String
        var subject, model, taxonomy, inputDigest, previous, hash: String
        var sealedInput: Data?
    }

    /// Reads a proof.
    /// - Throws: `DecodingError` for anything else.
    public init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        func fault(_ reason: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "EntryProof: \(reason)"))
        }
        func bytes(_ digits: String) throws -> [UInt8] {
            guard let bytes = KeyFile.bytes(ofHex: Array(digits.utf8)) else { throw fault("a digest that is none") }
            return bytes
        }
        guard let kind = LedgerEntry.Kind(rawValue: form.kind), let consent = LedgerEntry.Consent(rawValue: form.consent) else {
            throw fault("an unknown kind of entry")
        }
        var entry = LedgerEntry(
            kind, purpose: form.purpose, actor: form.actor, time: form.time, subject: try bytes(form.subject), model: try bytes(form.model),
            taxonomy: try bytes(form.taxonomy), software: form.software, consent: consent, inputDigest: try bytes(form.inputDigest),
            sealedInput: form.sealedInput.map { Array($0) }, output: Array(form.output.utf8), evidence: Array(form.evidence.utf8))
        entry.sequence = form.sequence
        self.init(entry: entry, previous: try bytes(form.previous), hash: try bytes(form.hash))
    }

    /// Writes a proof.
    public func encode(to encoder: any Encoder) throws {
        try Form(
            sequence: entry.sequence, time: entry.time, kind: entry.kind.rawValue, consent: entry.consent.rawValue, purpose: entry.purpose,
            actor: entry.actor, software: entry.software, output: String(decoding: entry.output, as: UTF8.self),
            evidence: String(decoding: entry.evidence, as: UTF8.self), subject: SHA256Digest.hex(entry.subject),
            model: SHA256Digest.hex(entry.model), taxonomy: SHA256Digest.hex(entry.taxonomy),
            inputDigest: SHA256Digest.hex(entry.inputDigest), previous: SHA256Digest.hex(previous), hash: SHA256Digest.hex(hash),
            sealedInput: entry.sealedInput.map { Data($0) }
        ).encode(to: encoder)
    }
}
