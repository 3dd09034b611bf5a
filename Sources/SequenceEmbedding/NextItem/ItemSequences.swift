/// Item numbers of many sessions, one after another: session `s` is `items[offsets[s] ..< offsets[s + 1]]`, oldest first.
public struct ItemSequences: Sendable {
    /// `count + 1` places in ``items``; the first is 0.
    public private(set) var offsets: [Int] = [0]
    /// Item numbers from 0; all sessions end to end.
    public private(set) var items: [Int32] = []

    /// No sessions yet.
    public init() {}

    /// Adds one session.
    public mutating func append(_ session: some Sequence<Int32>) {
        items.append(contentsOf: session)
        offsets.append(items.count)
    }

    /// Sessions held.
    public var count: Int { offsets.count - 1 }

    /// One session.
    public subscript(_ session: Int) -> ArraySlice<Int32> { items[offsets[session]..<offsets[session + 1]] }

    /// One more than the largest item number.
    public var itemCount: Int { Int(items.max() ?? -1) + 1 }
}
