internal import Synchronization

/// Tells who runs the service why requests were answered with a fault of its own: a line of text for each, of many only some a second.
///
/// ```
/// serve: 503 /v1/sessions:score, request 4b1f…: ledger_unavailable: bank.ledger: the disk is full
/// ```
package final class FaultLog: Sendable {
    /// Lines of one second; the next second's first says how many more there were.
    package static let linesASecond = 10

    private struct State {
        var second: Int64 = .min
        var lines = 0
        var untold = 0
    }

    private let state = Mutex(State())
    private let clock: ServiceClock
    private let writer: AccessLogWriter

    /// - Parameter writer: takes the lines; closed with the log.
    package init(to writer: AccessLogWriter, clock: ServiceClock = .system) { (self.writer, self.clock) = (writer, clock) }

    /// Tells of a fault with a status of 500 or above; of others nothing.
    /// - Parameter route: its template, never the path itself.
    func tell(_ fault: RequestFault, _ id: RequestID, route: String) {
        guard fault.code.status >= 500 else { return }
        let second = clock.nanoseconds() / 1_000_000_000
        let before: Int? = state.withLock { state in
            if state.second != second { (state.second, state.lines) = (second, 0) }
            guard state.lines < Self.linesASecond else {
                state.untold += 1
                return nil
            }
            state.lines += 1
            defer { state.untold = 0 }
            return state.untold
        }
        guard let before else { return }
        let more = before > 0 ? " (and \(before) more before it)" : ""
        let line = "serve: \(fault.code.status) \(route), request \(id): \(fault.code.rawValue): \(fault.cause ?? fault.message)\(more)"
        writer.write(String(line.map { $0.isNewline ? " " : $0 }) + "\n")
    }

    /// Writes what waits.
    package func close() { writer.close() }
}
