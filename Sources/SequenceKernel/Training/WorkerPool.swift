internal import DurableFiles
internal import Glibc
private import Synchronization

/// Threads that wait for work and share it by number: `run(8) { index, worker in … }` calls the body once for each index.
///
/// Which worker takes which index is left to chance; a body must therefore give the same result wherever it runs (results
/// go to a place that belongs to the index). Scratch belongs to the worker. With one thread nothing is ever woken.
///
/// One `run` at a time: a call from inside a body or from a second thread traps, whatever the number of threads.
public final class WorkerPool: @unchecked Sendable {
    /// Workers, the calling thread among them; fewer than were asked for where the system gives no more threads.
    public let threads: Int
    private let crew = Crew()
    private let handles: [pthread_t]

    /// Starts `threads - 1` threads; all available processors by default.
    public init(threads: Int = WorkerPool.availableProcessors) {
        var handles: [pthread_t] = []
        while handles.count + 1 < threads, let handle = crew.start(handles.count + 1) { handles.append(handle) }
        self.handles = handles
        self.threads = handles.count + 1
    }

    deinit {
        crew.stop()
        for handle in handles { pthread_join(handle, nil) }
    }

    /// Processors this process may use.
    public static var availableProcessors: Int { Processors.available }

    /// Calls `body(index, worker)` once for every index in `0 ..< count` and returns when all are done.
    public func run(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
        withoutActuallyEscaping(body) { run(count, ClosureWork(body: $0)) }
    }

    /// As with a closure, for what runs in every training step: nothing is put on the heap.
    public func run(_ count: Int, _ work: some SharedWork) {
        crew.begin()
        defer { crew.end() }
        guard count > 1 && threads > 1 else {
            for index in 0..<max(0, count) { work.perform(index, worker: 0) }
            return
        }
        crew.share(count, among: threads, work)
    }
}

/// What the threads of a pool share. Threads hold this and not the pool, which could otherwise never end.
private final class Crew: @unchecked Sendable {
    private let busy = Atomic<Bool>(false)
    private let next = Atomic<Int>(0)
    private let running = Atomic<Int>(0)
    private let generation = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    /// Where the work lies and how it is done. Written before `generation` rises, read after: the release and acquire on it order them.
    private var address: UnsafeRawPointer?
    private var type: any SharedWork.Type = ClosureWork.self
    private var total = 0

    /// Rounds of looking for work before a thread goes to sleep, about a tenth of a millisecond: a training step's phases follow each
    /// other within microseconds, and waking a thread takes longer than many of them.
    private static let spins = 100_000
    /// After so many rounds each, others may have the processor.
    private static let politeness = 2_000

    init() {
        mutex = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(wake)
        mutex.deallocate()
        wake.deallocate()
    }

    func begin() {
        let was = busy.exchange(true, ordering: .acquiring)
        precondition(!was, "WorkerPool.run: called from inside a body or by two threads at once")
    }

    func end() { busy.store(false, ordering: .releasing) }

    func share<Work: SharedWork>(_ count: Int, among threads: Int, _ work: Work) {
        withUnsafePointer(to: work) { share(count, among: threads, UnsafeRawPointer($0), Work.self) }
    }

    private func share(_ count: Int, among threads: Int, _ address: UnsafeRawPointer, _ type: any SharedWork.Type) {
        self.address = address
        self.type = type
        total = count
        next.store(0, ordering: .relaxed)
        running.store(threads - 1, ordering: .relaxed)
        // Under the mutex, so that a thread between its last look and its sleep cannot miss the signal.
        pthread_mutex_lock(mutex)
        generation.add(1, ordering: .releasing)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
        work(0)
        // Every thread must have left `work` before its value may go and the next generation may begin.
        while running.load(ordering: .acquiring) > 0 { sched_yield() }
        self.address = nil
    }

    func stop() {
        pthread_mutex_lock(mutex)
        stopped.store(true, ordering: .releasing)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
    }

    /// Nil when the system gives no thread.
    func start(_ worker: Int) -> pthread_t? {
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(Start(self, worker))
        let failure = pthread_create(
            &handle, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                start.crew.serve(start.worker)
                return nil
            }, argument.toOpaque())
        guard failure == 0 else {
            argument.release()
            return nil
        }
        return handle
    }

    private final class Start {
        let crew: Crew
        let worker: Int
        init(_ crew: Crew, _ worker: Int) {
            self.crew = crew
            self.worker = worker
        }
    }

    private func work(_ worker: Int) {
        guard let address else { return }
        let type = type
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            if index >= total { return }
            type.perform(at: address, index, worker: worker)
        }
    }

    private func serve(_ worker: Int) {
        // A generation ends only when every thread has worked in it, so none is ever skipped.
        var seen = 0
        while true {
            var waited = 0
            while generation.load(ordering: .acquiring) == seen {
                if stopped.load(ordering: .acquiring) { return }
                waited += 1
                if waited < Self.spins {
                    if waited.isMultiple(of: Self.politeness) { sched_yield() }
                    continue
                }
                pthread_mutex_lock(mutex)
                while generation.load(ordering: .acquiring) == seen && !stopped.load(ordering: .acquiring) {
                    pthread_cond_wait(wake, mutex)
                }
                pthread_mutex_unlock(mutex)
            }
            seen += 1
            work(worker)
            running.subtract(1, ordering: .acquiringAndReleasing)
        }
    }
}
