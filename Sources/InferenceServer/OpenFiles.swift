#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Files that the process may have open: each connection is one.
///
/// They must never run out: libdispatch ends the process where it cannot open one of its own, and a ledger or a reload fails.
enum OpenFiles {
    /// Kept for everything but connections: models, ledger, logs, the runtime's own.
    private static let reserve = 128

    /// Has the system let the process open as many as it may.
    /// - Returns: connections that there is room for, at most those that are wanted, and files.
    static func room(forConnections wanted: Int) -> (connections: Int, files: Int) {
        var limits = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limits) == 0 else { return (wanted, .max) }
        let needed = rlim_t(wanted + reserve)
        if limits.rlim_cur < needed {
            let before = limits.rlim_cur
            limits.rlim_cur = min(limits.rlim_max, needed)
            if setrlimit(resource, &limits) != 0 { limits.rlim_cur = before }
        }
        let files = Int(clamping: limits.rlim_cur)
        return (min(wanted, max(files - reserve, files / 4, 1)), files)
    }
}
