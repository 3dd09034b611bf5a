#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The machine's processors. It stands here because this is the one target of which both the import and the training know.
package enum Processors {
    /// Processors this process may use: where the system can be asked, those to which it is bound, and not all there are.
    package static var available: Int { max(1, bound ?? sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    #if canImport(Glibc)
        private static var bound: Int? {
            // Swift does not see the function, which glibc's headers declare for GNU sources only.
            typealias Ask = @convention(c) (pid_t, Int, UnsafeMutablePointer<cpu_set_t>) -> Int32
            guard let symbol = dlsym(nil, "sched_getaffinity") else { return nil }
            var set = cpu_set_t()
            guard unsafeBitCast(symbol, to: Ask.self)(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else { return nil }
            let count = withUnsafeBytes(of: set) { bytes in bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
            return count > 0 ? count : nil
        }
    #else
        private static var bound: Int? { nil }
    #endif
}
