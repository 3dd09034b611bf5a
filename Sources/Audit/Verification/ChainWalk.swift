internal import CSQLite

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The walk of ``LedgerVerification``.
///
/// Every entry is hashed once, with the hash before it as it is stored beside it. While that agrees and the entries are linked nothing is
/// kept; what does not agree becomes a ``SuspectEntry``, and what happened to it is told at the end, when its neighbours, the heads and
/// the other suspects are known (`ChainWalk+Verdicts`).
final class ChainWalk {
    let database: SQLiteDatabase
    let options: LedgerVerification.Options
    var result = LedgerVerification()
    let bytes = EntryBytes()
    let digest = ChainDigest()
    var heads: HeadWalk

    /// What did not agree.
    var suspects: [SuspectEntry] = []
    var gaps: [ClosedRange<Int>] = []
    /// Places of sound entries that do not follow on the sound entry before.
    var breaks: [(place: Int, lastGoodHead: Int)] = []
    var suspectsLeftOut = 0
    /// The last place of an entry that agrees with its hash.
    var lastConsistent = 0
    /// Whether somebody who watches ended the walk.
    private(set) var isEnded = false
    /// Who watches: told the number of entries read; false ends the walk.
    var progress: ((Int) -> Bool)?
    /// Entries at places that no ledger gives, sound ones or far away.
    var outside: [Int] = []
    private var warnings = 0

    private static let mostSuspects = 100_000
    private static let nearShifts = (1...16).flatMap { [$0, -$0] }
    private let computed = UnsafeMutableRawPointer.allocate(byteCount: 32, alignment: 16)
    private let lastHash = UnsafeMutableRawPointer.allocate(byteCount: 32, alignment: 16)
    private var lastPlace = 0
    private var lastIsSuspect = false
    private var lastTime = Int64.min
    private var (earliest, latest) = (Int64.max, Int64.min)
    private var lastShift = 0

    init(_ database: SQLiteDatabase, _ options: LedgerVerification.Options) throws(LedgerError) {
        self.database = database
        self.options = options
        heads = HeadWalk(options)
    }

    deinit {
        computed.deallocate()
        lastHash.deallocate()
    }

    func run() throws(LedgerError) -> LedgerVerification {
        do throws(LedgerError) {
            try examineSchema()
            try examineIdentity()
            try heads.open(database)
            try walk()
            if isEnded { return result }
            let suspectPlaces = Set(suspects.map(\.place))
            try heads.finish { place in
                place > lastPlace || suspectPlaces.contains(place) || gaps.contains { $0.contains(place) }
            }
            try decide()
            if options.checksIndexes { try examinePages() }
        } catch {
            // What is damaged is a finding, once the file is known to be a ledger; so are tables that are no longer there.
            guard error.kind == .damaged || error.code & 0xff == SQLITE_ERROR else { throw error }
            add(.unreadable, lastPlace + 1)
        }
        for finding in heads.findings { add(finding) }
        result.findings.sort { ($0.sequences.lowerBound, $0.sequences.upperBound) < ($1.sequences.lowerBound, $1.sequences.upperBound) }
        result.heads = heads.count
        result.keys = heads.timeline.map(\.key)
        result.keyPlaces = heads.timeline.map(\.since)
        if earliest <= latest { result.times = earliest...latest }
        return result
    }

    func add(_ fault: LedgerFinding.Fault, _ first: Int, to last: Int? = nil) {
        add(LedgerFinding(fault: fault, sequences: first...max(first, last ?? first)))
    }

    private func add(_ finding: LedgerFinding) {
        if result.findings.contains(finding) { return }
        // Warnings take no fault's place.
        if finding.isWarning {
            guard warnings < LedgerVerification.mostWarnings else { return result.warningsLeftOut += 1 }
            warnings += 1
        } else if result.findings.count - warnings >= LedgerVerification.mostFindings {
            return result.findingsLeftOut += 1
        }
        result.findings.append(finding)
    }

    // MARK: The file

    private func examineSchema() throws(LedgerError) {
        let differences = try LedgerSchema.format.differences(in: database)
        for name in differences.missing { add(.missingFromSchema(name), 0) }
        for name in differences.changed { add(.changedInSchema(name), 0) }
        for name in differences.foreign { add(.foreignInSchema(name), 0) }
    }

    private func examineIdentity() throws(LedgerError) {
        let row = try database.prepare("SELECT identity, created FROM ledger")
        guard try row.step() else { return add(.editedIdentity, 0) }
        heads.identity = row.bytes(0)
        let origin = LedgerSchema.origin(identity: row.bytes(0), created: row.integer(1))
        origin.withUnsafeBytes { if let base = $0.baseAddress { lastHash.copyMemory(from: base, byteCount: 32) } }
        if try row.step() { add(.editedIdentity, 0) }
    }

