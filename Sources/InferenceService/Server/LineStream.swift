/// Lines of a body that comes piece by piece. For one task at a time.
final class LineStream: @unchecked Sendable {
    private var body: any RequestBody
    private let longest: Int
    private var rest: [UInt8] = []
    private var start = 0
    /// Up to here there is no line end: many small pieces of one line are each looked at once.
    private var scanned = 0
    private var isOver = false
    /// Whether a fault ended it.
    var isBroken = false

    /// - Parameter longest: bytes that a line may have.
    init(_ body: some RequestBody, longest: Int) { (self.body, self.longest) = (body, longest) }

    /// Waits for the first piece. A caller that asked whether to send its body is told before the answer begins, which nothing may interrupt.
    func begin() async throws(RequestFault) {
        if let piece = try await body.next() { rest += piece } else { isOver = true }
    }

    /// The next lines, without empty ones: those that are there, at least one; nil behind the last.
    func next(atMost most: Int) async throws(RequestFault) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        while lines.count < most {
            if let end = rest[max(start, scanned)...].firstIndex(of: UInt8(ascii: "\n")) {
                if let line = Self.trimmed(rest[start..<end]) { lines.append(line) }
                start = end + 1
                continue
            }
            scanned = rest.count
            guard lines.isEmpty, !isBroken else { break }
            guard rest.count - start <= longest else {
                throw RequestFault(.tooLarge, "a line has more than \(longest) bytes", remedy: "send shorter sessions")
            }
            if isOver {
                let last = Self.trimmed(rest[start...])
                (rest, start, scanned) = ([], 0, 0)
                return last.map { [$0] }
            }
            rest.removeFirst(start)
            (scanned, start) = (scanned - start, 0)
            if let piece = try await body.next() { rest += piece } else { isOver = true }
        }
        return lines.isEmpty ? nil : lines
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        return line.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? nil : Array(line)
    }
}
