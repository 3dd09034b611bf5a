/// Collects refused rows and does nothing else: counts them all by reason, keeps the first few to show, and passes every one on
/// to a file if there is one. Whether to stop is the caller's policy.
public struct RejectCollector {
    /// How many of the first rejects are kept to show.
    public static let shownCount = 10

    /// All rejects so far.
    public private(set) var total = 0
    /// The first ``shownCount`` rejects.
    public private(set) var first: [Reject] = []
    /// Rows left out by rules of the mapping (``ExportMapping/skip``), by reason. They are no rejects.
    public private(set) var skipped: [String: Int] = [:]
    private var counts = [RejectReason: Int]()
    private let sink: RejectFile?
    private let shown: Int

    /// A collector, with a file to which every reject is written as it comes.
    public init(sink: RejectFile? = nil) {
        self.sink = sink
        shown = Self.shownCount
    }

    /// A collector of one block, which keeps them all. Whoever reads the block has it emptied when it is full: a block may hold hundreds
    /// of thousands of refused rows, and together they would take many times its memory.
    init(keepingAll: Void) {
        sink = nil
        shown = .max
    }

    /// Whether a collector of one block holds so many that it must be emptied.
    var isFull: Bool { first.count >= Self.blockRejects }
    private static let blockRejects = 4096

    /// Takes the rejects of a block that begins after so many lines, and empties it.
    mutating func take(_ block: inout RejectCollector, linesBefore: Int) {
        for var reject in block.first {
            reject.line += linesBefore
            record(reject)
        }
        for (reason, count) in block.skipped { skipped[reason, default: 0] += count }
        block.skipped.removeAll(keepingCapacity: true)
        block.total = 0
        block.counts.removeAll(keepingCapacity: true)
        block.first.removeAll(keepingCapacity: true)
    }

    /// Rejects by reason; reasons that did not occur are left out.
    public var countsByReason: [RejectReason: Int] { counts }

    /// Rejects for one reason.
    public subscript(reason: RejectReason) -> Int { counts[reason, default: 0] }

    /// Counts a row that a rule of the mapping leaves out.
    mutating func skip(_ reason: String) { skipped[reason, default: 0] += 1 }

    /// Takes one reject.
    public mutating func record(_ reject: Reject) {
        total += 1
        counts[reject.reason, default: 0] += 1
        if first.count < shown { first.append(reject) }
        sink?.write(reject)
    }
}
