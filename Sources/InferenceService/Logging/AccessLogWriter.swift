public import DurableFiles
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Writes access-log lines from a thread of its own, so that no request waits for a disk or a pipe.
///
/// A request's line goes into a bounded buffer. Where the buffer is full, because whoever reads the log is slow or the disk is, the line is
/// dropped and counted, and a line `{"time":…,"dropped":N}` says so as soon as there is room again.
public final class AccessLogWriter: @unchecked Sendable {
    /// Takes whole lines; called from the writer's thread only. What it throws is counted and not tried again.
    public typealias Sink = @Sendable (UnsafeRawBufferPointer) throws(FileError) -> Void

    /// What became of the lines.
    public struct Statistics: Sendable, Equatable {
        /// Lines handed to the sink.
        public var written = 0
        /// Lines for which there was no room.
        public var dropped = 0
        /// Lines that the sink refused.
        public var failed = 0

        /// Counts.
        public init(written: Int = 0, dropped: Int = 0, failed: Int = 0) {
            (self.written, self.dropped, self.failed) = (written, dropped, failed)
        }
    }

    private let drain: Drain
    private let thread: pthread_t?
    private let isClosed = Atomic<Bool>(false)

    /// Starts the thread.
    /// - Parameters:
    ///   - capacity: bytes of lines that may wait.
    ///   - clock: for the time of the line that tells of dropped ones.
    public init(capacity: Int = 1 << 20, clock: ServiceClock = .system, to sink: @escaping Sink) {
        precondition(capacity > 0, "AccessLogWriter: capacity \(capacity)")
        drain = Drain(capacity: capacity, clock: clock, sink: sink)
        thread = drain.start()
    }

    deinit { close() }

    /// Adds a line, or drops and counts it where there is no room. Never waits for the sink.
    /// - Returns: false where it was dropped.
    @discardableResult
    public func write(_ line: AccessLogLine) -> Bool { drain.write { line.write(into: &$0) } }

    /// Adds a text that ends with a line feed, in the same way.
    @discardableResult
    package func write(_ text: String) -> Bool { drain.write { $0 += text.utf8 } }

    /// What became of the lines so far.
    public var statistics: Statistics { drain.withLock { $0.statistics } }

    /// Hands what waits to the sink and ends the thread; lines that come later are dropped.
    public func close() {
        guard let thread, !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        drain.stop()
        pthread_join(thread, nil)
    }

    /// A sink that writes to standard output.
    public static func standardOutput() -> Sink { descriptor(STDOUT_FILENO, "standard output") }

    /// A sink that writes to standard error.
    public static func standardError() -> Sink { descriptor(STDERR_FILENO, "standard error") }

    private static func descriptor(_ number: Int32, _ name: String) -> Sink {
        { bytes throws(FileError) in
            var rest = bytes
            while !rest.isEmpty {
                let count = writeOnce(number, rest)
                guard count >= 0 else {
                    if errno == EINTR { continue }
                    throw FileError(.write, name, code: errno)
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    /// A sink that adds to a file, which is made if it is not there, and is opened anew for each piece: it may be renamed at any time.
    public static func file(_ path: String, in fileSystem: FileSystem = .live) -> Sink {
        { bytes throws(FileError) in
            let file: OpenFile
            do throws(FileError) { file = try OpenFile(path, .append, in: fileSystem) } catch {
                guard error.isMissing else { throw error }
                file = try OpenFile(path, .create, in: fileSystem)
            }
            try file.write(bytes)
            try file.close()
        }
    }
}

private func writeOnce(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int { write(descriptor, bytes.baseAddress, bytes.count) }

/// What requests and the thread share. The thread holds this and not the writer, which could otherwise never end.
private final class Drain: @unchecked Sendable {
    struct State {
        var lines: [UInt8] = []
        var count = 0
        var unreported = 0
        var isStopped = false
        /// Whether the thread has to be woken.
        var isAsleep = false
        var statistics = AccessLogWriter.Statistics()
    }

    /// Microseconds.
    private static let pause: UInt32 = 2000

    private let capacity: Int
    private let clock: ServiceClock
    private let sink: AccessLogWriter.Sink
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private var state = State()

    init(capacity: Int, clock: ServiceClock, sink: @escaping AccessLogWriter.Sink) {
        (self.capacity, self.clock, self.sink) = (capacity, clock, sink)
        mutex = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
        state.lines.reserveCapacity(capacity + 4096)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(wake)
        mutex.deallocate()
        wake.deallocate()
    }

    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    func write(_ append: (inout [UInt8]) -> Void) -> Bool {
        withLock { state in
            let before = state.lines.count
            if !state.isStopped { append(&state.lines) }
            guard !state.isStopped, state.lines.count <= capacity else {
                state.lines.removeLast(state.lines.count - before)
                state.statistics.dropped += 1
                state.unreported += 1
                return false
            }
            state.count += 1
            if state.isAsleep {
                state.isAsleep = false
                pthread_cond_signal(wake)
            }
            return true
        }
    }

    func stop() {
        withLock { state in
            state.isStopped = true
            pthread_cond_signal(wake)
        }
    }

    func start() -> pthread_t? {
        guard let handle = BackgroundThread.start({ self.run() }) else {
            // Without a thread nothing would ever be written; lines are dropped and counted.
            stop()
            return nil
        }
        return handle
    }

    private func run() {
        var spare: [UInt8] = []
        spare.reserveCapacity(capacity + 4096)
        var isLast = false
        while !isLast {
            var lines: [UInt8]
            let count: Int
            (lines, count, isLast) = take(spare)
            if !lines.isEmpty { hand(lines, count) }
            // Waking a thread costs a request more than its line does: lines are collected for a moment.
            if !isLast { usleep(Self.pause) }
            lines.removeAll(keepingCapacity: true)
            spare = lines
        }
    }

    /// Waits for lines and takes them; the buffer in their place is the spare one.
    private func take(_ spare: consuming [UInt8]) -> (lines: [UInt8], count: Int, isLast: Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        // Not through withLock: while this thread sleeps others change the state, so that no access to it may last across the wait.
        while isIdle {
            state.isAsleep = true
            pthread_cond_wait(wake, mutex)
        }
        state.isAsleep = false
        return exchange(spare)
    }

    private var isIdle: Bool { state.lines.isEmpty && !state.isStopped && state.unreported == 0 }

    private func exchange(_ spare: consuming [UInt8]) -> (lines: [UInt8], count: Int, isLast: Bool) {
        var lines = state.lines
        state.lines = spare
        let count = state.count
        state.count = 0
        if state.unreported > 0 {
            LogText.append("{\"time\":\"", to: &lines)
            LogText.append(time: clock.wallMilliseconds(), to: &lines)
            LogText.append("\",\"dropped\":", to: &lines)
            LogText.append(state.unreported, to: &lines)
            LogText.append("}\n", to: &lines)
            state.unreported = 0
        }
        return (lines, count, state.isStopped)
    }

    private func hand(_ lines: [UInt8], _ count: Int) {
        var isDone = true
        do { try lines.withUnsafeBytes { bytes in try sink(bytes) } } catch { isDone = false }
        withLock { state in
            if isDone { state.statistics.written += count } else { state.statistics.failed += count }
        }
    }
}
