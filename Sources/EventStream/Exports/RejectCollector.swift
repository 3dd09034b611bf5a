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

    /// A collector, with a file to which every reject is written as it comes.
    public init(sink: RejectFile? = nil) {
        self.sink = sink
    }

    /// Rejects by reason; reasons that did not occur are left out.
    public var countsByReason: [RejectReason: Int] { counts }

    /// Rejects for one reason.
    public subscript(reason: RejectReason) -> Int { counts[reason, default: 0] }

    /// Takes one reject.
    public mutating func record(_ reject: Reject) {
        total += 1
        counts[reject.reason, default: 0] += 1
        if first.count < Self.shownCount { first.append(reject) }
        sink?.write(reject)
    }
}
