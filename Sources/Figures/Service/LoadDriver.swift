internal import Glibc

/// Sends requests over many connections and tells what became of each, in one thread: whoever uses it does other things between its steps.
///
/// Without a rate a connection sends its next request when it has the answer to the last. With one, requests are due at even times whatever
/// the service does, on any connection that is free.
final class LoadDriver {
    /// A request.
    struct Asked {
        let bytes: [UInt8]
        /// What the caller knows it by.
        let tag: Int
    }

    /// What became of a request.
    struct Outcome {
        let connection: Int
        let asked: Asked
        /// Nil for one that was lost.
        let answer: HTTPAnswer?
        /// Why it was lost.
        let fault: String?
        /// When it was due, was written, and was answered or lost.
        let due: Double
        let began: Double
        let ended: Double
        /// From the writing to the answer.
        var seconds: Double { ended - began }
    }

    private struct Slot {
        var descriptor: Int32 = -1
        var reader = HTTPAnswerReader()
        var asked: Asked?
        var sent = 0
        var (due, began) = (0.0, 0.0)
        var isOver = false
    }

    private let port: Int
    private let reconnects: Bool
    private var slots: [Slot]
    private var polled: [pollfd]
    private var part = [UInt8](repeating: 0, count: 1 << 18)
    private var free: [Int] = []
    private var overdue: [Double] = []
    private var nextDue = 0.0

    /// The next request of a connection; nil where it has none at the moment.
    var next: (_ connection: Int) -> Asked? = { _ in nil }
    /// Takes what became of a request.
    var done: (Outcome) -> Void = { _ in }
    /// Requests a second over all connections; nil for as many as are answered.
    var rate: Double? {
        didSet { (nextDue, overdue) = (FigureContext.now(), []) }
    }
    /// Requests that were due when no connection was free and that nobody sent, beyond those that wait.
    private(set) var unsent = 0
    /// Connections that were closed when nothing had been asked on them.
    private(set) var closedIdle = 0
    /// Whether requests are begun.
    var isOpen = true

    /// Connects.
    /// - Parameter reconnects: whether a connection that was closed is opened again.
    init(port: Int, connections: Int, reconnects: Bool = true) throws {
        (self.port, self.reconnects) = (port, reconnects)
        slots = [Slot](repeating: Slot(), count: connections)
        polled = [pollfd](repeating: pollfd(fd: -1, events: Int16(POLLIN), revents: 0), count: connections)
        for slot in slots.indices { try open(slot) }
    }

    deinit { for slot in slots where slot.descriptor >= 0 { close(slot.descriptor) } }

    /// Requests without an answer so far.
    var pending: Int { slots.count { $0.asked != nil } }
    /// Connections that are closed for good.
    var over: Int { slots.count { $0.isOver } }

    /// Goes on until the condition holds, which is looked at every few milliseconds, or for so long.
    func run(seconds: Double = .infinity, until isDone: () -> Bool = { false }) throws {
        let end = FigureContext.now() + seconds
        while !isDone(), FigureContext.now() < end { try step() }
    }

    /// Begins nothing any more and waits for the answers that are due.
    /// - Returns: whether all came.
    @discardableResult
    func finish(seconds: Double = 30) throws -> Bool {
        isOpen = false
        try run(seconds: seconds) { pending == 0 }
        isOpen = true
        return pending == 0
    }

    private func open(_ number: Int) throws {
        let descriptor = try HTTPClient.connect(port: port)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        slots[number] = Slot()
        slots[number].descriptor = descriptor
        polled[number] = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        free.append(number)
    }

    private func step() throws {
        if isOpen { begin() }
        var wait = 5.0
        if isOpen, rate != nil { wait = min(wait, max(0, (nextDue - FigureContext.now()) * 1000)) }
        guard poll(&polled, nfds_t(polled.count), Int32(wait.rounded(.up))) > 0 else { return }
        for number in slots.indices where polled[number].revents != 0 {
            if polled[number].revents & Int16(POLLOUT) != 0 { write(number) }
            if polled[number].revents & ~Int16(POLLOUT) != 0 { try read(number) }
        }
    }

