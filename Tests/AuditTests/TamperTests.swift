import Audit
import AuditTestSupport
import DurableFiles
import Testing

/// Every change of a ledger's file is found, and told for what it is and where it is.
@Suite struct TamperTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private func verify(_ name: String, anchors: [LedgerAnchor] = [], trusting: [PublicKey] = [], clockTolerance: Int64 = .max) throws
        -> LedgerVerification
    {
        var options = LedgerVerification.Options()
        options.anchors = anchors
        // The entries' times are made up, those of key rotations are not.
        options.clockTolerance = clockTolerance
        options.trustedKeys = trusting
        return try LedgerVerification.run(at: folder(name), options)
    }

    @Test(arguments: [true, false]) func everyChangeIsLocated(isSigned: Bool) throws {
        let heads = try folder.ledger("a", entries: 200, key: isSigned ? LedgerFolder.key : nil)
        let anchor = try #require(try Ledger(at: folder("a"), .readOnly).exportAnchor())
        #expect(try verify("a", anchors: [anchor]).findings.isEmpty)
        // Within a commit, at the end of one, at the beginning of one, alone in one.
        let places = [2, 9, 10, 57, 99, 198]
        for tamper in LedgerTamper.all(entries: 200, heads: heads, at: places) {
            if !isSigned, case .editHead("key", _) = tamper { continue }
            if !isSigned, case .rewriteWithHeads = tamper { continue }
            try folder.copy("a", to: "b")
            try tamper.apply(to: folder("b"))
            for anchors in [[], [anchor]] {
                let verification = try verify("b", anchors: anchors)
                let told = verification.findings.map(\.description)
                if case .truncateWithHeads = tamper, anchors.isEmpty {
                } else {
                    #expect(!verification.isIntact, "\(tamper): not found")
                }
                let isLocated = tamper.isLocated(by: verification, entries: 200, heads: heads, anchored: !anchors.isEmpty)
                #expect(isLocated, "\(tamper), \(anchors.count) anchors: \(told)")
            }
        }
    }

    @Test func severalChangesAreAllTold() throws {
        try folder.ledger("a", entries: 200)
        for tamper in [
            LedgerTamper.editEntry(column: "output", at: 20), .editEntry(column: "hash", at: 60), .delete(100...110),
            .swapEntries(150, 180),
        ] { try tamper.apply(to: folder("a")) }
        let found = try verify("a").findings
        #expect(found.map(\.fault) == [.editedContent, .editedHash, .missing, .swapped(with: 180)])
        #expect(found.map(\.sequences.lowerBound) == [20, 60, 100, 150])
    }

    @Test func anchorsKnowWhatTheFileDoesNot() throws {
        let heads = try folder.ledger("a", entries: 100)
        let middle = heads[heads.count / 2]
        try folder.copy("a", to: "cut")
        let anchor = try #require(try Ledger(at: folder("a"), .readOnly).exportAnchor())
        try LedgerTamper.truncateWithHeads(after: middle).apply(to: folder("cut"))
        #expect(try verify("cut").isIntact)
        #expect(try verify("cut", anchors: [anchor]).findings == [LedgerFinding(fault: .truncated, sequences: (middle + 1)...100)])
        // Gone on with after the cut, with the right key: only the anchor shows it.
        try Ledger(at: folder("cut"), .existing, signingKey: LedgerFolder.key).append((1...99).map(LedgerFolder.entry))
        #expect(try verify("cut").isIntact)
        let found = try verify("cut", anchors: [anchor]).findings.filter { !$0.isWarning }
        #expect(found.map(\.fault) == [.rewritten] && found[0].sequences.contains(middle + 1))

        #expect(try LedgerAnchor(json: Array(anchor.json.utf8)) == anchor)
        for text in ["", "{}", anchor.json.replacing("\"format\":1", with: "\"format\":2"), String(anchor.json.dropLast(9))] {
            #expect(throws: LedgerError.self) { try LedgerAnchor(json: Array(text.utf8)) }
        }
        var forged = anchor
        forged.head.hash[0] ^= 1
        #expect(try verify("a", anchors: [forged]).findings.map(\.fault) == [.forgedAnchor])
        var foreign = anchor
        foreign.ledger[0] ^= 1
        #expect(try verify("a", anchors: [foreign]).findings.map(\.fault) == [.anchorOfAnotherLedger])
    }

    @Test func anotherLedgerInItsPlace() throws {
        try folder.ledger("a", entries: 30)
        try folder.ledger("b", entries: 30, key: LedgerFolder.otherKey)
        let anchor = try #require(try Ledger(at: folder("a"), .readOnly).exportAnchor())
        #expect(try verify("b").isIntact)
        #expect(try verify("b", trusting: [LedgerFolder.key.publicKey]).findings.map(\.fault) == [.untrusted])
        #expect(try verify("b", anchors: [anchor]).findings.map(\.fault) == [.anchorOfAnotherLedger])
    }

    @Test(arguments: [
        ("DROP TRIGGER entries_no_update", LedgerFinding.Fault.missingFromSchema("entries_no_update")),
        ("CREATE TRIGGER quiet BEFORE INSERT ON heads BEGIN SELECT 1; END", .foreignInSchema("quiet")),
        ("CREATE VIEW shown AS SELECT 1", .foreignInSchema("shown")),
        ("DROP INDEX entries_by_time", .missingFromSchema("entries_by_time")),
    ]) func schema(sql: String, fault: LedgerFinding.Fault) throws {
        try folder.ledger("a", entries: 10)
        try RawSQLite(folder("a")).run(sql)
        #expect(try verify("a").findings.map(\.fault) == [fault])
    }

    @Test(arguments: [
        ("UPDATE ledger SET identity = X'00'", LedgerFinding.Fault.editedIdentity),
        ("UPDATE ledger SET created = created + 1", .editedIdentity),
        ("INSERT INTO ledger VALUES (X'00', 1)", .editedIdentity), ("DELETE FROM ledger", .editedIdentity),
        ("UPDATE keys SET public = id", .editedKey), ("UPDATE keys SET id = public", .editedKey), ("DELETE FROM keys", .missingKey),
        ("INSERT INTO keys SELECT 5, id, public FROM keys", .editedKey),
    ]) func otherTables(sql: String, fault: LedgerFinding.Fault) throws {
        try folder.ledger("a", entries: 10)
        let raw = try RawSQLite(folder("a"))
        try raw.withoutTriggers { try raw.run(sql) }
        #expect(try verify("a").findings.map(\.fault) == [fault])
    }

    @Test func missingTables() throws {
        for table in ["entries", "heads", "keys", "ledger"] {
            try folder.ledger(table, entries: 10)
            let raw = try RawSQLite(folder(table))
            try raw.run("DROP TABLE \(table)")
            #expect(try !verify(table).isIntact)
        }
    }

    @Test func clockThatWentBackIsAWarning() throws {
        let ledger = try Ledger(at: folder("a"), .create)
        for time in [1000, 900_000_000, 900_000_000 - 59_000_000, 800_000_000, 700_000_000] as [Int64] {
            try ledger.append(LedgerEntry(.note, purpose: "test", actor: "test", time: time))
        }
        let verification = try verify("a", clockTolerance: LedgerVerification.Options().clockTolerance)
        #expect(verification.isIntact)
        #expect(verification.findings == [LedgerFinding(fault: .clockWentBack(by: 100_000_000), sequences: 5...5)])
    }

    @Test func manyFindingsAreCounted() throws {
        try folder.ledger("a", entries: 2400)
        let raw = try RawSQLite(folder("a"))
        try raw.withoutTriggers { try raw.run("UPDATE entries SET consent = 2 WHERE seq % 2 = 0") }
        let verification = try verify("a")
        #expect(verification.findings.count == 1000 && verification.findingsLeftOut == 200)
    }
}
