/// The heads of a ledger, beside the walk over its entries: are they those that the commits wrote, and do they agree with the entries?
///
/// Each head holds the digest of the head before, so that the last signature stands for all of them, as long as whoever signed looked at the
/// head before, which ``Ledger`` does. Here every signature is looked at all the same: a program may sign that did not.
struct HeadWalk {
    /// Which ledger it says it is.
    var identity: [UInt8] = []
    /// Keys in force, each from an entry on.
    private(set) var timeline: [(since: Int, key: PublicKey)] = []
    private(set) var findings: [LedgerFinding] = []
    /// Heads read.
    private(set) var count = 0
    /// The last head that agrees with its entry.
    private(set) var lastGood = 0
    /// The last place that a head with a right signature, or an anchor, knows of.
    private(set) var knownEnd = 0
    /// The last head's place, whatever it is worth.
    private(set) var lastHead = 0
    /// Entries that heads or anchors say are not those that were appended.
    private(set) var rewritten: [ClosedRange<Int>] = []

    private let options: LedgerVerification.Options
    private var anchors: [LedgerAnchor]
    private var nextAnchor = 0
    private var lastAgreedAnchor = 0
    private var statement: SQLiteStatement?
    private var database: SQLiteDatabase?
    private var next: LedgerHead?
    private var before: LedgerHead?
    private var earlier: LedgerHead?
    /// Places of heads whose signature is wrong.
    private var wrong: Set<Int> = []
    /// Rows of the table of keys that an entry has not borne out.
    private var unproven: [Int: PublicKey] = [:]
    /// Keys with which a head or an anchor was signed.
    private var signers: Set<PublicKey> = []

    /// Places that a ledger can have: whoever wrote others into the file did not append, and nobody can count with them.
    static let places = 1...(1 << 53)

    init(_ options: LedgerVerification.Options) {
        self.options = options
        anchors = options.anchors.sorted { $0.head.sequence < $1.head.sequence }
    }

    private mutating func add(_ fault: LedgerFinding.Fault, _ first: Int, to last: Int? = nil) {
        findings.append(LedgerFinding(fault: fault, sequences: first...max(first, last ?? first)))
    }

    /// Reads the table of keys and the first head.
    mutating func open(_ database: SQLiteDatabase) throws(LedgerError) {
        self.database = database
        for anchor in anchors where anchor.ledger != identity { add(.anchorOfAnotherLedger, anchor.head.sequence) }
        for anchor in anchors where anchor.ledger == identity && !Self.places.contains(anchor.head.sequence) {
            add(.forgedAnchor, anchor.head.sequence)
        }
        anchors.removeAll { $0.ledger != identity || !Self.places.contains($0.head.sequence) }
        let keys = try database.prepare("SELECT since, id, public FROM keys ORDER BY since")
        while try keys.step() {
            let since = Int(keys.integer(0))
            guard let key = PublicKey(bytes: keys.bytes(2)), key.identity == keys.bytes(1) else {
                add(.editedKey, since)
                continue
            }
            timeline.append((since, key))
            unproven[since] = key
        }
        let statement = try database.prepare("SELECT \(LedgerHead.columns) FROM heads ORDER BY seq")
        self.statement = statement
        next = try nextHead(statement)
    }

    /// The next head at a place that a ledger can have.
    private mutating func nextHead(_ statement: SQLiteStatement) throws(LedgerError) -> LedgerHead? {
        while try statement.step() {
            let head = LedgerHead(statement)
            if Self.places.contains(head.sequence) { return head }
            count += 1
            add(.editedHead, head.sequence)
        }
        return nil
    }

    // MARK: Keys

    /// The key in force at a place.
    private func key(at place: Int) -> PublicKey? { timeline.last { $0.since <= place }?.key }

    /// An entry introduces a key.
    mutating func rotate(at place: Int, evidence: [UInt8], after previous: [UInt8], isSound: Bool) {
        guard isSound else { return }
        guard let rotation = KeyRotation(evidence) else { return add(.unprovenKey, place) }
        if !rotation.isProven(after: previous, oldKey: key(at: place - 1)) { return add(.unprovenKey, place) }
        if unproven[place] == rotation.new {
            unproven[place] = nil
            return
        }
        let isKnown =
            unproven.removeValue(forKey: place) != nil || findings.contains { $0.fault == .editedKey && $0.sequences == place...place }
        if isKnown { findings.removeAll { $0.fault == .editedKey && $0.sequences == place...place } }
        add(isKnown ? .editedKey : .missingKey, place)
        timeline.removeAll { $0.since == place }
        timeline.append((place, rotation.new))
        timeline.sort { $0.since < $1.since }
    }

    // MARK: Heads and entries

    /// Whether a head or an anchor speaks of this place or one before.
    func isNear(_ place: Int) -> Bool {
        if let next, next.sequence <= place { return true }
        return nextAnchor < anchors.count && anchors[nextAnchor].head.sequence <= place
    }

