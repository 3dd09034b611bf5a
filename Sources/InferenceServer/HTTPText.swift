internal import InferenceService
internal import NIOCore
internal import NIOHTTP1

extension ServiceRequest {
    /// What a head says.
    init(_ head: HTTPRequestHead) {
        self.init(method: head.method.rawValue, target: Self.target(head.uri))
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 6 where name.isField("expect"): awaitsWord = value.lowercased() == "100-continue"
            case 9 where name.isField("x-api-key"): key = Self.joined(key, value)
            case 12 where name.isField("content-type"): contentType = Self.joined(contentType, value)
            case 12 where name.isField("x-request-id"): id = Self.joined(id, value)
            case 13 where name.isField("authorization"): authorization = Self.joined(authorization, value)
            case 14 where name.isField("content-length"): contentLength = Int(value)
            case 16 where name.isField("content-encoding"): contentEncoding = Self.joined(contentEncoding, value)
            case 17 where name.isField("transfer-encoding"): hasUnknownLength = true
            case 31 where name.isField("inference-header-content-length"):
                inferenceHeaderLength = Self.joined(inferenceHeaderLength, value)
            default: break
            }
        }
    }

    /// A field that comes more than once is one with all its values (RFC 9110, section 5.3).
    private static func joined(_ before: String?, _ value: String) -> String { before.map { "\($0), \(value)" } ?? value }

    /// Path and query of a target, which may name its host as if it were sent to a proxy (RFC 9112, section 3.2.2).
    private static func target(_ uri: String) -> String {
        guard uri.utf8.first != UInt8(ascii: "/"), let scheme = uri.firstRange(of: "://") else { return uri }
        guard let path = uri[scheme.upperBound...].firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
        return uri[path] == "/" ? String(uri[path...]) : "/" + uri[path...]
    }
}

extension String {
    /// Whether a field's name is this one, which is written in small letters: names are the same in large and small ones (RFC 9110,
    /// section 5.1).
    fileprivate func isField(_ name: StaticString) -> Bool {
        var other = name.utf8Start
        for byte in utf8 {
            let small = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            guard small == other.pointee else { return false }
            other += 1
        }
        return true
    }
}

extension ByteBuffer {
    /// How the head of an answer is told beside what it says.
    struct HeadForm {
        /// Bytes of the body; nil where it comes piece by piece.
        var length: Int?
        /// Whether the client speaks HTTP/1.0.
        var isOld: Bool
        /// Whether the connection ends with the answer.
        var closes: Bool
        /// As ``HTTPDate`` tells it.
        var date: String
    }

    /// Writes the head of an answer (RFC 9112).
    mutating func write(head answer: ServiceAnswer, _ form: HeadForm) {
        if answer.status == 200 {
            writeStaticString(form.isOld && form.length == nil ? "HTTP/1.0 200 OK" : "HTTP/1.1 200 OK")
        } else {
            let status = HTTPResponseStatus(statusCode: answer.status)
            writeString("HTTP/1.\(form.isOld && form.length == nil ? 0 : 1) \(status.code) \(status.reasonPhrase)")
        }
        if let type = answer.contentType { write(field: "\r\nContent-Type: ", type) }
        if let id = answer.id { write(field: "\r\nX-Request-Id: ", id) }
        for (name, value) in answer.fields { writeString("\r\n\(name): \(value)") }
        // Some statuses have no body, and tell no length of it (RFC 9110, section 8.6).
        if let length = form.length, answer.status != 204 { write(field: "\r\nContent-Length: ", "\(length)") }
        if form.length == nil, !form.isOld { writeStaticString("\r\nTransfer-Encoding: chunked") }
        if form.closes {
            writeStaticString("\r\nConnection: close")
        } else if form.isOld {
            writeStaticString("\r\nConnection: keep-alive")
        }
        write(field: "\r\nDate: ", form.date)
        writeStaticString("\r\n\r\n")
    }

    private mutating func write(field name: StaticString, _ value: String) {
        writeStaticString(name)
        writeString(value)
    }

    /// Writes a piece of an answer that comes piece by piece; an empty one is its end.
    mutating func write(piece: [UInt8], isOld: Bool) {
        if isOld { return _ = writeBytes(piece) }
        writeString(String(piece.count, radix: 16))
        writeStaticString("\r\n")
        writeBytes(piece)
        writeStaticString("\r\n")
    }
}
