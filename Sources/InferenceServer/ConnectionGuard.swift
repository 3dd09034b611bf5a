internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import InferenceService

/// A body that did not come in time.
struct BodyTimeout: Error {}

/// Holds connections to their times: a header must come at once when it has begun, and so must a body, and an answer must be taken; closes
/// those that are to end with an answer; and gives those whose request is on its way when the service ends a moment to be answered.
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

    /// Sees a request's version, which is lost behind it: HTTP/1.0 ends a connection with its answer unless asked not to.
    private final class Persistence: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias InboundOut = HTTPServerRequestPart
        let ends: () -> Void

        init(_ ends: @escaping () -> Void) { self.ends = ends }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .head(let head) = unwrapInboundIn(data), !head.isKeepAlive { ends() }
            context.fireChannelRead(data)
        }
    }

    private enum Waiting { case nothing, header, body }

    /// How long connections are kept open for requests on their way when the service ends.
    private static let grace = TimeAmount.milliseconds(500)

    private let header: TimeAmount
    private let body: TimeAmount
    private var waiting = Waiting.nothing
    private var isStreaming = false
    /// Requests that came, and answers that went.
    private var (requests, answers) = (0, 0)
    /// The answer with which the connection ends.
    private var last = Int.max
    private var deadline: Scheduled<Void>?
    private var unread: Scheduled<Void>?

    private var isAnswering: Bool { answers < requests }

    init(headerSeconds: Double, bodySeconds: Double) {
        header = .nanoseconds(Int64(headerSeconds * 1e9))
        body = .nanoseconds(Int64(bodySeconds * 1e9))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let first = FirstBytes { [weak self] context in self?.bytesCame(context) }
        let persistence = Persistence { [weak self] in self?.endsWithNext() }
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(first, position: .first)
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(persistence, position: .before(codec))
        } catch { context.close(promise: nil) }
        // Whoever connects and says nothing is held to the header's time, too.
        begin(.header, context)
    }

    func handlerRemoved(context _: ChannelHandlerContext) {
        end()
        unread?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        unread?.cancel()
        context.fireChannelInactive()
    }

    // MARK: Times

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

    /// Whoever does not take what they asked for holds its memory: they have as long as for a body.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unread?.cancel()
        unread = nil
        if !context.channel.isWritable {
            let channel = context.channel
            unread = context.eventLoop.scheduleTask(in: body) { channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Requests and answers

    private func endsWithNext() { last = min(last, requests + 1) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            requests += 1
            // Whatever a client says in this field is not what is read.
            head.headerFields[.arrived] = "\(ServiceClock.system.nanoseconds())"
            isStreaming = head.path?.hasPrefix("/v1/sessions:batch") ?? false
            begin(.body, context)
            return context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body:
            // A stream may last for hours; each piece has the time of a body.
            if isStreaming { begin(.body, context) }
        case .end: end()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if head.status.kind == .informational { return context.write(data, promise: promise) }
            if head.headerFields[.connection]?.lowercased() == "close" { last = min(last, answers + 1) }
            if last == answers + 1 { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            answers += 1
            guard answers >= last else { return context.write(data, promise: promise) }
            end()
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(data).assumeIsolated().whenComplete { _ in bound.value.close(promise: nil) }
            promise?.succeed(())
        }
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
