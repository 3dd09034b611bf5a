/// A request as the service reads it, whatever server it came by.
package struct ServiceRequest: Sendable {
    /// Its method, such as `POST`.
    package var method: String
    /// Path and query as they came.
    package var target: String
    /// `Authorization`.
    package var authorization: String?
    /// `X-Api-Key`.
    package var key: String?
    /// `X-Request-Id`.
    package var id: String?
    /// `Content-Type`.
    package var contentType: String?
    /// `Content-Encoding`.
    package var contentEncoding: String?
    /// `Content-Length`, where it says one.
    package var contentLength: Int?
    /// Whether its body ends where it says, in chunks.
    package var hasUnknownLength = false
    /// Whether its body comes when it is asked for (`Expect`).
    package var awaitsWord = false
    /// When its head was read, nanoseconds on the service's clock; nil where nobody looked.
    package var arrived: Int64?
    /// `Inference-Header-Content-Length` of the Open Inference Protocol.
    package var inferenceHeaderLength: String?

    /// A request.
    package init(method: String, target: String) { (self.method, self.target) = (method, target) }
}

/// Where a request's body comes from.
package protocol RequestBody {
    /// The whole body.
    /// - Throws: ``RequestFault`` where it is longer than the limit, or does not come in time.
    mutating func collect(limit: Int) async throws(RequestFault) -> [UInt8]
    /// The next piece of it; nil behind the last.
    mutating func next() async throws(RequestFault) -> [UInt8]?
}

/// What the service answers.
package struct ServiceAnswer: Sendable {
    /// What is sent.
    package enum Body: Sendable {
        /// All of it.
        case bytes([UInt8])
        /// Piece by piece: the closure is called until it gives nil, and not before the piece before was taken.
        case stream(@Sendable () async -> [UInt8]?)
    }

    /// The status code.
    package var status: Int
    /// `Content-Type`; nil without a body.
    package var contentType: String?
    /// `X-Request-Id`.
    package var id: String?
    /// Whether the connection ends with it.
    package var closes = false
    /// Further fields.
    package var fields: [(name: String, value: String)] = []
    /// What is sent.
    package var body: Body

    /// JSON.
    package init(status: Int = 200, json: [UInt8]) { (self.status, contentType, body) = (status, "application/json", .bytes(json)) }

    /// JSON.
    package init(status: Int = 200, json: String) { self.init(status: status, json: Array(json.utf8)) }

    /// Anything.
    package init(status: Int = 200, contentType: String?, body: Body) {
        (self.status, self.contentType, self.body) = (status, contentType, body)
    }

    /// A fault.
    init(_ fault: RequestFault, _ id: RequestID, isOpenInference: Bool = false) {
        self.init(
            status: fault.code.status,
            json: isOpenInference
                ? "{\"error\":\(LogText.quoted("\(fault.message); \(fault.remedy)"))}" : "{\"error\":\(fault.json(id))}")
        if let seconds = fault.retryAfter { fields.append(("Retry-After", "\(seconds)")) }
        if fault.code == .unauthenticated { fields.append(("WWW-Authenticate", "Bearer")) }
    }
}

extension LogText {
    /// A JSON string.
    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(quoted: text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
