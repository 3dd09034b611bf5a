internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import InferenceService

/// A body that did not come in time.
struct BodyTimeout: Error {}

/// What a stream tells the guard of its connection.
enum BodyPiece { case isAwaited, isThere }

/// Holds connections to their times: a header must come at once when it has begun, and so must a body, and an answer must be taken, and who
/// asks nothing for long is let go; refuses requests for which there is no room as soon as their head is there; closes connections that are
/// to end with an answer; and gives those whose request is on its way when the service ends a moment to be answered.
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

    /// Sees a request's version, which is lost behind it: HTTP/1.0 ends a connection with its answer unless asked not to, and knows no
    /// chunks.
    private final class Version: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias InboundOut = HTTPServerRequestPart
        typealias OutboundIn = HTTPServerResponsePart
        typealias OutboundOut = HTTPServerResponsePart
        private let ends: () -> Void
        /// Whether the last request was of HTTP/1.0.
        private(set) var isOld = false

        init(_ ends: @escaping () -> Void) { self.ends = ends }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .head(let head) = unwrapInboundIn(data) {
                isOld = head.version.major == 1 && head.version.minor == 0
                if !head.isKeepAlive { ends() }
            }
            context.fireChannelRead(data)
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if isOld, case .head(var head) = unwrapOutboundIn(data), !head.headers.contains(name: "content-length") {
                // The connection's end is the answer's.
                head.version = .http1_0
                return context.write(wrapOutboundOut(.head(head)), promise: promise)
            }
            context.write(data, promise: promise)
        }
    }

    private enum Waiting { case nothing, request, header, body }

    /// How long connections are kept open for requests on their way when the service ends.
    private static let grace = TimeAmount.milliseconds(500)

    private let service: ScoringService
    private let idle: TimeAmount
    private let header: TimeAmount
    private let body: TimeAmount
    private var version: Version?
    private var waiting = Waiting.nothing
    /// Whether a request's body is coming; that it is one that is answered meanwhile; and that it is refused, and nobody reads it.
    private var (hasBody, isStream, isShed) = (false, false, false)
    /// Requests whose heads came, and those that came whole; answers that began, and those that went.
    private var (requests, wholes, begun, answers) = (0, 0, 0, 0)
    /// Whether the connection is gone, and whether nobody takes what was written to it.
    private var (isGone, isUnread) = (false, false)
    /// Whether the connection is among those that wait for an answer.
    private var isCounted = false
    /// Why the parser could read no further.
    private var unreadable: HTTPParserError?
    /// The answer with which the connection ends.
    private var last = Int.max
    /// When what is waited for must be there.
    private var due = NIODeadline.distantFuture
    /// Looks whether it is, at this time or before it: set anew only when it has run, for most of what is waited for comes at once.
    private var timer: (task: Scheduled<Void>, at: NIODeadline)?
    private var unread: Scheduled<Void>?

    private var isAnswering: Bool { answers < requests }

    init(_ service: ScoringService) {
        self.service = service
        idle = .nanoseconds(Int64(service.settings.timeouts.idleSeconds * 1e9))
        header = .nanoseconds(Int64(service.settings.timeouts.headerSeconds * 1e9))
        body = .nanoseconds(Int64(service.settings.timeouts.requestSeconds * 1e9))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let first = FirstBytes { [weak self] context in self?.bytesCame(context) }
        let version = Version { [weak self] in self?.endsWithNext() }
        self.version = version
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(first, position: .first)
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(version, position: .before(codec))
        } catch { context.close(promise: nil) }
        // Whoever connects and says nothing is held to the shorter of the two.
        begin(idle < header ? .request : .header, context)
    }

    func handlerRemoved(context _: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        end()
        timer?.task.cancel()
        timer = nil
        unread?.cancel()
        version = nil
        isGone = true
        count()
    }

    /// Counts the connection while a whole request of it waits for its answer: once, however many were sent at a time, and not while the
    /// client does not take what it was told before.
    private func count() {
        let waits = wholes > begun && !isGone && !isUnread
        guard waits != isCounted else { return }
        isCounted = waits
        if waits { service.gate.enter() } else { service.gate.leave() }
    }

    // MARK: Times

    private func bytesCame(_ context: ChannelHandlerContext) {
        if waiting == .nothing || waiting == .request, !isAnswering { begin(.header, context) }
    }

    /// Behind an answer and its request's end the next request may take its time.
    private func rest(_ context: ChannelHandlerContext) {
        if waiting == .nothing, !isAnswering, !hasBody { begin(.request, context) }
    }

    private func begin(_ what: Waiting, _ context: ChannelHandlerContext) {
        waiting = what
        due = .now() + (what == .header ? header : what == .body ? body : idle)
        if let timer {
            guard due < timer.at else { return }
            timer.task.cancel()
        }
        watch(context)
    }

    private func watch(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: due) {
            let (own, context) = bound.value
            own.timer = nil
            own.look(context)
        }
        timer = (task, due)
    }

    private func look(_ context: ChannelHandlerContext) {
        let what = waiting
        guard what != .nothing else { return }
        guard due <= .now() else { return watch(context) }
        end()
        if what == .body { context.fireErrorCaught(BodyTimeout()) } else { context.channel.close(promise: nil) }
    }

    private func end() { waiting = .nothing }

    /// Whoever does not take what they asked for holds its memory: they have as long as for a body.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unread?.cancel()
        unread = nil
        isUnread = !context.channel.isWritable
        count()
        if isUnread {
            let channel = context.channel
            unread = context.eventLoop.scheduleTask(in: body) { channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    /// A stream may last for hours, and while its lines are answered nobody waits for more of it: each piece has the time of a body from when
    /// it is asked for.
    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let event = event as? BodyPiece else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if isStream, hasBody { event == .isAwaited ? begin(.body, context) : end() }
        promise?.succeed(())
    }

    // MARK: Requests and answers

    private func endsWithNext() { last = min(last, requests + 1) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            let isFirst = !isAnswering
            requests += 1
            let target = head.path ?? ""
            (hasBody, isStream, isShed) = (true, false, false)
            begin(.body, context)
            // Answers go in the order of requests: one behind another that is being answered waits, which what is read ahead bounds.
            if isFirst, service.isFull(for: target) { return shed(head, context) }
            isStream = Route.isStream(target)
            // Whatever a client says in this field is not what is read.
            head.headerFields[.arrived] = "\(ServiceClock.system.nanoseconds())"
            return context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body: if isShed { return }
        case .end:
            end()
            hasBody = false
            wholes += 1
            rest(context)
            if isShed { return }
            count()
        }
        context.fireChannelRead(data)
    }

    /// Answers a request that nobody else sees.
    private func shed(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        isShed = true
        let request = ServiceRequest(head)
        var answer = service.shed(request)
        answer.closes = answer.closes || service.endsUnread(request)
        write(answer, to: head.method, context)
    }

    private func write(_ answer: ServiceAnswer, to method: HTTPRequest.Method, _ context: ChannelHandlerContext) {
        guard case .bytes(let bytes) = answer.body else { return }
        var head = HTTPResponse(status: .init(code: answer.status), headerFields: HTTPFields(answer))
        head.headerFields[.contentLength] = "\(bytes.count)"
        write(context: context, data: wrapOutboundOut(.head(head)), promise: nil)
        if method != .head { context.write(wrapOutboundOut(.body(ByteBuffer(bytes: bytes))), promise: nil) }
        write(context: context, data: wrapOutboundOut(.end(nil)), promise: nil)
        context.flush()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if head.status.kind == .informational { return context.write(data, promise: promise) }
            begun += 1
            count()
            // The server tells what it cannot read without a word; whatever the service says bears an id.
            let text = unreadable.flatMap { head.headerFields[.requestID] == nil ? tell($0, &head) : nil }
            if head.headerFields[.connection]?.lowercased() == "close" { last = min(last, answers + 1) }
            if head.headerFields[.contentLength] == nil, version?.isOld ?? false { last = min(last, answers + 1) }
            if last == answers + 1 { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
            if let text { context.write(wrapOutboundOut(.body(text)), promise: nil) }
        case .body: context.write(data, promise: promise)
        case .end:
            answers += 1
            guard answers >= last else {
                rest(context)
                return context.write(data, promise: promise)
            }
            end()
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(data).assumeIsolated().whenComplete { _ in bound.value.close(promise: nil) }
            promise?.succeed(())
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What the parser lets pass and cannot be a request after all is answered like what it does not.
        let error = error is HTTP1TypeConversionError ? HTTPParserError.unknown : error
        if let error = error as? HTTPParserError { unreadable = error }
        context.fireErrorCaught(error)
    }

    /// Puts the error's text in place of an empty answer.
    private func tell(_ error: HTTPParserError, _ head: inout HTTPResponse) -> ByteBuffer? {
        let isLong = error == .headerOverflow
        let answer = service.refuse(
            ServiceRequest(method: "", target: ""),
            isLong
                ? RequestFault(
                    .badRequest, "the header has more than \(service.settings.limits.headerBytes) bytes or 100 fields",
                    remedy: "send a shorter one")
                : RequestFault(.badRequest, "this is no request of HTTP/1.1", remedy: "send well-formed requests, with one length each"))
        guard case .bytes(let bytes) = answer.body else { return nil }
        let fields = HTTPFields(answer)
        for field in fields { head.headerFields[field.name] = field.value }
        head.headerFields[.contentLength] = "\(bytes.count)"
        return ByteBuffer(bytes: bytes)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent, !isAnswering else { return context.fireUserInboundEventTriggered(event) }
        // A connection that looks idle here may have a request on its way: one that comes now is answered, and told to be the last.
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.grace) { bound.value.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }
}

extension HTTPField.Name {
    /// When a request's head was read, from the guard of its connection to who answers it.
    static let arrived = HTTPField.Name("Tessera-Arrived")!
}
