internal import Glibc
private import Synchronization

/// Threads that wait for work and share it by number: `run(8) { index, worker in … }` calls the body once for each index.
///
/// Which worker takes which index is left to chance; a body must therefore give the same result wherever it runs (results
/// go to a place that belongs to the index). Scratch belongs to the worker. With one thread nothing is ever woken.
public final class WorkerPool: @unchecked Sendable {
    private struct Shared: ~Copyable {
        let next = Atomic<Int>(0)
        let running = Atomic<Int>(0)
        let generation = Atomic<Int>(0)
        let stopped = Atomic<Bool>(false)
    }

    /// Workers, the calling thread among them.
    public let threads: Int
    private let shared = Shared()
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private var handles: [pthread_t] = []
    private var body: ((Int, Int) -> Void)?
    private var total = 0
    /// Rounds of looking for work before a thread goes to sleep: a training step's phases follow each other within microseconds.
    private let spins = 4_000

    /// Starts `threads - 1` threads; all available processors by default.
    public init(threads: Int = WorkerPool.availableProcessors) {
        self.threads = max(1, threads)
        mutex = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
        for worker in 1..<max(2, self.threads) where worker < self.threads { start(worker) }
    }

    deinit {
        shared.stopped.store(true, ordering: .releasing)
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
        for handle in handles { pthread_join(handle, nil) }
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(wake)
        mutex.deallocate()
        wake.deallocate()
    }

    /// Processors this process may use.
    public static var availableProcessors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Calls `body(index, worker)` once for every index in `0 ..< count` and returns when all are done.
    public func run(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
        guard count > 0 else { return }
        if threads == 1 || count == 1 {
            for index in 0..<count { body(index, 0) }
            return
        }
        withoutActuallyEscaping(body) { escaping in
            self.body = escaping
            total = count
            shared.next.store(0, ordering: .relaxed)
            shared.running.store(threads - 1, ordering: .relaxed)
            pthread_mutex_lock(mutex)
            shared.generation.add(1, ordering: .releasing)
            pthread_cond_broadcast(wake)
            pthread_mutex_unlock(mutex)
            work(0)
            while shared.running.load(ordering: .acquiring) > 0 { sched_yield() }
            self.body = nil
        }
    }

    private func work(_ worker: Int) {
        guard let body else { return }
        while true {
            let index = shared.next.add(1, ordering: .relaxed).oldValue
            if index >= total { return }
            body(index, worker)
        }
    }

    private func start(_ worker: Int) {
        final class Start {
            unowned let pool: WorkerPool
            let worker: Int
            init(_ pool: WorkerPool, _ worker: Int) {
                self.pool = pool
                self.worker = worker
            }
        }
        var handle = pthread_t()
        let start = Unmanaged.passRetained(Start(self, worker))
        let failure = pthread_create(
            &handle, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                start.pool.serve(start.worker)
                return nil
            }, start.toOpaque())
        precondition(failure == 0, "WorkerPool: the system gives no thread (error \(failure))")
        handles.append(handle)
    }

    private func serve(_ worker: Int) {
        var seen = 0
        while true {
            var waited = 0
            while shared.generation.load(ordering: .acquiring) == seen {
                if shared.stopped.load(ordering: .acquiring) { return }
                waited += 1
                if waited < spins { continue }
                pthread_mutex_lock(mutex)
                while shared.generation.load(ordering: .acquiring) == seen && !shared.stopped.load(ordering: .acquiring) {
                    pthread_cond_wait(wake, mutex)
                }
                pthread_mutex_unlock(mutex)
            }
            seen += 1
            work(worker)
            shared.running.subtract(1, ordering: .acquiringAndReleasing)
        }
    }
}
