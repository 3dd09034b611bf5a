internal import HTTPTypes
internal import Hummingbird
internal import InferenceService
internal import NIOCore
internal import NIOHTTPTypes

/// One connection's requests, from the server's types to ours and back. With ``HTTPServer`` the only place that knows the server.
struct HTTPEndpoint: HTTPResponder {
    /// What the server tells of a request beside itself: nothing is needed.
    struct Context: InitializableFromSource {
        init(source: ApplicationRequestContextSource) {}
    }

    let service: ScoringService

    func respond(to request: Request, context _: Context) async throws -> Response {
        let fields = request.headers
        var own = ServiceRequest(method: request.method.rawValue, target: request.uri.string)
        own.authorization = fields[.authorization]
        own.key = fields[.apiKey]
        own.id = fields[.requestID]
        own.contentType = fields[.contentType]
        own.contentLength = fields[.contentLength].flatMap { Int($0) }
        own.inferenceHeaderLength = fields[.inferenceHeaderLength]
        var body = HTTPBody(request.body)
        let answer = await service.answer(own, &body)
        var headers = HTTPFields()
        if let type = answer.contentType { headers[.contentType] = type }
        if let id = answer.id { headers[.requestID] = id }
        if answer.closes { headers[.connection] = "close" }
        for (name, value) in answer.fields {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        // What was not read of a body cannot be told from the next request.
        if answer.status == 413 || answer.status == 408 { headers[.connection] = "close" }
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

extension HTTPField.Name {
    fileprivate static let apiKey = HTTPField.Name("X-Api-Key")!
    fileprivate static let requestID = HTTPField.Name("X-Request-Id")!
    fileprivate static let inferenceHeaderLength = HTTPField.Name("Inference-Header-Content-Length")!
}

/// A body that comes over a connection.
struct HTTPBody: InferenceService.RequestBody, @unchecked Sendable {
    private let body: Hummingbird.RequestBody
    private var iterator: Hummingbird.RequestBody.AsyncIterator?

    init(_ body: Hummingbird.RequestBody) { self.body = body }

    mutating func collect(limit: Int) async throws(RequestFault) -> [UInt8] {
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
        var own = iterator ?? body.makeAsyncIterator()
        defer { iterator = own }
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

/// A body that did not come in time.
private struct BodyTimeout: Error {}

/// Holds connections to their times: a header must come at once when it has begun, and so must a body; and closes those whose last answer
/// said so.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Sees a request's first bytes, before they are parsed.
    private final class FirstBytes: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer
        let seen: (ChannelHandlerContext) -> Void

        init(_ seen: @escaping (ChannelHandlerContext) -> Void) { self.seen = seen }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            seen(context)
            context.fireChannelRead(data)
        }
    }

    private enum Waiting { case nothing, header, body }

    private let header: TimeAmount
    private let body: TimeAmount
    private var waiting = Waiting.nothing
    private var isStreaming = false
    private var isAnswering = false
    private var closes = false
    private var deadline: Scheduled<Void>?

    init(headerSeconds: Double, bodySeconds: Double) {
        header = .nanoseconds(Int64(headerSeconds * 1e9))
        body = .nanoseconds(Int64(bodySeconds * 1e9))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let first = FirstBytes { [weak self] context in self?.bytesCame(context) }
        do { try context.pipeline.syncOperations.addHandler(first, position: .first) } catch { context.close(promise: nil) }
        // Whoever connects and says nothing is held to the header's time, too.
        begin(.header, context)
    }

    func handlerRemoved(context _: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func bytesCame(_ context: ChannelHandlerContext) {
        if waiting == .nothing, !isAnswering { begin(.header, context) }
    }

    private func begin(_ what: Waiting, _ context: ChannelHandlerContext) {
        end()
        waiting = what
        let channel = context.channel
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: what == .header ? header : body) {
            let (own, context) = bound.value
            guard own.waiting == what else { return }
            own.end()
            if what == .header { channel.close(promise: nil) } else { context.fireErrorCaught(BodyTimeout()) }
        }
    }

    private func end() {
        deadline?.cancel()
        deadline = nil
        waiting = .nothing
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isAnswering = true
            isStreaming = head.path?.hasPrefix("/v1/sessions:batch") ?? false
            begin(.body, context)
        case .body:
            // A stream may last for hours; each piece has the time of a body.
            if isStreaming { begin(.body, context) }
        case .end: end()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.headerFields[.connection]?.lowercased() == "close" { closes = true }
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            isAnswering = false
            guard closes else { return context.write(data, promise: promise) }
            end()
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(data).assumeIsolated().whenComplete { _ in bound.value.close(promise: nil) }
            promise?.succeed(())
        }
    }
}
