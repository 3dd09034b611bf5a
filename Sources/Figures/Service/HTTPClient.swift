internal import Glibc

/// A connection to a service on this machine, for one request at a time. Closed when it is released.
final class HTTPClient {
    /// The socket.
    let descriptor: Int32
    private var reader = HTTPAnswerReader()
    private var part = [UInt8](repeating: 0, count: 1 << 16)

    /// Connects.
    /// - Parameter seconds: that a call may take.
    init(port: Int, seconds: Double = 30) throws {
        descriptor = try Self.connect(port: port)
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int((seconds - seconds.rounded(.down)) * 1e6))
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    deinit { close(descriptor) }

    /// A socket of 127.0.0.1 that waits for nobody to fill its packets.
    static func connect(port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw HTTPFault(description: "no socket: \(String(cString: strerror(errno)))") }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = address(port: port)
        let code = withUnsafePointer(to: &address) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw HTTPFault(description: "port \(port): \(reason)")
        }
        return descriptor
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// A port that nobody listens on at the moment.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
            }
        }
        guard code == 0 else { throw HTTPFault(description: "no free port: \(String(cString: strerror(errno)))") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Writes all of it.
    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw HTTPFault(description: "not sent: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// The next answer.
    func receive(isHead: Bool = false) throws -> HTTPAnswer {
        while true {
            if let answer = try reader.next(isHead: isHead) { return answer }
            let count = recv(descriptor, &part, part.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw HTTPFault(description: count == 0 ? "closed before the answer" : "no answer: \(String(cString: strerror(errno)))")
            }
            reader.take(part[..<count])
        }
    }

    /// Whether something came, or nothing will come any more.
    var hasBytes: Bool {
        var own = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&own, 1, 0) > 0
    }

    /// Asks and waits for the answer.
    func ask(_ request: [UInt8]) throws -> HTTPAnswer {
        try send(request)
        return try receive(isHead: request.starts(with: "HEAD ".utf8))
    }

    /// A request as it goes over the wire.
    static func request(
        _ method: String, _ target: String, _ body: [UInt8] = [], type: String = "application/json", fields: [(String, String)] = []
    ) -> [UInt8] {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if !body.isEmpty || method == "POST" { head += "Content-Type: \(type)\r\nContent-Length: \(body.count)\r\n" }
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }
}
