internal import Synchronization

/// Counts the requests that came whole and are not answered yet, one of each connection, and says when there are so many that the next is
/// refused at once.
///
/// What cannot be answered soon is refused at once, so that a service under four times its load answers a quarter of the requests quickly
/// instead of all of them late. Who sends a body slowly takes no room from others. Counting is one atomic addition.
package final class LoadGate: Sendable {
    /// Most requests unanswered at a time.
    package let most: Int
    private let count = Atomic<Int>(0)

    /// An empty gate.
    /// - Parameter most: 1 or more.
    package init(most: Int) {
        precondition(most > 0, "LoadGate: room for \(most) requests")
        self.most = most
    }

    /// Requests unanswered now.
    package var unanswered: Int { count.load(ordering: .relaxed) }
    /// Whether the next request is one too many. Several threads may see room for one at the same moment: the bound is that of what waits,
    /// give or take as many as there are threads.
    package var isFull: Bool { unanswered >= most }
    /// Counts a request that came whole.
    package func enter() { count.add(1, ordering: .relaxed) }

    /// Counts requests whose answers began, or who need none any more.
    package func leave(_ requests: Int = 1) {
        let left = count.subtract(requests, ordering: .relaxed).newValue
        precondition(left >= 0, "LoadGate.leave: more left than came")
    }
}
