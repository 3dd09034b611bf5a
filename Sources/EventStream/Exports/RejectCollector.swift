/// Collects refused rows and does nothing else: counts them all by reason, keeps the first few to show, and passes every one on
/// to a file if there is one. Whether to stop is the caller's policy.
public struct RejectCollector {
    /// How many of the first rejects are kept to show.
    public static let shownCount = 10

    /// All rejects so far.
    public private(set) var total = 0
    /// The first ``shownCount`` rejects.
    public private(set) var first: [Reject] = []
    private var counts = [RejectReason: Int]()
    private let sink: RejectFile?
    private let shown: Int

    /// A collector, with a file to which every reject is written as it comes.
    public init(sink: RejectFile? = nil) {
        self.sink = sink
        shown = Self.shownCount
    }

    /// A collector of one block, which keeps them all.
    init(keepingAll: Void) {
        sink = nil
        shown = .max
    }

    /// Takes the rejects of a block that begins after so many lines, and empties it.
    mutating func take(_ block: inout RejectCollector, linesBefore: Int) {
        for var reject in block.first {
            reject.line += linesBefore
            record(reject)
        }
        block = RejectCollector(keepingAll: ())
    }

    /// Rejects by reason; reasons that did not occur are left out.
    public var countsByReason: [RejectReason: Int] { counts }

    /// Rejects for one reason.
    public subscript(reason: RejectReason) -> Int { counts[reason, default: 0] }

    /// Takes one reject.
    public mutating func record(_ reject: Reject) {
        total += 1
        counts[reject.reason, default: 0] += 1
        if first.count < shown { first.append(reject) }
        sink?.write(reject)
    }
}
