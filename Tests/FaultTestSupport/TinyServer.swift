import Glibc
import Synchronization

/// An HTTP server of a few lines on this machine, whose answers a test scripts.
public final class TinyServer: Sendable {
    /// What the script says.
    public enum Answer: Sendable {
        /// Status, further headers, body.
        case whole(Int, headers: [String] = [], String)
        /// Fewer bytes than the header promises, then the end.
        case half(String)
        /// Nothing for a while, then the end.
        case silent(seconds: Double)
        /// A byte now and then.
        case dripping
    }

    /// What came.
    public struct Request: Sendable {
        /// Request line and headers.
        public var head: String
        /// What follows them.
        public var body: String
    }

    /// Where it listens, on this machine only.
    public let port: UInt16
    private let socket: Int32
    private let log = Mutex<[Request]>([])
    private let script: @Sendable (_ number: Int, Request) -> Answer

    /// Starts to listen; `script` is told each request's number, from 1.
    public init(_ script: @escaping @Sendable (Int, Request) -> Answer) throws {
        self.script = script
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                guard bind(socket, $0, length) == 0, listen(socket, 16) == 0, getsockname(socket, $0, &length) == 0 else {
                    throw Failure(number: errno)
                }
            }
        }
        (self.socket, port) = (socket, UInt16(bigEndian: address.sin_port))
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            {
                Unmanaged<TinyServer>.fromOpaque($0!).takeRetainedValue().serve(); return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    /// The system gave no socket.
    public struct Failure: Error { var number: Int32 }

    /// Base address of the endpoint.
    public var base: String { "http://127.0.0.1:\(port)/v1" }
    /// All that came so far.
    public var requests: [Request] { log.withLock { $0 } }

    /// No more connections.
    public func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

    private func serve() {
        while true {
            let connection = accept(socket, nil, nil)
            if connection < 0 { break }
            if let request = read(connection) {
                let number = log.withLock { log in
                    log.append(request)
                    return log.count
                }
                send(script(number, request), connection)
            }
            close(connection)
        }
        close(socket)
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                let wanted = line.flatMap { Int($0.split(separator: ":")[1].filter { $0.isNumber }) } ?? 0
                let body = text[end.upperBound...]
                if body.utf8.count >= wanted { return Request(head: head, body: String(body)) }
                if head.lowercased().contains("expect: 100-continue"), body.isEmpty { put("HTTP/1.1 100 Continue\r\n\r\n", connection) }
            }
            let count = recv(connection, &chunk, chunk.count, 0)
            if count <= 0 { return nil }
            bytes += chunk[..<count]
        }
    }

    private func send(_ answer: Answer, _ connection: Int32) {
        switch answer {
        case .whole(let status, let headers, let body):
            let lines = ["HTTP/1.1 \(status) Said", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
            put(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, connection)
        case .half(let body):
            put("HTTP/1.1 200 Said\r\nContent-Length: \(body.utf8.count * 2)\r\nConnection: close\r\n\r\n" + body, connection)
        case .silent(let seconds): usleep(UInt32(seconds * 1e6))
        case .dripping:
            put("HTTP/1.1 200 Said\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n", connection)
            for _ in 0..<30 {
                if !put("{", connection) { return }
                usleep(100_000)
            }
        }
    }

    @discardableResult private func put(_ text: String, _ connection: Int32) -> Bool {
        var text = text
        return text.withUTF8 { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) == $0.count }
    }
}
