internal import Audit
internal import AuditTestSupport
internal import DurableFiles
internal import Glibc

extension Figure {
    /// {kinds: {kind: {tried, found, located}}, every_record: {kind: {tried, found, located}}, missed: […], …}
    static let tamper = Figure(
        pattern: "tamper",
        summary: "a signed and sealed ledger of 10,000 records, changed in every way: which changes are found, and which are located"
    ) { context in
        try context.withScratchFolder { folder in
            let began = FigureContext.now()
            let bench = try TamperBench(entries: context.quick ? 1000 : 10_000, folder, seed: 41)
            guard bench.findingsUntouched == 0 else {
                throw FigureError(code: EX_SOFTWARE, description: "the untouched ledger has \(bench.findingsUntouched) findings")
            }
            try bench.changeOneByOne(places: context.quick ? 2 : 20)
            try bench.changeEveryRecord()
            let kinds = bench.single.values.map { $0 } + bench.every.values
            let figure: FigureValue = [
                "entries": .integer(bench.entries), "commits": .integer(bench.heads.count), "findings_untouched": .integer(0),
                "kinds": .object(bench.single.mapValues(\.value)), "every_record": .object(bench.every.mapValues(\.value)),
                "tried": .integer(kinds.reduce(0) { $0 + $1.tried }), "found": .integer(kinds.reduce(0) { $0 + $1.found }),
                "located": .integer(kinds.reduce(0) { $0 + $1.located }),
                "cut_with_heads_without_anchor": [
                    "tried": .integer(bench.withoutAnchor.tried), "found": .integer(bench.withoutAnchor.found),
                    "at_a_commit": .integer(bench.cutAtCommits),
                ],
                "after_another_commit": [
                    "tried": .integer(bench.goneOn.tried), "refused": .integer(bench.goneOn.refused),
                    "found": .integer(bench.goneOn.found), "cut_at_a_commit": .integer(bench.goneOn.cut),
                ], "missed": .list(bench.missed.map { .text($0) }),
                "seconds": .number(FigureContext.now() - began), "seed": .integer(41), "quick": .truth(context.quick),
            ]
            guard kinds.allSatisfy({ $0.located == $0.tried }), bench.goneOn.isComplete else {
                throw FigureError(code: EX_SOFTWARE, description: "changes were not found, or not located", figure: figure)
            }
            return figure
        }
    }
}

/// What became of changes of one kind.
struct TamperCount {
    var tried = 0
    /// The verification says that the ledger is not whole.
    var found = 0
    /// It names what was done, where, and nothing else.
    var located = 0

    var value: FigureValue { ["tried": .integer(tried), "found": .integer(found), "located": .integer(located)] }

    mutating func add(found isFound: Bool, located isLocated: Bool, changes: Int = 1) {
        tried += changes
        found += isFound ? changes : 0
        located += isLocated ? changes : 0
    }
}

/// What became of changes after which somebody with the key appended.
struct GoneOn {
    var tried = 0
    /// Nothing could be appended.
    var refused = 0
    /// It could, and the verification still says that the ledger is not whole.
    var found = 0
    /// Cut exactly at a commit, which an anchor alone tells.
    var cut = 0

    var isComplete: Bool { refused + found + cut == tried }
}

/// A ledger, and copies of it that are changed.
final class TamperBench {
    let entries: Int
    let heads: [Int]
    let findingsUntouched: Int
    /// By kind: one change in a copy.
    private(set) var single: [String: TamperCount] = [:]
    /// By kind: a change of every record, several hundred in a copy, none beside another.
    private(set) var every: [String: TamperCount] = [:]
    /// Cuts with their heads, verified without an anchor: at a commit nothing is left that could tell.
    private(set) var withoutAnchor = TamperCount()
    private(set) var cutAtCommits = 0
    private(set) var goneOn = GoneOn()
    /// What was not located.
    private(set) var missed: [String] = []

    private let folder: String
    private let whole: [UInt8]
    private let anchor: LedgerAnchor
    private var random: LedgerWorkload.Random

