/// For how long the inputs of records are kept, by purpose and kind of record.
public struct RetentionLimits: Sendable, Equatable {
    /// Days by purpose, then by kind. What has no number has no limit.
    public var days: [String: [LedgerEntry.Kind: Int]]

    /// Limits; traps below a day.
    public init(days: [String: [LedgerEntry.Kind: Int]]) {
        precondition(days.values.allSatisfy { $0.values.allSatisfy { $0 >= 1 } }, "RetentionLimits: a limit is at least one day")
        self.days = days
    }

    /// The limit of an entry in microseconds; nil where it has none.
    func microseconds(_ entry: LedgerEntry) -> Int64? {
        days[entry.purpose]?[entry.kind].map { Int64($0).multipliedReportingOverflow(by: 86_400_000_000) }.flatMap {
            $0.overflow ? nil : $0.partialValue
        }
    }
}

/// Which inputs of a ledger are kept longer than they may be.
///
/// Entries stay for good; what goes is the key of a subject, and with it every input of that subject. A subject that has inputs beyond
/// their limit and others within, is told apart: erasing it destroys the newer ones, too.
public struct RetentionReport: Sendable, Equatable {
    /// Records of one purpose and kind.
    public struct Row: Sendable, Equatable {
        /// The purpose.
        public var purpose: String
        /// The kind.
        public var kind: LedgerEntry.Kind
        /// The limit in days; nil where there is none.
        public var days: Int?
        /// Records.
        public var entries = 0
        /// Those that keep an input, or the salt of its digest, of which no receipt says that it was erased.
        public var readable = 0
        /// Those of them beyond the limit.
        public var beyond = 0
    }

    /// Rows by purpose and kind.
    public private(set) var rows: [Row] = []
    /// Subjects all of whose inputs are beyond their limits: erasing them destroys nothing else. In the order of their first input.
    public private(set) var subjects: [[UInt8]] = []
    /// Subjects that also have inputs within their limits, or without one.
    public private(set) var mixedSubjects: [[UInt8]] = []
    /// Of `mixedSubjects`, inputs within their limits.
    public private(set) var newerInputs = 0
    /// The moment it speaks of, in microseconds since 1970.
    public let time: Int64
    /// The last entry that was looked at.
    public private(set) var lastSequence = 0

    /// Reads a ledger.
    /// - Parameter time: the moment to judge at, in microseconds since 1970.
    /// - Complexity: O(entries) time, O(subjects with inputs) memory.
    public init(_ ledger: Ledger, _ limits: RetentionLimits, at time: Int64 = LedgerEntry.now()) throws(LedgerError) {
        self.time = time
        var lastSequence = 0
        struct Held {
            var first = 0
            var beyond: [Int: Int] = [:]
            var within: [Int: Int] = [:]
        }
        struct Place: Hashable {
            var purpose: String
            var kind: Int64
        }
        var places: [Place: Int] = [:]
        var rows: [Row] = []
        var held: [[UInt8]: Held] = [:]
        try ledger.read(LedgerSelection()) { entry throws(LedgerError) in
            lastSequence = entry.sequence
            if entry.kind == .erasure { held[entry.subject] = nil }
            guard entry.sealedInput != nil || limits.days[entry.purpose]?[entry.kind] != nil else { return }
            let place = Place(purpose: entry.purpose, kind: entry.kind.rawValue)
            let row = places[place] ?? rows.count
            if row == rows.count {
                places[place] = row
                rows.append(Row(purpose: entry.purpose, kind: entry.kind, days: limits.days[entry.purpose]?[entry.kind]))
            }
            rows[row].entries += 1
            guard entry.sealedInput != nil else { return }
            var own = held[entry.subject] ?? Held(first: entry.sequence)
            let (age, overflows) = time.subtractingReportingOverflow(entry.time)
            if let limit = limits.microseconds(entry), overflows ? entry.time < 0 : age > limit {
                own.beyond[row, default: 0] += 1
            } else {
                own.within[row, default: 0] += 1
            }
            held[entry.subject] = own
        }
        for (subject, own) in held.sorted(by: { $0.value.first < $1.value.first }) {
            for (row, count) in own.beyond {
                rows[row].beyond += count
                rows[row].readable += count
            }
            for (row, count) in own.within { rows[row].readable += count }
            if own.beyond.isEmpty { continue }
            if own.within.isEmpty {
                subjects.append(subject)
            } else {
                mixedSubjects.append(subject)
                newerInputs += own.within.values.reduce(0, +)
            }
        }
        self.lastSequence = lastSequence
        self.rows = rows.sorted { ($0.purpose, $0.kind.rawValue) < ($1.purpose, $1.kind.rawValue) }
    }

    /// Inputs beyond their limits.
    public var beyond: Int { rows.reduce(0) { $0 + $1.beyond } }

    /// Erases the subjects beyond their limits: their keys are destroyed, a receipt of each is appended, the chain still verifies.
    ///
    /// Interrupted, it goes on where it stopped when it is asked again: who was erased is no longer beyond a limit. A subject of whom an
    /// input was appended since the report is left alone.
    /// - Parameters:
    ///   - newer: also those that have inputs within their limits, which are destroyed with the others.
    ///   - goesOn: called after each subject with the number erased; false stops.
    public func apply(
        with vault: SubjectVault, to ledger: Ledger, newer: Bool = false, actor: String, software: String = "",
        goesOn: (Int) -> Bool = { _ in true }
    ) throws(LedgerError) -> [ErasureReceipt] {
        var receipts: [ErasureReceipt] = []
        for subject in subjects + (newer ? mixedSubjects : []) {
            let later = LedgerSelection(sequences: (lastSequence + 1)...Int.max, subject: subject)
            let fresh = newer ? [] : try ledger.entries(later)
            if fresh.contains(where: { $0.sealedInput != nil }) { continue }
            receipts.append(try vault.erase(subject, in: ledger, purpose: "retention", actor: actor, software: software))
            guard goesOn(receipts.count) else { break }
        }
        return receipts
    }
}
