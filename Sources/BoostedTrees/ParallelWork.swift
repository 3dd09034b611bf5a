#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Work on a few threads that end with it.
enum ParallelWork {
    private final class Share<Value: Sendable>: @unchecked Sendable {
        let body: (Int) -> Value
        let index: Int
        var value: Value?

        init(_ index: Int, _ body: @escaping (Int) -> Value) { (self.index, self.body) = (index, body) }
        func perform() { value = body(index) }
    }

    private class Task {
        let perform: () -> Void
        init(_ perform: @escaping () -> Void) { self.perform = perform }
    }

    /// `body(0)` to `body(count - 1)`, each on a thread of its own; on the calling one where the system gives no more.
    static func map<Value: Sendable>(_ count: Int, _ body: (Int) -> Value) -> [Value] {
        withoutActuallyEscaping(body) { body in
            let shares = (0..<count).map { Share($0, body) }
            var handles: [pthread_t] = []
            var kept: [Share<Value>] = []
            for share in shares.dropFirst() {
                var handle = pthread_t()
                let argument = Unmanaged.passRetained(Task(share.perform))
                let failure = pthread_create(
                    &handle, nil,
                    { argument in
                        Unmanaged<Task>.fromOpaque(argument!).takeRetainedValue().perform()
                        return nil
                    }, argument.toOpaque())
                if failure == 0 {
                    handles.append(handle)
                } else {
                    argument.release()
                    kept.append(share)
                }
            }
            shares.first?.perform()
            for share in kept { share.perform() }
            for handle in handles { pthread_join(handle, nil) }
            return shares.compactMap(\.value)
        }
    }
}
