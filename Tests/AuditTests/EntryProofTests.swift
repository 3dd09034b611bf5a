import Audit
import AuditTestSupport
import FoundationEssentials
import Testing

@Suite struct EntryProofTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    @Test("Every entry gives its hash, here and read back elsewhere")
    func sound() throws {
        try folder.ledger("a", entries: 40)
        let ledger = try Ledger(at: folder("a"), .readOnly)
        for place in 2...40 {
            let proof = try ledger.proof(at: place)
            #expect(try proof.isSound && proof.hash == ledger.hash(at: place) && proof.entry == ledger.entry(at: place))
            #expect(try proof.previous == ledger.hash(at: place - 1))
            #expect(EntryProof(of: proof.entry, after: proof.previous) == proof)
            // Output and evidence are kept as text; evidence of this ledger is none.
            var text = proof.entry
            text.evidence = Array("{\"run\":2,\"ü\":\"\\u0000\"}".utf8)
            let kept = EntryProof(of: text, after: proof.previous)
            let read = try JSONDecoder().decode(EntryProof.self, from: try JSONEncoder().encode(kept))
            #expect(read == kept && read.isSound)
        }
        #expect(throws: LedgerError.self) { try ledger.proof(at: 41) }
    }

    @Test("Whatever is changed of an entry, it does not give its hash any more")
    func changed() throws {
        var entry = LedgerFolder.entry(7)
        entry.sequence = 7
        let proof = EntryProof(of: entry, after: [UInt8](repeating: 3, count: 32))
        #expect(proof.isSound && proof.entry.sealedInput != nil)
        let edits: [(inout EntryProof) -> Void] = [
            { $0.entry.sequence += 1 }, { $0.entry.time += 1 }, { $0.entry.kind = .note }, { $0.entry.purpose += " " },
            { $0.entry.actor = "" }, { $0.entry.subject.append(0) }, { $0.entry.model.removeLast() }, { $0.entry.taxonomy[0] ^= 1 },
            { $0.entry.software += "1" }, { $0.entry.consent = .withdrawn }, { $0.entry.inputDigest[0] ^= 1 },
            { $0.entry.sealedInput = nil }, { $0.entry.sealedInput = [] }, { $0.entry.sealedInput?[1] ^= 1 },
            { $0.entry.output.append(0x20) }, { $0.entry.evidence = [] }, { $0.previous[31] ^= 1 }, { $0.previous.removeLast() },
            { $0.hash[0] ^= 1 }, { ($0.entry.purpose, $0.entry.actor) = ($0.entry.actor, $0.entry.purpose) },
        ]
        for (number, edit) in edits.enumerated() {
            var other = proof
            edit(&other)
            #expect(!other.isSound, "edit \(number)")
        }
        // An absent input is not an empty one, and a hash before that is short is not padded.
        entry.sealedInput = nil
        let absent = EntryProof(of: entry, after: proof.previous)
        entry.sealedInput = []
        #expect(absent.hash != EntryProof(of: entry, after: proof.previous).hash)
        #expect(!EntryProof(of: entry, after: []).isSound)
    }

    @Test("An entry that was edited in the file shows it")
    func edited() throws {
        try folder.ledger("a", entries: 12)
        try LedgerTamper.editEntry(column: "output", at: 5).apply(to: folder("a"))
        let ledger = try Ledger(at: folder("a"), .readOnly)
        #expect(try (2...12).filter { try !ledger.proof(at: $0).isSound } == [5])
    }

    @Test(arguments: ["{}", "[]", "{\"sequence\":1,\"kind\":99}"]) func whatIsNoProof(text: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(EntryProof.self, from: Data(text.utf8)) }
    }
}
