internal import InferenceService
internal import NIOCore

/// What a connection waits for, and until when. Used on its loop alone.
final class ConnectionTimes {
    enum Waiting { case nothing, request, header, body }

    private let (idle, header): (TimeAmount, TimeAmount)
    /// That of a body, and of whoever takes an answer.
    let body: TimeAmount
    private let missed: (Waiting) -> Void
    private(set) var waiting = Waiting.nothing
    /// When what is waited for must be there.
    private var due = NIODeadline.distantFuture
    /// Looks whether it is, at this time or before it: set anew only when it has run, for most of what is waited for comes at once.
    private var timer: (task: Scheduled<Void>, at: NIODeadline)?

    /// - Parameter missed: called where what was waited for did not come in time; nothing is waited for then.
    init(_ timeouts: ServiceSettings.Timeouts, missed: @escaping (Waiting) -> Void) {
        idle = .nanoseconds(Int64(timeouts.idleSeconds * 1e9))
        header = .nanoseconds(Int64(timeouts.headerSeconds * 1e9))
        body = .nanoseconds(Int64(timeouts.requestSeconds * 1e9))
        self.missed = missed
    }

    /// Waits for a connection's first request: whoever connects and says nothing is held to the shorter of two times.
    func beginFirst(_ loop: any EventLoop) { begin(idle < header ? .request : .header, loop) }

    /// Waits for something from now on, and for nothing else.
    func begin(_ what: Waiting, _ loop: any EventLoop) {
        waiting = what
        due = .now() + (what == .header ? header : what == .body ? body : idle)
        if let timer {
            guard due < timer.at else { return }
            timer.task.cancel()
        }
        watch(loop)
    }

    /// Waits for nothing.
    func end() { waiting = .nothing }

    /// Waits for nothing any more.
    func cancel() {
        end()
        timer?.task.cancel()
        timer = nil
    }

    private func watch(_ loop: any EventLoop) {
        let bound = NIOLoopBound((self, loop), eventLoop: loop)
        let task = loop.scheduleTask(deadline: due) {
            let (own, loop) = bound.value
            own.timer = nil
            own.look(loop)
        }
        timer = (task, due)
    }

    private func look(_ loop: any EventLoop) {
        let what = waiting
        guard what != .nothing else { return }
        guard due <= .now() else { return watch(loop) }
        end()
        missed(what)
    }
}
