internal import NIOCore
internal import NIOPosix

/// Lets tasks run on the threads that serve connections, so that a request is read, answered and written without a change of thread, and
/// goes from function to function without a queue between them.
final class EventLoopExecutor: TaskExecutor {
    private let group: MultiThreadedEventLoopGroup
    private let loops: [any EventLoop]

    /// Over the loops that the connections belong to.
    init(_ group: MultiThreadedEventLoopGroup) {
        self.group = group
        loops = Array(group.makeIterator())
    }

    /// Runs a job on the loop of the thread that brings it; on any for one that comes from elsewhere.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let current = MultiThreadedEventLoopGroup.currentEventLoop
        let loop = current.flatMap { own in loops.contains { $0 === own } ? own : nil } ?? group.next()
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