    private func examinePages() throws(LedgerError) {
        let row = try database.prepare("PRAGMA integrity_check(1)")
        if try row.step(), row.text(0) != "ok" { add(.damagedPages, 0) }
    }

    // MARK: The entries

    private func walk() throws(LedgerError) {
        let columns = (EntryBytes.columns + ["previous", "hash"]).joined(separator: ", ")
        let row = try database.prepare("SELECT \(columns) FROM entries NOT INDEXED ORDER BY seq")
        do throws(LedgerError) {
            while try row.step() {
                try examine(row)
                if result.entries.isMultiple(of: 10_000), let progress, !progress(result.entries) {
                    isEnded = true
                    return
                }
            }
        } catch {
            guard error.kind == .damaged else { throw error }
            add(.unreadable, lastPlace + 1)
        }
    }

    private func examine(_ row: SQLiteStatement) throws(LedgerError) {
        let place = Int(row.integer(0))
        guard abs(Double(place)) <= Double(HeadWalk.places.upperBound) else {
            // Nobody can count with such a place.
            result.entries += 1
            return outside.append(place)
        }
        let isSound = bytes.fill(row)
        digest.digest(of: bytes.bytes, into: computed)
        let previous = row.raw(14)
        let stored = row.raw(15)
        let isConsistent = isSound && Self.equal(stored, computed)
        let isLinked = Self.equal(previous, lastHash)
        result.entries += 1
        if isConsistent {
            let time = row.integer(1)
            if time < lastTime {
                let (distance, isHuge) = lastTime.subtractingReportingOverflow(time)
                if isHuge || distance > options.clockTolerance { add(.clockWentBack(by: isHuge ? .max : distance), place) }
            }
            lastTime = time
            earliest = min(earliest, time)
            latest = max(latest, time)
        }
        if !isConsistent || !isLinked || place != lastPlace + 1 || lastIsSuspect {
            if lastIsSuspect, place == lastPlace + 1 { suspects[suspects.count - 1].nextPrevious = Array(previous) }
            guard place > 0 else {
                if isConsistent { outside.append(place) } else { suspect(row, place, follows: false) }
                return
            }
            if place > lastPlace + 1 {
                gaps.append((lastPlace + 1)...(place - 1))
            } else if isConsistent, !isLinked, !lastIsSuspect {
                breaks.append((place, heads.lastGood))
            }
            lastIsSuspect = !isConsistent && suspect(row, place, follows: place == lastPlace + 1)
        }
        if isConsistent { lastConsistent = place }
        if row.integer(2) == LedgerEntry.Kind.keyRotation.rawValue {
            heads.rotate(at: place, evidence: row.bytes(13), after: Array(previous), isSound: isConsistent)
        }
        if heads.isNear(place) {
            if let said = try heads.compare(place, hash: Array(stored), isSuspect: !isConsistent), lastIsSuspect {
                suspects[suspects.count - 1].headHash = said
            }
        }
        lastPlace = place
        result.lastSequence = place
        if stored.count == 32, let base = stored.baseAddress { lastHash.copyMemory(from: base, byteCount: 32) }
        result.lastHash.removeAll(keepingCapacity: true)
        result.lastHash.append(contentsOf: stored)
    }

    private static func equal(_ bytes: UnsafeRawBufferPointer, _ hash: UnsafeMutableRawPointer) -> Bool {
        guard bytes.count == 32, let base = bytes.baseAddress else { return false }
        return memcmp(base, hash, 32) == 0
    }

    /// Keeps an entry that does not agree with its hash, and looks whether it does in its neighbours' place.
    /// - Returns: false where there are too many.
    @discardableResult
    private func suspect(_ row: SQLiteStatement, _ place: Int, follows: Bool) -> Bool {
        guard suspects.count < Self.mostSuspects else {
            suspectsLeftOut += 1
            return false
        }
        var suspect = SuspectEntry(
            place: place, stored: row.bytes(15), previous: row.bytes(14),
            computed: Array(UnsafeRawBufferPointer(start: computed, count: 32)))
        let before = Array(UnsafeRawBufferPointer(start: lastHash, count: 32))
        if follows, suspect.previous != before, hash(of: row, at: place, after: before) == suspect.stored {
            suspect.verdict = .editedPreviousHash
        } else {
            let shifts = (lastShift == 0 ? [] : [lastShift]) + (suspects.count < 1000 ? Self.nearShifts : [])
            for shift in shifts where hash(of: row, at: place + shift) == suspect.stored {
                suspect.verdict = .moved(from: place + shift)
                lastShift = shift
                break
            }
        }
        suspects.append(suspect)
        return true
    }

    /// What the hash of a row's content would be at another place, or after another entry.
    func hash(of row: SQLiteStatement, at place: Int, after previous: [UInt8]? = nil) -> [UInt8]? {
        bytes.fill(row, sequence: Int64(place), after: previous) ? digest.digest(of: bytes.bytes) : nil
    }
}