    private func begin() {
        guard let rate else {
            var waiting: [Int] = []
            for number in free {
                guard let asked = next(number) else {
                    waiting.append(number)
                    continue
                }
                start(number, asked, due: FigureContext.now())
            }
            free = waiting
            return
        }
        let now = FigureContext.now()
        while nextDue <= now {
            // What waits here is not the service's: a second's worth of it is enough.
            if overdue.count < Int(rate) { overdue.append(nextDue) } else { unsent += 1 }
            nextDue += 1 / rate
        }
        var taken = 0
        while taken < overdue.count, let number = free.popLast() {
            guard let asked = next(number) else { continue }
            start(number, asked, due: overdue[taken])
            taken += 1
        }
        overdue.removeFirst(taken)
    }

    private func start(_ number: Int, _ asked: Asked, due: Double) {
        (slots[number].asked, slots[number].sent, slots[number].due) = (asked, 0, due)
        slots[number].began = FigureContext.now()
        write(number)
    }

    private func write(_ number: Int) {
        guard let asked = slots[number].asked else { return }
        while slots[number].sent < asked.bytes.count {
            let sent = slots[number].sent
            let count = asked.bytes.withUnsafeBytes {
                send(slots[number].descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            // A broken connection is told when it is read.
            guard count > 0 else { break }
            slots[number].sent += count
        }
        polled[number].events = Int16(slots[number].sent < asked.bytes.count ? POLLIN | POLLOUT : POLLIN)
    }

    private func read(_ number: Int) throws {
        let count = recv(slots[number].descriptor, &part, part.count, 0)
        if count < 0 && (errno == EINTR || errno == EAGAIN) { return }
        guard count > 0 else { return try lost(number, count == 0 ? "closed before the answer" : String(cString: strerror(errno))) }
        slots[number].reader.take(part[..<count])
        while let asked = slots[number].asked {
            let answer: HTTPAnswer
            do throws(HTTPFault) {
                guard let own = try slots[number].reader.next(isHead: asked.bytes.starts(with: "HEAD ".utf8)) else { return }
                answer = own
            } catch { return try lost(number, error.description) }
            slots[number].asked = nil
            tell(number, asked, answer, nil)
            guard !answer.closes else { return try end(number) }
            free.append(number)
            if isOpen { begin() }
        }
    }

    private func tell(_ number: Int, _ asked: Asked, _ answer: HTTPAnswer?, _ fault: String?) {
        done(
            Outcome(
                connection: number, asked: asked, answer: answer, fault: fault, due: slots[number].due, began: slots[number].began,
                ended: FigureContext.now()))
    }

    private func lost(_ number: Int, _ reason: String) throws {
        if let asked = slots[number].asked {
            slots[number].asked = nil
            tell(number, asked, nil, reason)
        } else {
            closedIdle += 1
        }
        try end(number)
    }

    private func end(_ number: Int) throws {
        close(slots[number].descriptor)
        free.removeAll { $0 == number }
        (slots[number].descriptor, polled[number].fd) = (-1, -1)
        guard reconnects else {
            slots[number].isOver = true
            return
        }
        try open(number)
    }
}

/// How long requests took.
struct Latencies {
    private(set) var seconds: [Float] = []

    mutating func add(_ value: Double) { seconds.append(Float(value)) }
    mutating func add(_ others: Latencies) { seconds += others.seconds }

    /// The times at which so large shares were answered, by nearest rank.
    func quantiles(_ shares: [Double]) -> [Double] {
        let sorted = seconds.sorted()
        return shares.map {
            sorted.isEmpty ? .nan : Double(sorted[min(sorted.count - 1, Int(($0 * Double(sorted.count)).rounded(.up)) - 1)])
        }
    }

    /// In milliseconds.
    var figure: FigureValue {
        let values = quantiles([0.5, 0.99, 0.999, 1]).map { FigureValue.number($0 * 1000) }
        return ["p50": values[0], "p99": values[1], "p99_9": values[2], "greatest": values[3]]
    }
}
