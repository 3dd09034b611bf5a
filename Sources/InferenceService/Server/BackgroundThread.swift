#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Work that waits for disks, away from the threads of requests, which must never wait.
enum BackgroundThread {
    private final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Runs a body on a thread of its own.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withUnsafeContinuation { continuation in
            if let thread = start({ continuation.resume(returning: body()) }) {
                pthread_detach(thread)
            } else {
                continuation.resume(returning: body())
            }
        }
    }

    /// Starts a thread that somebody must join or detach.
    /// - Returns: nil where the system makes no more threads; the body is not run then.
    static func start(_ body: @escaping () -> Void) -> pthread_t? {
        let work = Work(body)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                #if canImport(Glibc)
                    Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                #else
                    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                #endif
                return nil
            }, Unmanaged.passRetained(work).toOpaque())
        guard failure == 0 else {
            Unmanaged.passUnretained(work).release()
            return nil
        }
        return thread
    }
}
