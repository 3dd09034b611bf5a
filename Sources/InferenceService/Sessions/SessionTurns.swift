internal import Synchronization

/// Lets one request at a time at a session, in the order in which they came: between reading what is remembered and telling what became of it
/// a request waits for disks, and nobody may see or change what may yet be taken back.
package final class SessionTurns: Sendable {
    /// Who waits, by session; a session whose turn nobody has is not in it.
    private let waiting = Mutex<[String: [UnsafeContinuation<Bool, Never>]]>([:])
    private let most: Int

    /// - Parameter most: requests of one session that may wait.
    package init(most: Int = 64) { self.most = most }

    /// Waits for the session's turn, which ``leave(_:)`` gives back.
    /// - Returns: false, without the turn, where too many wait for it.
    package func enter(_ session: String) async -> Bool {
        await withUnsafeContinuation { waiter in
            let isMine: Bool? = waiting.withLock { waiting in
                guard let count = waiting[session]?.count else {
                    waiting[session] = []
                    return true
                }
                guard count < most else { return false }
                waiting[session]!.append(waiter)
                return nil
            }
            if let isMine { waiter.resume(returning: isMine) }
        }
    }

    /// Gives the turn to who waits longest.
    package func leave(_ session: String) {
        let next = waiting.withLock { waiting -> UnsafeContinuation<Bool, Never>? in
            guard waiting[session]?.isEmpty == false else {
                waiting[session] = nil
                return nil
            }
            return waiting[session]!.removeFirst()
        }
        next?.resume(returning: true)
    }
}
