#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import NIOCore

/// A thread that serves connections, as tasks and answers see it. Requests of a connection are answered on its thread, so that one is read,
/// answered and written without a change of thread, and goes from function to function without a queue between them.
final class ServiceLoop: TaskExecutor, @unchecked Sendable {
    private let loop: any EventLoop
    private var date = HTTPDate()

    /// Over a loop of connections.
    init(_ loop: any EventLoop) { self.loop = loop }

    /// Whether a loop is this one's.
    func isOver(_ other: any EventLoop) -> Bool { loop === other }

    /// Runs a job behind all that the loop has read by then: what else waits is seen before any of it is answered.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// The time for answers, as ``HTTPDate`` tells it. On the loop alone.
    func dateText() -> String {
        loop.assertInEventLoop()
        return date.now()
    }
}

/// The time as answers tell it (RFC 9110, section 5.6.7), made once a second.
struct HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private var second: Int?
    private var text = ""

    /// The time of now.
    mutating func now() -> String {
        let now = time(nil)
        if now != second { (second, text) = (now, Self.text(now)) }
        return text
    }

    /// A time as answers tell it.
    /// - Parameter second: seconds since 1970, UTC.
    static func text(_ second: Int) -> String {
        var (seconds, parts) = (time_t(second), tm())
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(1900 + parts.tm_year)"
        return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
