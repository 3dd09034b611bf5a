import Audit
import AuditTestSupport
import DurableFiles
import Glibc
import Testing

@Suite struct LedgerTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private func failure(_ body: () throws -> Void) -> LedgerError.Kind? {
        do { try body() } catch let error as LedgerError {
            #expect(error.description.contains(" — "), "no remedy: \(error)")
            return error.kind
        } catch { Issue.record("untyped: \(error)") }
        return nil
    }

    @Test func roundTrip() throws {
        try folder.ledger("a", entries: 40)
        let ledger = try Ledger(at: folder("a"), .readOnly)
        #expect(try ledger.count() == 40)
        for place in 2...40 {
            var expected = LedgerFolder.entry(place)
            expected.sequence = place
            #expect(try ledger.entry(at: place) == expected)
        }
        #expect(try ledger.entry(at: 1).kind == .keyRotation)
        #expect(failure { _ = try ledger.entry(at: 41) } == .notStored)
        #expect(failure { try ledger.append(LedgerFolder.entry(1)) } == .readOnly)
        let verification = try LedgerVerification.run(at: folder("a"))
        #expect(verification.isIntact && verification.entries == 40 && verification.keys == [LedgerFolder.key.publicKey])
        #expect(try verification.lastHash == ledger.hash(at: 40))
    }

    @Test func selections() throws {
        try folder.ledger("a", entries: 120)
        let ledger = try Ledger(at: folder("a"), .readOnly)
        let all = try ledger.entries()
        func check(_ selection: LedgerSelection, _ isWanted: (LedgerEntry) -> Bool) throws {
            let found = try ledger.entries(selection)
            #expect(found == all.filter(isWanted) && !found.isEmpty)
        }
        let subject = LedgerFolder.subject(5)
        let time = LedgerFolder.entry(30).time
        try check(LedgerSelection(subject: subject)) { $0.subject == subject }
        try check(LedgerSelection(model: [1, 2, 3, 1])) { $0.model == [1, 2, 3, 1] }
        try check(LedgerSelection(kind: .review)) { $0.kind == .review }
        try check(LedgerSelection(kind: .decision)) { $0.kind == .decision }
        try check(LedgerSelection(times: time..<(time + 5_000_000))) { $0.time >= time && $0.time < time + 5_000_000 }
        try check(LedgerSelection(sequences: 7...90, model: [1, 2, 3, 2], kind: .decision)) {
            (7...90).contains($0.sequence) && $0.model == [1, 2, 3, 2] && $0.kind == .decision
        }
        #expect(try ledger.entries(LedgerSelection(limit: 3)).map(\.sequence) == [1, 2, 3])
    }

    @Test func anyGroupingGivesTheSameChain() throws {
        var hashes: Set<[UInt8]> = []
        for (number, sizes) in [[60], [1], [7, 3], [59, 1], [2, 1, 30]].enumerated() {
            // The identity stands at the chain's beginning, so all start from one file.
            if number == 0 { _ = try Ledger(at: folder("base"), .create) }
            try folder.copy("base", to: "g\(number)")
            let ledger = try Ledger(at: folder("g\(number)"), .existing)
            var next = 1
            var turn = 0
            while next <= 60 {
                let last = min(60, next + sizes[turn % sizes.count] - 1)
                #expect(try ledger.append((next...last).map(LedgerFolder.entry)) == next..<(last + 1))
                next = last + 1
                turn += 1
            }
            hashes.insert(try ledger.hash(at: 60))
            #expect(try LedgerVerification.run(at: folder("g\(number)")).findings.isEmpty)
        }
        #expect(hashes.count == 1)
    }

    @Test func twoWriters() throws {
        let first = try Ledger(at: folder("a"), .createIfMissing, signingKey: LedgerFolder.key)
        let second = try Ledger(at: folder("a"), .createIfMissing, signingKey: LedgerFolder.key)
        for round in 0..<20 {
            try first.append((0..<(round % 4 + 1)).map(LedgerFolder.entry))
            try second.append((0..<(round % 3 + 1)).map(LedgerFolder.entry))
        }
        let verification = try LedgerVerification.run(at: folder("a"))
        #expect(verification.isIntact && verification.entries == 1 + 50 + 39 && verification.heads == 41)
    }

    @Test func twoWritersAtOnce() async throws {
        let path = folder("a")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let ledger = try Ledger(at: path, .createIfMissing, signingKey: LedgerFolder.key)
                    for number in 0..<100 { try ledger.append([LedgerFolder.entry(number), LedgerFolder.entry(number + 1)]) }
                }
            }
            try await group.waitForAll()
        }
        let verification = try LedgerVerification.run(at: path)
        #expect(verification.isIntact && verification.entries == 401)
    }

    @Test func busyIsSaid() throws {
        try folder.ledger("a", entries: 5)
        let holder = try RawSQLite(folder("a"))
        try holder.run("BEGIN IMMEDIATE")
        let ledger = try Ledger(at: folder("a"), .existing, signingKey: LedgerFolder.key, settings: LedgerSettings(busyTimeout: 20))
        #expect(failure { try ledger.append(LedgerFolder.entry(1)) } == .busy)
        try holder.run("COMMIT")
        #expect(failure { try ledger.append(LedgerFolder.entry(1)) } == nil)
    }

    @Test func theFileOnlyGrows() throws {
        try folder.ledger("a", entries: 20)
        let raw = try RawSQLite(folder("a"))
        let row = try raw.run("SELECT * FROM entries WHERE seq = 5")[0].map(\.sql).joined(separator: ",")
        let next = "21," + row.split(separator: ",").dropFirst().joined(separator: ",")
        for sql in [
            "UPDATE entries SET purpose = 'other' WHERE seq = 5", "DELETE FROM entries WHERE seq = 20", "DELETE FROM heads",
            "UPDATE heads SET time = 0", "UPDATE ledger SET created = 0", "DELETE FROM ledger", "UPDATE keys SET public = id",
            "DELETE FROM keys", "INSERT OR REPLACE INTO entries VALUES (\(row))", "INSERT INTO ledger SELECT * FROM ledger",
            "INSERT OR REPLACE INTO heads SELECT * FROM heads WHERE seq = 1", "INSERT OR REPLACE INTO keys SELECT * FROM keys",
            "INSERT INTO entries SELECT seq + 5, \(LedgerTamper.entryColumns.dropFirst().joined(separator: ",")) FROM entries WHERE seq = 20",
        ] { #expect(throws: RawSQLite.Failure.self, "\(sql)") { try raw.run(sql) } }
        #expect(try LedgerVerification.run(at: folder("a")).isIntact)
        // What the schema cannot refuse is found, and nothing is appended to it.
        try raw.run("INSERT INTO entries VALUES (\(next))")
        #expect(
            failure { try Ledger(at: self.folder("a"), .existing, signingKey: LedgerFolder.key).append(LedgerFolder.entry(1)) } == .damaged)
        #expect(try !LedgerVerification.run(at: folder("a")).isIntact)
    }

    @Test func keysAreAskedFor() throws {
        try folder.ledger("signed", entries: 5)
        try folder.ledger("plain", entries: 5, key: nil)
        let other = LedgerFolder.otherKey
        #expect(failure { _ = try Ledger(at: self.folder("signed"), .existing, signingKey: other) } == .wrongKey)
        #expect(failure { try Ledger(at: self.folder("signed"), .existing).append(LedgerFolder.entry(1)) } == .noKey)
        #expect(failure { _ = try Ledger(at: self.folder("plain"), .existing, signingKey: other) } == .wrongKey)
        #expect(failure { _ = try Ledger(at: self.folder("signed"), .create, signingKey: other) } == .occupied)
        #expect(try LedgerVerification.run(at: folder("plain")).isSigned == false)
    }

    @Test func rotation() throws {
        let first = try Ledger(at: folder("a"), .create)
        try first.append((1...5).map(LedgerFolder.entry))
        #expect(try first.rotate(to: LedgerFolder.key) == 6)
        try first.append((1...5).map(LedgerFolder.entry))
        let late = try Ledger(at: folder("a"), .existing, signingKey: LedgerFolder.key)
        #expect(try first.rotate(to: LedgerFolder.otherKey) == 12)
        try first.append(LedgerFolder.entry(9))
        #expect(failure { try late.append(LedgerFolder.entry(9)) } == .wrongKey)
        #expect(failure { try late.rotate(to: LedgerFolder.secretKey(3)) } == .wrongKey)
        var options = LedgerVerification.Options()
        options.clockTolerance = .max
        for trusted in [LedgerFolder.key, LedgerFolder.otherKey] {
            options.trustedKeys = [trusted.publicKey]
            let verification = try LedgerVerification.run(at: folder("a"), options)
            #expect(verification.findings.isEmpty && verification.keys == [LedgerFolder.key.publicKey, LedgerFolder.otherKey.publicKey])
        }
        options.trustedKeys = [LedgerFolder.secretKey(3).publicKey]
        #expect(try LedgerVerification.run(at: folder("a"), options).findings.map(\.fault) == [.untrusted])
    }

    @Test func keyFiles() throws {
        try KeyFile.create(at: folder("key"))
        var record = stat()
        #expect(stat(folder("key"), &record) == 0 && record.st_mode & 0o777 == 0o600)
        #expect(failure { try KeyFile.create(at: self.folder("key")) } == .occupied)
        #expect(try SigningKey.load(fromFile: folder("key")) != nil)
        try AtomicFile.write(Array("secret".utf8), to: folder("bad"))
        #expect(failure { _ = try SigningKey.load(fromFile: self.folder("bad")) } == .unreadableKey)
        #expect(failure { _ = try VaultKey.load(fromFile: self.folder("nowhere")) } == .notThere)
        // RFC 8032, test 1.
        let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        try AtomicFile.write(Array(secret.utf8), to: folder("rfc"))
        let key = try SigningKey.load(fromFile: folder("rfc"))
        #expect(key?.publicKey.hex == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    }

    @Test("Threads that make one ledger at the same time make one, and none takes the half-made file for a foreign one")
    func madeTogether() async throws {
        for round in 0..<40 {
            let path = folder("together-\(round)")
            try await withThrowingTaskGroup { group in
                for writer in 0..<4 {
                    group.addTask {
                        let ledger = try Ledger(at: path, .createIfMissing, signingKey: LedgerFolder.key)
                        let vault = try SubjectVault(besides: path, .createIfMissing, master: LedgerFolder.master())
                        _ = try vault.seal([1], of: LedgerFolder.subject(writer))
                        try ledger.append(LedgerFolder.entry(writer))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try Ledger(at: path, .readOnly).count() == 5)
        }
    }

    @Test(
        "Words of exports say what somebody agreed to",
        arguments: [
            ("Yes", LedgerEntry.Consent.given), ("GRANTED", .given), ("y", .given), ("No", .refused), ("denied", .refused),
            ("revoked", .withdrawn),
            ("not-needed", .notNeeded), ("", .unknown), ("perhaps", .unknown),
        ])
    func consent(word: String, state: LedgerEntry.Consent) { #expect(LedgerEntry.Consent(word: word) == state) }
}