    init(entries: Int, _ folder: String, seed: UInt64) throws {
        self.entries = entries
        self.folder = folder
        random = LedgerWorkload.Random(seed)
        let path = folder + "/whole"
        var heads = [1]
        do {
            let ledger = try Ledger(at: path, .create, signingKey: LedgerWorkload.key())
            let vault = try SubjectVault(besides: path, .create, master: LedgerWorkload.master())
            var next = 2
            while next <= entries {
                let last = min(entries, next + Int(random.next() % 40))
                let sealed = try vault.seal((next...last).map { (LedgerWorkload.subject($0 % 700), LedgerWorkload.input($0)) })
                try ledger.append(zip(next...last, sealed).map { LedgerWorkload.entry($0, of: $0 % 700, sealed: $1) })
                heads.append(last)
                next = last + 1
            }
        }
        self.heads = heads
        whole = try FileSystem.live.contents(of: path)
        guard let anchor = try Ledger(at: path, .readOnly).exportAnchor() else {
            throw FigureError(code: EX_SOFTWARE, description: "the ledger has no anchor")
        }
        self.anchor = anchor
        findingsUntouched = try Self.verify(path, anchor).findings.count { !$0.isWarning }
    }

    private static func verify(_ path: String, _ anchor: LedgerAnchor?) throws -> LedgerVerification {
        var options = LedgerVerification.Options()
        options.anchors = [anchor].compactMap { $0 }
        options.trustedKeys = [try LedgerWorkload.key().publicKey]
        return try LedgerVerification.run(at: path, options)
    }

    /// A copy under another name. It is changed at once and thrown away, so that it need not be forced to the disk.
    private func copy() throws -> String {
        let path = folder + "/changed"
        for end in ["", "-wal", "-shm"] { unlink(path + end) }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0, write(file, whole, whole.count) == whole.count, close(file) == 0 else {
            throw FigureError(code: EX_IOERR, description: "\(path): cannot be written; free some space")
        }
        return path
    }

    // MARK: One change

    /// Every kind of change at random places, each in a copy of its own.
    func changeOneByOne(places count: Int) throws {
        var places: Set<Int> = []
        while places.count < count { places.insert(2 + Int(random.next() % UInt64(entries - 3))) }
        let tampers = LedgerTamper.all(entries: entries, heads: heads, at: places.sorted())
        for (number, tamper) in tampers.enumerated() {
            if number.isMultiple(of: 100) { FigureContext.say("tamper: \(number) of \(tampers.count) changes, one by one") }
            let path = try copy()
            try tamper.apply(to: path)
            let verification = try Self.verify(path, anchor)
            let isLocated = tamper.isLocated(by: verification, entries: entries, heads: heads, anchored: true)
            single[Self.name(tamper), default: TamperCount()].add(found: !verification.isIntact, located: isLocated)
            if !isLocated { miss("\(tamper)", verification) }
            guard case .truncateWithHeads(let last) = tamper else {
                try goOn(path, after: tamper)
                continue
            }
            cutAtCommits += heads.contains(last) ? 1 : 0
            let alone = try Self.verify(path, nil)
            withoutAnchor.add(
                found: !alone.isIntact, located: tamper.isLocated(by: alone, entries: entries, heads: heads, anchored: false))
            try goOn(path, after: tamper)
        }
    }

    /// Somebody with the key who noticed nothing appends once more. Without any anchor the change must still be found, for a signature
    /// vouches for what stands before it.
    private func goOn(_ path: String, after tamper: LedgerTamper) throws {
        goneOn.tried += 1
        do throws(LedgerError) {
            try Ledger(at: path, .existing, signingKey: LedgerWorkload.key()).append(LedgerEntry(.note, purpose: "test", actor: "test"))
        } catch {
            goneOn.refused += 1
            return
        }
        let verification = try Self.verify(path, nil)
        if !verification.isIntact {
            goneOn.found += 1
        } else if case .truncateWithHeads = tamper {
            goneOn.cut += 1
        } else {
            miss("\(tamper), and a commit after it", verification)
        }
    }

