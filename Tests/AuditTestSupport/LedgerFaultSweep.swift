internal import Audit
internal import DurableFiles

/// Every change of a ledger's and its vault's files fails in turn, while entries are appended and a subject is erased: what was acknowledged
/// must stay, nothing may be half there, and it must go on afterwards.
public struct LedgerFaultSweep {
    /// Changes of files that the undisturbed work makes; each of them failed once.
    public private(set) var operations = 0
    /// Entries that were acknowledged in all runs before or after the fault.
    public private(set) var acknowledged = 0
    /// What was not as it must be.
    public private(set) var problems: [String] = []

    private struct Done {
        var entries = 0
        var receipt: ErasureReceipt?
    }

    private static let subjects = [1, 2, 1, 3, 2, 1]
    private let folder: String

    /// Runs all of it.
    /// - Parameter folder: an empty one.
    public init(_ fault: FaultyVFS.Fault, in folder: String) throws {
        self.folder = folder
        let vfs = FaultyVFS(named: "faulty-\(fault)")
        var settings = LedgerSettings()
        settings.fileLayer = vfs.name
        vfs.reset(failing: -1, fault)
        var undisturbed = Done()
        try work(folder + "/whole", settings, retries: 0, &undisturbed)
        operations = vfs.operationsSeen
        expect(undisturbed.entries == 7 && undisturbed.receipt?.entries == 3, "undisturbed: \(undisturbed)")
        for number in 0..<operations {
            let path = folder + "/n\(number)"
            var done = Done()
            vfs.reset(failing: number, fault)
            do throws(LedgerError) { try work(path, settings, retries: fault == .death ? 0 : 1, &done) } catch { check(error) }
            acknowledged += done.entries
            expect(fault == .death || done.receipt != nil, "operation \(number): one fault, and a second try did not help")
            vfs.reset(failing: -1, fault)
            try look(path, done, "\(fault) at operation \(number)")
            for name in try FileSystem.live.names(in: folder) where name.hasPrefix("n") {
                try FileSystem.live.removeFile(folder + "/" + name)
            }
        }
    }

    private mutating func expect(_ isRight: Bool, _ problem: @autoclosure () -> String) { if !isRight { problems.append(problem()) } }

    private mutating func check(_ error: LedgerError) {
        expect([.inputOutput, .diskFull, .readOnly].contains(error.kind) && error.description.contains(folder), "told as \(error)")
    }

    /// Three commits of two entries with sealed inputs, and the erasure of one subject.
    /// - Parameter retries: how often a step that failed is tried again.
    private mutating func work(_ path: String, _ settings: LedgerSettings, retries: Int, _ done: inout Done) throws(LedgerError) {
        let (key, master) = (try LedgerWorkload.key(), try LedgerWorkload.master())
        let ledger = try insist(retries) { () throws(LedgerError) in
            try Ledger(at: path, .createIfMissing, signingKey: key, settings: settings)
        }
        let vault = try insist(retries) { () throws(LedgerError) in
            try SubjectVault(besides: path, .createIfMissing, master: master, settings: settings)
        }
        for commit in 0..<3 {
            done.entries = try insist(retries) { () throws(LedgerError) in
                let numbers = [2 * commit, 2 * commit + 1]
                let sealed = try vault.seal(
                    numbers.map { (LedgerWorkload.subject(Self.subjects[$0]), LedgerWorkload.input($0)) })
                let entries = zip(numbers, sealed).map { LedgerWorkload.entry($0, of: Self.subjects[$0], sealed: $1) }
                return try ledger.append(entries).upperBound - 1
            }
        }
        done.receipt = try insist(retries) { () throws(LedgerError) in
            try vault.erase(LedgerWorkload.subject(1), in: ledger, purpose: "request", actor: "desk")
        }
    }

    private mutating func insist<Result>(_ retries: Int, _ step: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        for _ in 0..<retries {
            do throws(LedgerError) { return try step() } catch { check(error) }
        }
        return try step()
    }

    /// Opens what is left with the system's own files.
    private mutating func look(_ path: String, _ done: Done, _ place: String) throws {
        let ledger = try Ledger(at: path, .createIfMissing, signingKey: LedgerWorkload.key())
        let vault = try SubjectVault(besides: path, .createIfMissing, master: LedgerWorkload.master())
        let verification = try LedgerVerification.run(at: path)
        expect(verification.isIntact, "\(place): \(verification.findings)")
        expect(verification.entries >= done.entries, "\(place): acknowledged entries are lost")
        let erased = LedgerWorkload.subject(1)
        let entries = try ledger.entries(LedgerSelection(kind: .decision))
        expect(entries.count.isMultiple(of: 2), "\(place): half a commit")
        for (number, entry) in entries.enumerated() {
            do throws(LedgerError) {
                let input = try vault.open(entry).input
                // A second try after a fault that came late may have appended the commit twice.
                let known = Self.subjects.indices.contains { LedgerWorkload.input($0) == input }
                expect(known && entry.output.count > 100, "\(place): entry \(number) holds something else")
                expect(entry.subject != erased || done.receipt == nil, "\(place): not erased")
            } catch { expect(error.kind == .erased && entry.subject == erased, "\(place): \(error)") }
        }
        let concerned = entries.count { $0.subject == erased }
        if let receipt = done.receipt {
            expect(try ledger.hash(at: receipt.sequence) == receipt.hash, "\(place): the receipt is of another entry")
        } else if concerned > 0 {
            let receipt = try vault.erase(erased, in: ledger, purpose: "request", actor: "desk")
            expect(receipt.entries == concerned, "\(place): \(receipt.entries) of \(concerned) inputs erased")
        }
        try ledger.append(LedgerWorkload.entry(9, of: 9, sealed: nil))
        expect(try LedgerVerification.run(at: path).isIntact, "\(place): not whole after going on")
    }
}
