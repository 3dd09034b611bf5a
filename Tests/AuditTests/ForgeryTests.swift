import Audit
import AuditTestSupport
import Testing

/// What somebody does who knows the format well and has no key.
@Suite struct ForgeryTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private func verify(_ name: String, anchors: [LedgerAnchor] = [], trusting: [PublicKey] = []) throws -> LedgerVerification {
        var options = LedgerVerification.Options()
        (options.anchors, options.trustedKeys) = (anchors, trusting)
        return try LedgerVerification.run(at: folder(name), options)
    }

    /// The next signature would vouch for what was written under the last head.
    @Test(arguments: [true, false]) func nobodySignsOnTopOfAForgery(isSigned: Bool) throws {
        let key = isSigned ? LedgerFolder.key : nil
        try folder.ledger("a", entries: 40, key: key)
        let open = try Ledger(at: folder("a"), .existing, signingKey: key)
        try open.append(LedgerFolder.entry(41))
        try LedgerTamper.rewriteWithHeads(from: 3).apply(to: folder("a"))
        #expect(throws: LedgerError.self) { try open.append(LedgerFolder.entry(42)) }
        let anew = try Ledger(at: folder("a"), .existing, signingKey: key)
        do throws(LedgerError) {
            try anew.append(LedgerFolder.entry(42))
            Issue.record("it was appended to")
        } catch { #expect(error.kind == .damaged && error.remedy.contains("audit verify")) }
        #expect(throws: LedgerError.self) { try anew.rotate(to: LedgerFolder.otherKey) }
        let found = try verify("a").findings
        #expect(found.contains { $0.sequences.contains(3) && !$0.isWarning }, "\(found.map(\.description))")
    }

    /// Others append in between, and each looks at the other's head.
    @Test func twoWritersGoOn() throws {
        let first = try Ledger(at: folder("a"), .create, signingKey: LedgerFolder.key)
        let second = try Ledger(at: folder("a"), .existing, signingKey: LedgerFolder.key)
        for number in 1...20 { try (number.isMultiple(of: 3) ? first : second).append(LedgerFolder.entry(number)) }
        let third = try Ledger(at: folder("a"), .existing, signingKey: LedgerFolder.key)
        try third.rotate(to: LedgerFolder.otherKey)
        try third.append(LedgerFolder.entry(21))
        #expect(throws: LedgerError.self) { try first.append(LedgerFolder.entry(22)) }
        #expect(try verify("a").findings.filter { !$0.isWarning }.isEmpty)
    }

    /// A ledger of somebody else's making, with a row that names the key that is trusted.
    @Test(arguments: [1_000_000, 20, 31, -5, .max]) func aNamedKeyIsNoSignature(since: Int) throws {
        try folder.ledger("a", entries: 30, key: LedgerFolder.otherKey)
        let trusted = LedgerFolder.key.publicKey
        func blob(_ bytes: [UInt8]) -> String { RawSQLite.Value.blob(bytes).sql }
        let raw = try RawSQLite(folder("a"))
        try raw.withoutTriggers {
            try raw.run("INSERT INTO keys VALUES (\(since), \(blob(trusted.identity)), \(blob(trusted.bytes)))")
        }
        let verification = try verify("a", trusting: [trusted])
        #expect(
            [.untrusted, .editedKey].allSatisfy { fault in verification.findings.contains { $0.fault == fault } },
            "\(verification.findings)")
        #expect(verification.keys == [LedgerFolder.otherKey.publicKey])
    }

    @Test(arguments: [
        "UPDATE heads SET seq = -seq", "UPDATE heads SET seq = 9223372036854775807 WHERE seq = (SELECT max(seq) FROM heads)",
        "UPDATE heads SET seq = -9223372036854775807 - 1 WHERE seq = 1",
        "UPDATE entries SET seq = 9223372036854775807, purpose = 'x' WHERE seq = 30",
        "UPDATE entries SET seq = 9223372036854775807 WHERE seq = 30", "UPDATE entries SET seq = 9007199254740992 WHERE seq = 30",
        "UPDATE entries SET seq = -9223372036854775807 - 1, purpose = 'x' WHERE seq = 30", "UPDATE entries SET seq = -3 WHERE seq = 30",
        "UPDATE keys SET since = 9223372036854775807", "UPDATE keys SET since = -9223372036854775807 - 1",
        "UPDATE entries SET time = 9223372036854775807 WHERE seq = 4", "UPDATE entries SET kind = 9223372036854775807 WHERE seq = 4",
    ]) func extremePlacesAreFindings(sql: String) throws {
        try folder.ledger("a", entries: 30)
        let raw = try RawSQLite(folder("a"))
        try raw.withoutTriggers { try raw.run(sql) }
        #expect(try !verify("a").isIntact)
        // Whether it is refused or not: nothing of this stops the program.
        _ = try? Ledger(at: folder("a"), .existing, signingKey: LedgerFolder.key).append(LedgerFolder.entry(31))
        #expect(try !verify("a").isIntact)
    }

    /// A ledger that came back from a backup and went on: two histories, both with the right key.
    @Test func twoAnchorsOfOnePlace() throws {
        try folder.ledger("a", entries: 30)
        try folder.copy("a", to: "b")
        var anchors: [LedgerAnchor] = []
        for (name, number) in [("a", 31), ("b", 32)] {
            let ledger = try Ledger(at: folder(name), .existing, signingKey: LedgerFolder.key)
            try ledger.append(LedgerFolder.entry(number))
            anchors.append(try #require(try ledger.exportAnchor()))
        }
        #expect(anchors[0].head.sequence == anchors[1].head.sequence)
        for name in ["a", "b"] {
            for order in [anchors, anchors.reversed()] {
                let found = try verify(name, anchors: order).findings.filter { !$0.isWarning }
                #expect(found == [LedgerFinding(fault: .rewritten, sequences: 31...31)], "\(found.map(\.description))")
            }
        }
        var far = anchors[0]
        far.head.sequence = .max
        #expect(try verify("a", anchors: [far]).findings.contains { $0.fault == .forgedAnchor })
    }

    /// The clocks of two machines differ by more than is excused, at every entry: no fault, and no fault is hidden by it.
    @Test func manyClockStepsHideNothing() throws {
        let ledger = try Ledger(at: folder("a"), .create, signingKey: LedgerFolder.key)
        let entries = (0..<2400).map { number in
            let time = 1_800_000_000_000_000 + Int64(number) * 1_000_000 + (number.isMultiple(of: 2) ? 0 : 90_000_000)
            return LedgerEntry(.note, purpose: "test", actor: "test", time: time)
        }
        for start in stride(from: 0, to: entries.count, by: 100) { try ledger.append(Array(entries[start..<start + 100])) }
        let whole = try verify("a")
        #expect(whole.isIntact && whole.findings.count == 100 && whole.warningsLeftOut > 1000 && whole.findingsLeftOut == 0)
        #expect(LedgerVerdict(whole, .init()).text("a").contains("times more a clock went back"))
        try LedgerTamper.editEntry(column: "actor", at: 2300).apply(to: folder("a"))
        let edited = try verify("a")
        #expect(edited.findings.filter { !$0.isWarning } == [LedgerFinding(fault: .editedContent, sequences: 2300...2300)])
    }
}
