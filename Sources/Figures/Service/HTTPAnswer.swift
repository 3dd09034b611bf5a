/// An answer of HTTP/1.1 (RFC 9112).
struct HTTPAnswer {
    let status: Int
    /// Names in small letters.
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    /// The value of a field.
    func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    /// Whether nothing more comes on its connection.
    var closes: Bool { field("connection")?.lowercased() == "close" }
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Bytes that are no answer.
struct HTTPFault: Error, CustomStringConvertible {
    let description: String
}

/// Makes answers of bytes as they come.
struct HTTPAnswerReader {
    private var bytes: [UInt8] = []
    private var start = 0

    /// Whether a part of an answer is there.
    var isAmidAnswer: Bool { start < bytes.count }

    mutating func take(_ more: some Collection<UInt8>) {
        if start == bytes.count { (bytes, start) = ([], 0) }
        bytes += more
    }

    /// The next answer that is whole; nil until it is.
    /// - Parameter isHead: whether it answers HEAD, which has no body whatever it says of its length.
    mutating func next(isHead: Bool = false) throws(HTTPFault) -> HTTPAnswer? {
        guard let end = headEnd() else {
            guard bytes.count - start < 1 << 16 else { throw HTTPFault(description: "a head without an end") }
            return nil
        }
        let lines = String(decoding: bytes[start..<end], as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw HTTPFault(description: "no status line of HTTP/1.1")
        }
        var fields: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw HTTPFault(description: "a field without a colon") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields.append((line[..<colon].lowercased(), String(value)))
        }
        func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        let begin = end + 4
        if isHead || status == 204 || status == 304 || status < 200 {
            start = begin
            return HTTPAnswer(status: status, fields: fields, body: [])
        }
        if field("transfer-encoding")?.lowercased() == "chunked" {
            guard let (body, after) = try chunks(from: begin) else { return nil }
            start = after
            return HTTPAnswer(status: status, fields: fields, body: body)
        }
        guard let length = field("content-length").flatMap({ Int($0) }), length >= 0 else {
            throw HTTPFault(description: "a body without a length")
        }
        guard bytes.count - begin >= length else { return nil }
        start = begin + length
        return HTTPAnswer(status: status, fields: fields, body: Array(bytes[begin..<(begin + length)]))
    }

    /// Where the empty line behind a head begins.
    private func headEnd() -> Int? {
        var place = start
        return bytes.withUnsafeBufferPointer { bytes in
            while place + 3 < bytes.count {
                if bytes[place + 3] > 13 {
                    place += 4
                } else if bytes[place] == 13, bytes[place + 1] == 10, bytes[place + 2] == 13,
                    bytes[place + 3] == 10
                {
                    return place
                } else {
                    place += 1
                }
            }
            return nil
        }
    }

    /// A body in pieces (RFC 9112, section 7.1), and where it ends; nil until it is whole.
    private func chunks(from begin: Int) throws(HTTPFault) -> (body: [UInt8], end: Int)? {
        var body: [UInt8] = []
        var place = begin
        while true {
            guard let line = bytes[place...].firstIndex(of: 13), line + 1 < bytes.count else { return nil }
            let digits = String(decoding: bytes[place..<line].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
            guard let size = Int(digits, radix: 16), size >= 0 else { throw HTTPFault(description: "a piece without a size") }
            let data = line + 2
            guard data + size + 2 <= bytes.count else { return nil }
            body += bytes[data..<(data + size)]
            place = data + size + 2
            if size == 0 { return (body, place) }
        }
    }
}
