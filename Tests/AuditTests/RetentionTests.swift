import Audit
import Testing

/// What is beyond its limit is told, and erased with a receipt.
@Suite struct RetentionTests {
    let folder: LedgerFolder
    static let day: Int64 = 86_400_000_000
    static let now = 1_000 * day
    init() throws { folder = try LedgerFolder() }

    private let limits = RetentionLimits(days: ["marketing": [.decision: 100, .review: 200]])

    /// Entries as (subject, age in days, purpose, kind, keeps an input).
    private func ledger(
        _ rows: [(subject: Int, age: Int, purpose: String, kind: LedgerEntry.Kind, isKept: Bool)]
    ) throws -> (Ledger, SubjectVault) {
        let ledger = try Ledger(at: folder("a"), .create, signingKey: LedgerFolder.key)
        let vault = try SubjectVault(besides: folder("a"), .create, master: LedgerFolder.master())
        for row in rows { try append(row.subject, row.age, row.purpose, row.kind, row.isKept, ledger, vault) }
        return (ledger, vault)
    }

    private func append(
        _ subject: Int, _ age: Int, _ purpose: String, _ kind: LedgerEntry.Kind, _ isKept: Bool, _ ledger: Ledger, _ vault: SubjectVault
    ) throws {
        var entry = LedgerEntry(
            kind, purpose: purpose, actor: "test", time: Self.now - Int64(age) * Self.day, subject: LedgerFolder.subject(subject))
        if isKept {
            let sealed = try vault.seal(LedgerFolder.plaintext, of: entry.subject)
            (entry.inputDigest, entry.sealedInput) = (sealed.digest, sealed.bytes)
        }
        try ledger.append(entry)
    }

    private let mixed: [(subject: Int, age: Int, purpose: String, kind: LedgerEntry.Kind, isKept: Bool)] = [
        (1, 101, "marketing", .decision, true), (1, 300, "marketing", .decision, true),  // all beyond
        (2, 101, "marketing", .decision, true), (2, 99, "marketing", .decision, true),  // newer ones, too
        (3, 100, "marketing", .decision, true),  // on the day: within
        (4, 150, "marketing", .review, true),  // within its kind's limit
        (5, 900, "credit", .decision, true),  // without a limit
        (6, 900, "marketing", .decision, false),  // keeps nothing
        (7, 250, "marketing", .review, true),
    ]

    @Test func beyondIsTold() throws {
        let (ledger, _) = try ledger(mixed)
        let report = try RetentionReport(ledger, limits, at: Self.now)
        #expect(report.subjects == [1, 7].map(LedgerFolder.subject) && report.mixedSubjects == [LedgerFolder.subject(2)])
        #expect(report.newerInputs == 1 && report.beyond == 4)
        #expect(report.rows.map(\.purpose) == ["credit", "marketing", "marketing"] && report.rows.map(\.days) == [nil, 100, 200])
        #expect(
            report.rows.map(\.entries) == [1, 6, 2] && report.rows.map(\.readable) == [1, 5, 2] && report.rows.map(\.beyond) == [0, 3, 1])
    }

    @Test func appliedItIsGoneAndTheChainHolds() throws {
        let (ledger, vault) = try ledger(mixed)
        let receipts = try RetentionReport(ledger, limits, at: Self.now).apply(with: vault, to: ledger, actor: "test")
        #expect(receipts.map(\.entries) == [2, 1])
        try ledger.read(LedgerSelection(kind: .decision)) { entry throws(LedgerError) in
            guard entry.sealedInput != nil else { return }
            do throws(LedgerError) {
                _ = try vault.open(entry)
                #expect(entry.subject != LedgerFolder.subject(1))
            } catch { #expect(error.kind == .erased && entry.subject == LedgerFolder.subject(1)) }
        }
        #expect(try LedgerVerification.run(at: folder("a")).isIntact)
        let again = try RetentionReport(ledger, limits, at: Self.now)
        #expect(again.subjects.isEmpty && again.mixedSubjects.count == 1 && again.beyond == 1)
        #expect(try again.apply(with: vault, to: ledger, actor: "test").isEmpty)
        #expect(try again.apply(with: vault, to: ledger, newer: true, actor: "test").map(\.entries) == [2])
        #expect(try RetentionReport(ledger, limits, at: Self.now).beyond == 0)
        // Who comes back is judged by what came after the erasure.
        try append(1, 101, "marketing", .decision, true, ledger, vault)
        let later = try RetentionReport(ledger, limits, at: Self.now)
        #expect(later.subjects == [LedgerFolder.subject(1)] && later.beyond == 1)
    }

    @Test func whatCameInBetweenIsLeftAlone() throws {
        let (ledger, vault) = try ledger(mixed)
        let report = try RetentionReport(ledger, limits, at: Self.now)
        try append(1, 0, "marketing", .decision, true, ledger, vault)
        #expect(try report.apply(with: vault, to: ledger, actor: "test").map(\.entries) == [1], "only the seventh")
        #expect(try RetentionReport(ledger, limits, at: Self.now).mixedSubjects.count == 2)
    }

    @Test func itStopsWhenAskedAndGoesOn() throws {
        let (ledger, vault) = try ledger(mixed)
        let report = try RetentionReport(ledger, limits, at: Self.now)
        #expect(try report.apply(with: vault, to: ledger, actor: "test", goesOn: { _ in false }).count == 1)
        #expect(try RetentionReport(ledger, limits, at: Self.now).subjects.count == 1)
    }

    @Test func timesBeyondAllReason() throws {
        let (ledger, _) = try ledger([])
        for time in [Int64.min, Int64.max] {
            try ledger.append(
                LedgerEntry(.decision, purpose: "marketing", actor: "t", time: time, subject: [1], inputDigest: [2], sealedInput: [3]))
        }
        let report = try RetentionReport(ledger, limits, at: Self.now)
        #expect(report.rows.map(\.readable) == [2] && report.beyond == 1)
    }
}
