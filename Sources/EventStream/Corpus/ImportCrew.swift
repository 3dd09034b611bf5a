internal import DurableFiles
private import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Threads of one import. `run(n) { index in … }` calls the body once for each index, on whatever thread is free.
///
/// Which thread takes which index is left to chance, so that a body must give the same result wherever it runs.
final class ImportCrew: @unchecked Sendable {
    /// Threads, the calling one among them.
    let threads: Int
    private let shared = Shared()
    private var handles: [pthread_t] = []

    /// Threads worth having: the processors this process may use, up to 16. Every thread holds a block of the input, and as blocks are added
    /// one after another, more threads would take memory and wait.
    static var processors: Int { min(16, Processors.available) }

    init(threads: Int) {
        self.threads = max(1, threads)
        for _ in 1..<self.threads {
            var handle = pthread_t()
            // A machine that gives no more threads does the work with fewer.
            let failure = pthread_create(
                &handle, nil,
                { argument in
                    Unmanaged<Shared>.fromOpaque(argument!).takeRetainedValue().serve()
                    return nil
                }, Unmanaged.passRetained(shared).toOpaque())
            if failure != 0 {
                Unmanaged.passUnretained(shared).release()
                break
            }
            handles.append(handle)
        }
    }

    deinit {
        shared.stop()
        for handle in handles { pthread_join(handle, nil) }
    }

    /// Calls `body(index)` for every index in `0 ..< count` and returns when all are done.
    func run(_ count: Int, _ body: (Int) -> Void) {
        guard count > 1, !handles.isEmpty else {
            for index in 0..<max(0, count) { body(index) }
            return
        }
        withoutActuallyEscaping(body) { shared.share(count, among: handles.count, $0) }
    }

    /// The same for bodies that may fail: the error of the lowest index is thrown once all are done.
    func run<Failure: Error>(_ count: Int, _ body: (Int) throws(Failure) -> Void) throws(Failure) {
        let failures = UnsafeMutableBufferPointer<Failure?>.allocate(capacity: count)
        failures.initialize(repeating: nil)
        defer { failures.deinitialize().deallocate() }
        run(count) { index in
            do throws(Failure) { try body(index) } catch { failures[index] = error }
        }
        for case .some(let failure) in failures { throw failure }
    }

    /// Calls `body` with parts that make up `0 ..< count`: a few for each thread, as some take longer than others.
    func runParts(of count: Int, _ body: (Range<Int>) -> Void) {
        let parts = max(1, min(count, handles.isEmpty ? 1 : 8 * threads))
        run(parts) { part in body(count * part / parts..<count * (part + 1) / parts) }
    }

    private final class Shared: @unchecked Sendable {
        private let gate = Gate()
        private let next = Atomic<Int>(0)
        // Under the gate.
        private var body: ((Int) -> Void)?
        private var total = 0
        private var generation = 0
        private var running = 0
        private var isStopped = false

        func share(_ count: Int, among helpers: Int, _ body: @escaping (Int) -> Void) {
            gate.lock()
            self.body = body
            total = count
            next.store(0, ordering: .relaxed)
            running = helpers
            generation += 1
            gate.signal()
            gate.unlock()
            work(body, count)
            gate.lock()
            while running > 0 { gate.wait() }
            self.body = nil
            gate.unlock()
        }

        func stop() {
            gate.lock()
            isStopped = true
            gate.signal()
            gate.unlock()
        }

        func serve() {
            var seen = 0
            gate.lock()
            while true {
                while generation == seen && !isStopped { gate.wait() }
                if isStopped { break }
                seen = generation
                let (body, total) = (body, total)
                gate.unlock()
                if let body { work(body, total) }
                gate.lock()
                running -= 1
                if running == 0 { gate.signal() }
            }
            gate.unlock()
        }

        private func work(_ body: (Int) -> Void, _ total: Int) {
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                if index >= total { return }
                body(index)
            }
        }
    }
}

/// A lock with a bell: `wait` gives the lock up until somebody rings.
final class Gate: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }
    func wait() { pthread_cond_wait(condition, mutex) }
    /// Wakes all who wait.
    func signal() { pthread_cond_broadcast(condition) }
}
