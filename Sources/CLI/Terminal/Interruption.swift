internal import Glibc
internal import Synchronization

private let signalsSeen = Atomic<Int32>(0)

/// Ctrl-C and SIGTERM: the first asks the work to save and stop, the second ends it at once.
enum Interruption {
    /// Starts to watch; long work asks ``isRequested`` between its steps.
    static func watch() {
        signalsSeen.store(0, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                if signalsSeen.add(1, ordering: .relaxed).oldValue > 0 { _exit(128 + number) }
            }
        }
    }

    /// True after the first signal.
    static var isRequested: Bool { signalsSeen.load(ordering: .relaxed) > 0 }
}

/// Work was stopped by the user; `remedy` says how to go on.
struct Interrupted: Error {
    let remedy: String
}
