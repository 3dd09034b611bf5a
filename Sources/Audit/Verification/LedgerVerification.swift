/// What a walk over a whole ledger found.
///
/// Reads every entry once, in the order of the chain, in constant memory as long as nothing is wrong. What it says holds for what the file
/// can prove: without a signing key whoever can write the file can also write all hashes anew, and what was cut off at a commit together
/// with its head shows only against an anchor.
public struct LedgerVerification: Sendable, Equatable {
    /// What to look at, and what to believe.
    public struct Options: Sendable {
        /// Heads kept elsewhere.
        public var anchors: [LedgerAnchor] = []
        /// Keys of which at least one must have been in force; none: whatever key the ledger names is taken.
        public var trustedKeys: [PublicKey] = []
        /// The clocks of machines that append to one ledger differ, and they wait for one another: a step back by less is no finding.
        /// Microseconds.
        public var clockTolerance: Int64 = 60_000_000
        /// Whether SQLite's own check of pages and indexes is run, too. It takes about as long as the walk.
        public var checksIndexes = false

        /// No anchors, no trusted keys, a minute of tolerance.
        public init() {}
    }

    /// All that is wrong, in the order of the chain, and warnings. At most ``mostFindings`` and ``mostWarnings``.
    public var findings: [LedgerFinding] = []
    /// Faults beyond that number.
    public var findingsLeftOut = 0
    /// Warnings beyond ``mostWarnings``.
    public var warningsLeftOut = 0
    /// Entries read.
    public var entries = 0
    /// Heads read.
    public var heads = 0
    /// The last entry's place; 0 for none.
    public var lastSequence = 0
    /// The last entry's hash; empty for none.
    public var lastHash: [UInt8] = []
    /// The keys that were in force, in order: an entry introduced them, or a head was signed with them. Empty for a ledger that is only chained.
    public var keys: [PublicKey] = []
    /// For each of ``keys`` the entry from which on it was in force.
    public var keyPlaces: [Int] = []
    /// The earliest and the latest time of entries that are what was hashed, microseconds since 1970; nil for none.
    public var times: ClosedRange<Int64>?

    /// How many faults are kept.
    public static let mostFindings = 1000
    /// How many warnings are kept.
    public static let mostWarnings = 100

    /// True where nothing is wrong; warnings may be there.
    public var isIntact: Bool { findingsLeftOut == 0 && findings.allSatisfy(\.isWarning) }

    /// True where the heads carry signatures.
    public var isSigned: Bool { !keys.isEmpty }

    /// Walks over a ledger.
    /// - Throws: ``LedgerError`` where the file cannot be opened as a ledger at all. What is wrong within it is a finding.
    public static func run(
        at path: String, _ options: Options = Options(), settings: LedgerSettings = LedgerSettings()
    ) throws(LedgerError) -> LedgerVerification {
        guard let result = try run(at: path, options, settings: settings, progress: { _ in true }) else {
            fatalError("LedgerVerification: a walk that nobody ended has ended")
        }
        return result
    }

    /// Walks over a ledger, with somebody watching.
    /// - Throws: ``LedgerError`` as ``run(at:_:settings:)``.
    /// - Parameter progress: told the number of entries read, every ten thousand; false ends the walk.
    /// - Returns: nil where `progress` ended it.
    public static func run(
        at path: String, _ options: Options = Options(), settings: LedgerSettings = LedgerSettings(), progress: @escaping (Int) -> Bool
    ) throws(LedgerError) -> LedgerVerification? {
        let database = try LedgerSchema.format.open(path, .readOnly, settings) { _ in }
        return try database.reading { () throws(LedgerError) in
            let walk = try ChainWalk(database, options)
            walk.progress = progress
            let result = try walk.run()
            return walk.isEnded ? nil : result
        }
    }
}
