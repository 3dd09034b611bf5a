internal import HTTPTypes
internal import Hummingbird
internal import InferenceService
internal import NIOCore
internal import NIOHTTPTypes

/// One connection's requests, from the server's types to ours and back. With ``HTTPServer`` the only place that knows the server.
struct HTTPEndpoint: HTTPResponder {
    /// What the server tells of a request beside itself: the connection that it came by.
    struct Context: InitializableFromSource {
        let channel: any Channel

        init(source: ApplicationRequestContextSource) { channel = source.channel }
    }

    let service: ScoringService

    func respond(to request: Request, context: Context) async throws -> Response {
        // Of those who left nobody waits for an answer.
        guard context.channel.isActive else { throw CancellationError() }
        let own = ServiceRequest(request.head)
        var body = HTTPBody(request.body, context.channel, awaitsWord: own.awaitsWord)
        let answer = await service.answer(own, &body)
        var headers = HTTPFields(answer)
        let isLeft = if case .bytes = answer.body { !body.isBegun && service.endsUnread(own) } else { false }
        if answer.status == 413 || answer.status == 408 || isLeft { headers[.connection] = "close" }
        let status = HTTPResponse.Status(code: answer.status)
        switch answer.body {
        case .bytes(let bytes):
            if request.method == .head {
                headers[.contentLength] = "\(bytes.count)"
                return Response(status: status, headers: headers)
            }
            return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .stream(let next):
            return Response(
                status: status, headers: headers,
                body: ResponseBody { writer in
                    while let piece = await next() { try await writer.write(ByteBuffer(bytes: piece)) }
                    try await writer.finish(nil)
                })
        }
    }
}

extension ServiceRequest {
    /// What a head says.
    init(_ head: HTTPRequest) {
        let fields = head.headerFields
        self.init(method: head.method.rawValue, target: head.path ?? "")
        authorization = fields[.authorization]
        key = fields[.apiKey]
        id = fields[.requestID]
        contentType = fields[.contentType]
        contentEncoding = fields[.contentEncoding]
        contentLength = fields[.contentLength].flatMap { Int($0) }
        hasUnknownLength = fields[.transferEncoding] != nil
        awaitsWord = fields[.expect]?.lowercased() == "100-continue"
        arrived = fields[.arrived].flatMap { Int64($0) }
        inferenceHeaderLength = fields[.inferenceHeaderLength]
    }
}

extension HTTPFields {
    /// The fields of an answer, without its length.
    init(_ answer: ServiceAnswer) {
        self.init()
        if let type = answer.contentType { self[.contentType] = type }
        if let id = answer.id { self[.requestID] = id }
        if answer.closes { self[.connection] = "close" }
        for (name, value) in answer.fields {
            if let name = HTTPField.Name(name) { self[name] = value }
        }
    }
}

extension HTTPField.Name {
    fileprivate static let apiKey = HTTPField.Name("X-Api-Key")!
    static let requestID = HTTPField.Name("X-Request-Id")!
    fileprivate static let inferenceHeaderLength = HTTPField.Name("Inference-Header-Content-Length")!
}

/// A body that comes over a connection.
struct HTTPBody: InferenceService.RequestBody, @unchecked Sendable {
    private let body: Hummingbird.RequestBody
    private var iterator: Hummingbird.RequestBody.AsyncIterator?
    private let channel: any Channel
    /// Whether the client sends the body only when it is told to (RFC 9110, section 10.1.1).
    private var awaitsWord: Bool
    /// Whether anybody asked for it.
    private(set) var isBegun = false

    init(_ body: Hummingbird.RequestBody, _ channel: any Channel, awaitsWord: Bool) {
        (self.body, self.channel, self.awaitsWord) = (body, channel, awaitsWord)
    }

    private mutating func begin() {
        isBegun = true
        if awaitsWord { channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil) }
        awaitsWord = false
    }

    mutating func collect(limit: Int) async throws(RequestFault) -> [UInt8] {
        begin()
        var bytes: [UInt8] = []
        do {
            for try await piece in body {
                guard bytes.count + piece.readableBytes <= limit else { throw ScoringService.tooLarge(limit) }
                bytes += piece.readableBytesView
            }
        } catch { throw Self.fault(error) }
        return bytes
    }

    mutating func next() async throws(RequestFault) -> [UInt8]? {
        if !isBegun { begin() }
        var own = iterator ?? body.makeAsyncIterator()
        channel.triggerUserOutboundEvent(BodyPiece.isAwaited, promise: nil)
        defer {
            iterator = own
            channel.triggerUserOutboundEvent(BodyPiece.isThere, promise: nil)
        }
        do { return try await own.next().map { Array($0.readableBytesView) } } catch { throw Self.fault(error) }
    }

    private static func fault(_ error: any Error) -> RequestFault {
        if let fault = error as? RequestFault { return fault }
        if error is BodyTimeout {
            return RequestFault(.timeout, "the body did not come in time", remedy: "send it at once")
        }
        return RequestFault(.badRequest, "the body ended too early", remedy: "send as many bytes as Content-Length says")
    }
}
