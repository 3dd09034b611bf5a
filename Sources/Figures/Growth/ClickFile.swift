internal import Glibc

/// A CSV export of any number of clicks in the order of time, with visitors that come, go and come back: two thousand are there at once.
struct ClickFile {
    /// Visitors, and visits cut by 30 minutes of inactivity: what an import must find.
    private(set) var visitors = 0
    private(set) var sessions = 0
    private(set) var bytes = 0

    private static let gap = 30 * 60 * 1000
    private static let events = ["view", "click", "scroll", "search", "add_to_cart", "checkout", "purchase", "login"].map { Array($0.utf8) }

    /// Writes `rows` clicks to a new file.
    init(rows: Int, to path: String, seed: UInt64 = 3) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.fault(path) }
        defer { close(file) }
        var text = Bytes(limit: 1 << 20)
        text.add("visitor,timestamp,event,page,title,device,value\n")
        var random = SplitMix(state: seed)
        var present = (0..<2000).map { $0 }
        var last = [Int](repeating: .min / 2, count: 2000)
        var now = 1_767_225_600_000
        for _ in 0..<rows {
            now += 1 + Int(random.next() % 80)
            let draw = random.next()
            let slot = Int(draw % 2000)
            // One click in sixteen is a visitor's last for now; a third of those who follow have been here before.
            if draw >> 60 == 0 {
                let old = (draw >> 40) % 3 == 0
                present[slot] = old ? Int((draw >> 8) % UInt64(last.count)) : last.count
                if !old { last.append(.min / 2) }
            }
            let visitor = present[slot]
            if now - last[visitor] > Self.gap { sessions += 1 }
            if last[visitor] < 0 { visitors += 1 }
            last[visitor] = now
            let page = Int((draw >> 20) % 5000)
            text.add("v")
            text.add(visitor, digits: 8)
            text.add(",")
            text.add(time: now)
            text.add(",")
            text.add(Self.events[Int((draw >> 33) % 8)])
            text.add(",/shop/c")
            text.add(page % 40, digits: 2)
            text.add("/item-")
            text.add(page, digits: 4)
            text.add(",Winter jacket | Shop ")
            text.add(page, digits: 4)
            text.add((draw >> 50) % 3 == 0 ? ",mobile," : ",desktop,")
            text.add(Int((draw >> 45) % 100), digits: 2)
            text.add(".50\n")
            if text.isFull { try flush(&text, file, path) }
        }
        try flush(&text, file, path)
    }

    private mutating func flush(_ text: inout Bytes, _ file: Int32, _ path: String) throws {
        bytes += text.count
        guard text.write(to: file) else { throw Self.fault(path) }
    }

    private static func fault(_ path: String) -> FigureError {
        FigureError(
            code: EX_IOERR, description: "\(path): cannot be written (\(String(cString: strerror(errno)))); set TMPDIR to a place with room"
        )
    }
}

/// Text on its way to a file.
private struct Bytes {
    private var storage: [UInt8]
    private(set) var count = 0
    private let limit: Int
    // The last day written and its text: most clicks fall on the day of the one before.
    private var day = Int.min
    private var dayText: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
        storage = [UInt8](repeating: 0, count: limit + 4096)
    }

    var isFull: Bool { count >= limit }

    mutating func add(_ bytes: [UInt8]) {
        for byte in bytes {
            storage[count] = byte
            count += 1
        }
    }

    mutating func add(_ text: StaticString) {
        storage.withUnsafeMutableBytes {
            $0.baseAddress!.advanced(by: count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        }
        count += text.utf8CodeUnitCount
    }

    mutating func add(_ number: Int, digits: Int) {
        var rest = number
        for place in stride(from: digits - 1, through: 0, by: -1) {
            storage[count + place] = 48 + UInt8(rest % 10)
            rest /= 10
        }
        count += digits
    }

    /// ISO 8601 in UTC with milliseconds.
    mutating func add(time: Int) {
        let (today, inside) = time.quotientAndRemainder(dividingBy: 86_400_000)
        if today != day {
            day = today
            var seconds = today * 86_400
            var parts = tm()
            gmtime_r(&seconds, &parts)
            let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
            dayText = Array(date.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: "-").utf8) + [UInt8(ascii: "T")]
        }
        add(dayText)
        add(inside / 3_600_000, digits: 2)
        add(":")
        add(inside / 60_000 % 60, digits: 2)
        add(":")
        add(inside / 1000 % 60, digits: 2)
        add(".")
        add(inside % 1000, digits: 3)
        add("Z")
    }

    mutating func write(to file: Int32) -> Bool {
        var done = 0
        while done < count {
            let written = storage.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, count - done) }
            if written < 0 && errno == EINTR { continue }
            if written < 0 { return false }
            done += written
        }
        count = 0
        return true
    }
}