    private func miss(_ change: String, _ verification: LedgerVerification) {
        guard missed.count < 20 else { return }
        missed.append(change + ": " + verification.findings.prefix(3).map(\.description).joined(separator: "; "))
    }

    private static func name(_ tamper: LedgerTamper) -> String {
        switch tamper {
        case .editEntry(let column, _): "edit_\(column)"
        case .editHead(let column, _): "edit_head_\(column)"
        case .delete(let range): range.count == 1 ? "delete" : "delete_several"
        case .deleteAndRenumber: "delete_and_renumber"
        case .insertAndRenumber: "insert_and_renumber"
        case .appendForged: "append_forged"
        case .swapEntries: "swap_entries"
        case .swapContents: "swap_contents"
        case .truncate: "truncate"
        case .truncateWithHeads: "truncate_with_heads"
        case .rewrite: "rewrite_hashes"
        case .rewriteWithHeads: "rewrite_hashes_and_heads"
        case .deleteHead: "delete_head"
        }
    }

    // MARK: Every record

    /// Every column of every record, the deletion of every record, and its swap with the next. As each copy is read as a whole, changes
    /// some records apart are made in one: each must be told by itself.
    func changeEveryRecord() throws {
        for column in LedgerTamper.entryColumns {
            FigureContext.say("tamper: \(column) of every record")
            // Records that go far away are looked for among all others that are missing, which is done for a few hundred at most.
            try changeAll("edit_\(column)", apart: column == "seq" ? max(25, entries / 100) : 20, from: 1, to: entries) {
                .editEntry(column: column, at: $0)
            }
        }
        FigureContext.say("tamper: deletion and swap of every record")
        try changeAll("delete", apart: 20, from: 1, to: entries - 1) { .delete($0...$0) }
        try changeAll("swap_entries", apart: 40, from: 2, to: entries - 1) { .swapEntries($0, $0 + 1) }
        try changeAll("swap_contents", apart: 40, from: 2, to: entries - 1) { .swapContents($0, $0 + 1) }
        FigureContext.say("tamper: truncation after each \(Self.cut)th record")
        // One copy that becomes shorter and shorter.
        let path = try copy()
        for last in stride(from: entries - 1, through: 1, by: -Self.cut) {
            let tamper = LedgerTamper.truncate(after: last)
            try tamper.apply(to: path)
            let verification = try Self.verify(path, nil)
            let isLocated = tamper.isLocated(by: verification, entries: entries, heads: heads, anchored: false)
            every["truncate", default: TamperCount()].add(found: !verification.isIntact, located: isLocated)
            if !isLocated { miss("\(tamper)", verification) }
        }
    }

    /// Records between two truncations.
    private static let cut = 10

    private func changeAll(_ kind: String, apart: Int, from first: Int, to last: Int, _ change: (Int) -> LedgerTamper) throws {
        for offset in 0..<apart {
            let places = Array(stride(from: first + offset, through: last, by: apart))
            guard !places.isEmpty else { continue }
            let path = try copy()
            try LedgerTamper.applyAll(places.map(change), to: path)
            let verification = try Self.verify(path, anchor)
            let findings = verification.findings.filter { !$0.isWarning }
            let expected = places.flatMap { change($0).expected(entries: entries, heads: heads) }
            let told = Set(findings.map(\.description))
            let known = Set(expected.map(\.description))
            let located = expected.count { told.contains($0.description) }
            // A finding of something that was not done spoils the whole copy.
            let isExact = findings.allSatisfy { known.contains($0.description) } && verification.findingsLeftOut == 0
            every[kind, default: TamperCount()].add(found: !verification.isIntact, located: false, changes: places.count)
            if isExact { every[kind]?.located += located }
            if !isExact || located < places.count { miss("\(kind) of each \(apart)th record from \(places[0])", verification) }
        }
    }
}