    /// Compares heads and anchors up to an entry with it.
    /// - Returns: what a head with a right signature says of the entry's hash.
    mutating func compare(_ place: Int, hash: [UInt8], isSuspect: Bool) throws(LedgerError) -> [UInt8]? {
        var said: [UInt8]?
        while let head = next, head.sequence <= place {
            try step(over: head)
            guard head.sequence == place else {
                if isRight(head) { knownEnd = max(knownEnd, head.sequence) }
                continue
            }
            if head.hash == hash {
                lastGood = place
                knownEnd = max(knownEnd, place)
            } else if isRight(head) {
                knownEnd = max(knownEnd, place)
                said = head.hash
                if !isSuspect { note(rewritten: (lastGood + 1)...place) }
            }
        }
        let agreedBefore = lastAgreedAnchor
        while nextAnchor < anchors.count, anchors[nextAnchor].head.sequence <= place {
            let head = anchors[nextAnchor].head
            nextAnchor += 1
            if head.sequence == place, head.hash == hash {
                lastAgreedAnchor = place
                knownEnd = max(knownEnd, place)
            } else if !isSigned(head) {
                add(.forgedAnchor, head.sequence)
            } else {
                knownEnd = max(knownEnd, head.sequence)
                if head.sequence == place, !isSuspect, !rewritten.contains(where: { $0.contains(place) }) {
                    // The anchor also tells of the head before it. Of two anchors of one place one at least is of another history.
                    let known = before?.sequence == place ? earlier : before
                    let agreed = known.map { $0.digest == head.previous ? $0.sequence : 0 } ?? 0
                    note(rewritten: min(max(agreedBefore, agreed) + 1, place)...place)
                }
            }
        }
        return said
    }

    private mutating func note(rewritten range: ClosedRange<Int>) {
        if let last = rewritten.last, last.lowerBound == range.lowerBound {
            rewritten[rewritten.count - 1] = range.lowerBound...max(range.upperBound, last.upperBound)
        } else {
            rewritten.append(range)
        }
    }

    /// Goes to the next head and looks whether this one follows on the one before.
    private mutating func step(over head: LedgerHead) throws(LedgerError) {
        count += 1
        lastHead = head.sequence
        let expected = before?.digest ?? LedgerHead.none
        if head.previous != expected {
            let isBeforeRight = before.map { isRight($0) } ?? true
            if isRight(head), isBeforeRight { add(.missingHead, (before?.sequence ?? 0) + 1, to: max(1, head.sequence - 1)) }
        } else if let before, before.key != head.key {
            _ = isRight(before)
        }
        earlier = before
        before = head
        guard let statement else { return }
        next = try nextHead(statement)
    }

    /// Whether the key in force signed a head; if not that is a finding.
    private mutating func isRight(_ head: LedgerHead) -> Bool {
        if wrong.contains(head.sequence) { return false }
        if isSigned(head) { return true }
        wrong.insert(head.sequence)
        let key = key(at: head.sequence)
        add(key != nil && !head.key.isEmpty && head.key != key?.identity ? .foreignKey : .editedHead, head.sequence)
        return false
    }

    private mutating func isSigned(_ head: LedgerHead) -> Bool {
        let key = key(at: head.sequence)
        guard head.isSigned(by: key) else { return false }
        if let key { signers.insert(key) }
        return true
    }

    // MARK: The end

    /// What stands after the last entry, the last signature, and what was trusted.
    /// - Parameter excused: whether the entry of a place is known to be edited or missing, if the ledger reached it.
    mutating func finish(excused: (Int) -> Bool) throws(LedgerError) {
        while let head = next {
            try step(over: head)
            if isRight(head) { knownEnd = max(knownEnd, head.sequence) }
        }
        for anchor in anchors[nextAnchor...] {
            if isSigned(anchor.head) { knownEnd = max(knownEnd, anchor.head.sequence) } else { add(.forgedAnchor, anchor.head.sequence) }
        }
        try examineAllSignatures()
        // What no entry bears out excuses a cut or an edit, and neither where the ledger is not known to have reached it.
        for since in unproven.keys.sorted() where since > knownEnd || !excused(since) { add(.editedKey, since) }
        timeline.removeAll { unproven[$0.since] != nil && !signers.contains($0.key) }
        if !options.trustedKeys.isEmpty, !timeline.contains(where: { options.trustedKeys.contains($0.key) }) { add(.untrusted, 0) }
    }

    /// Looks at every signature. What heads at the end speak of was written anew by somebody without the key, where several of them are
    /// wrong; and so it was where a right head goes on from a wrong one: a program signed that did not look.
    private mutating func examineAllSignatures() throws(LedgerError) {
        guard let database else { return }
        let heads = try database.prepare("SELECT \(LedgerHead.columns) FROM heads ORDER BY seq")
        var (run, lastRight) = (0, 0)
        var last: LedgerHead?
        while try heads.step() {
            let head = LedgerHead(heads)
            guard Self.places.contains(head.sequence) else { continue }
            if isRight(head) {
                if run > 0, let last, last.digest == head.previous { tell(rewritten: (lastRight + 1)...last.sequence) }
                (run, lastRight) = (0, head.sequence)
            } else {
                run += 1
            }
            last = head
        }
        if run > 1 { tell(rewritten: (lastRight + 1)...lastHead) }
    }

    private mutating func tell(rewritten range: ClosedRange<Int>) {
        findings.removeAll { $0.fault == .editedHead && range.contains($0.sequences.lowerBound) }
        add(.editedHead, range.lowerBound, to: range.upperBound)
        rewritten.removeAll { $0.overlaps(range) }
        rewritten.append(range)
    }
}
