internal import InferenceService
internal import NIOCore
internal import NIOHTTP1

/// Takes: what the parser reads of a connection.   Gives: the bytes of answers.
///
/// Requests of one connection are answered one after another, each as soon as its head is there, the one before it is answered, and the
/// client takes answers. What it sends ahead waits here, and no more is read then. The connection holds its client to the times of the
/// settings, refuses requests for which there is no room as soon as their head is there, and gives those whose request is on its way when
/// the service ends a moment to be answered.
///
/// Everything happens on the connection's loop, the tasks of its requests too, so there are no locks here.
final class HTTPConnection: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a connection is kept open for a request on its way when the service ends.
    private static let grace = TimeAmount.milliseconds(500)
    /// How long what a client still sends is read behind the last answer: a connection that ends with bytes unread is reset, and the answer
    /// may be lost with it.
    private static let linger = TimeAmount.milliseconds(500)

    private let service: ScoringService
    private let loop: ServiceLoop
    private var context: ChannelHandlerContext?
    private var times: ConnectionTimes?
    /// The request that is read or answered.
    private var current: IncomingRequest?
    /// What answers it, or answered the one before.
    private(set) var answering: Task<Void, Never>?
    /// What came behind it, and when, of heads.
    private var behind = CircularBuffer<(part: HTTPServerRequestPart, came: Int64)>()
    /// Why nothing can be read behind what is there.
    private var unreadable: HTTPParserError?
    /// Requests that came whole, and answers that began.
    private var (wholes, begun) = (0, 0)
    /// Whether the connection is among those that wait for an answer.
    private var isCounted = false
    /// Whether the last answer was given: what comes then is not looked at.
    private(set) var isOver = false
    /// Whether it was taken and more is read for a while, and whether the connection is gone.
    private var (isLingering, isGone) = (false, false)
    /// Whether the service ends, and whether the client sends no more.
    private var (isQuiescing, isInputClosed) = (false, false)
    /// Whether somebody wanted to read when it was not the time to.
    private var isReadWanted = false
    /// Ends the connection where nobody takes what was written to it, when that is more than a little.
    private var unread: Scheduled<Void>?
    /// The same for one write that is waited for, and the end of lingering.
    private var untaken: Scheduled<Void>?

    private var isIdle: Bool { current == nil && behind.isEmpty }

    init(_ service: ScoringService, on loop: ServiceLoop) { (self.service, self.loop) = (service, loop) }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let times = ConnectionTimes(service.settings.timeouts) { [weak self] in self?.missed($0) }
        self.times = times
        times.beginFirst(context.eventLoop)
    }

    func handlerRemoved(context _: ChannelHandlerContext) {
        leave()
        context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        isGone = true
        times?.cancel()
        unread?.cancel()
        untaken?.cancel()
        if let current, !current.isWhole { current.fail(Self.endedEarly) }
        // A line that waits for its rate waits for nobody now.
        answering?.cancel()
        current = nil
        behind.removeAll()
        count()
    }

    /// Counts the connection while a whole request of it waits for its answer: once, however many were sent at a time, and not while the
    /// client does not take what it was told before.
    private func count() {
        let waits = wholes > begun && !isGone && unread == nil
        guard waits != isCounted else { return }
        isCounted = waits
        if waits { service.gate.enter() } else { service.gate.leave() }
    }

    // MARK: Requests

    func channelRead(context _: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let part = unwrapInboundIn(data)
        if case .end = part { wholes += 1 }
        let came: Int64 = if case .head = part { ServiceClock.system.nanoseconds() } else { 0 }
        if behind.isEmpty, mayTake { take(part, came: came, isFirst: true) } else { behind.append((part, came)) }
        count()
    }

    /// Whether the next part's turn has come: it belongs to the request that is read, or begins one, where the client takes answers.
    private var mayTake: Bool { current.map { !$0.isWhole } ?? (unread == nil) }

    /// - Parameters:
    ///   - came: when a head was read, nanoseconds on the system's clock.
    ///   - isFirst: whether it did not wait for another request's answer.
    private func take(_ part: HTTPServerRequestPart, came: Int64, isFirst: Bool) {
        switch part {
        case .head(let head): begin(head, came: came, isFirst: isFirst)
        case .body(var piece): current?.append(&piece)
        case .end:
            times?.end()
            current?.finish()
            if current?.isAnswered ?? false { current = nil }
            rest()
        }
    }

    private func begin(_ head: HTTPRequestHead, came: Int64, isFirst: Bool) {
        guard let context else { return }
        var request = ServiceRequest(head)
        request.arrived = came
        let isOld = head.version.minor == 0
        if isOld { request.awaitsWord = false }
        // The parser reads nothing behind a request that wishes another protocol, and where one of HTTP/1.0 in chunks ends is anybody's guess
        // (RFC 9112, section 6.1).
        let isLast =
            !head.isKeepAlive || head.method == .CONNECT || head.headers.contains(name: "upgrade") || (isOld && request.hasUnknownLength)
        let incoming = IncomingRequest(request, isOld: isOld, isLast: isLast, over: self)
        current = incoming
        times?.begin(.body, context.eventLoop)
        if isFirst, service.isFull(for: request.target) { return tell(service.shed(request), to: incoming) }
        answering = Task(executorPreference: loop) { [self] in await answer(incoming) }
    }

    /// Behind an answer and its request's end the next request may take its time, unless none is to come.
    private func rest() {
        guard isIdle, !isOver, !isGone, let context else { return }
        if isQuiescing || isInputClosed {
            // Where nothing was ever told nothing is to be taken; what is written before TLS has begun would wait for it.
            return begun == 0 ? context.close(promise: nil) : close(with: ByteBuffer(), context)
        }
        if let times, times.waiting == .nothing { times.begin(.request, context.eventLoop) }
    }

    /// Takes what waited, as far as its turn has come.
    private func advance() {
        while !isOver, mayTake, let next = behind.popFirst() { take(next.part, came: next.came, isFirst: false) }
        if let unreadable, !isOver, behind.isEmpty { end(unreadable) }
        rest()
        readOn()
    }

    /// What a client sends ahead is not read before its turn, and nothing behind what nobody can read.
    func read(context: ChannelHandlerContext) {
        let isLast = current.map { $0.isLast && $0.isWhole } ?? false
        isReadWanted = !isOver && (!behind.isEmpty || unreadable != nil || isLast || current?.isFull ?? false)
        if !isReadWanted { context.read() }
    }

    /// Reads again, if it is the time to.
    func readOn() {
        guard isReadWanted, let context else { return }
        read(context: context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What came behind bytes that are no request is none either, and was to be told once.
        if error is ByteToMessageDecoderError { return }
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        guard !isOver, unreadable == nil else { return }
        unreadable = error
        advance()
    }

    /// Ends the connection where nothing can be read any more, with an answer where one is owed.
    private func end(_ error: HTTPParserError) {
        guard let current else { return tell(error) }
        guard !current.isWhole else { return }
        current.isLast = true
        guard current.isAnswered else { return current.fail(Self.endedEarly) }
        if let context { close(with: ByteBuffer(), lingers: true, context) }
    }

    private static let endedEarly = RequestFault(
        .badRequest, "the body ended too early", remedy: "send as many bytes as Content-Length says")

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            isInputClosed = true
            if isLingering { context.close(promise: nil) } else { rest() }
        } else if event is ChannelShouldQuiesceEvent {
            isQuiescing = true
            // A connection that looks idle here may have a request on its way: one that comes now is answered, and told to be the last.
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: Self.grace) {
                bound.value.rest()
            }
        }
    }

    // MARK: Times

    /// A request's first bytes, or more of them.
    func bytesCame() {
        guard isIdle, !isOver, let times, times.waiting != .header, let context else { return }
        times.begin(.header, context.eventLoop)
    }

    private func missed(_ what: ConnectionTimes.Waiting) {
        if what == .body, let current, !current.isAnswered {
            current.fail(RequestFault(.timeout, "the body did not come in time", remedy: "send it at once"))
        } else {
            context?.close(promise: nil)
        }
    }

    /// A stream may last for hours, and while its lines are answered nobody waits for more of it: each piece has the time of a body from when
    /// it is asked for.
    func awaitsPiece() {
        guard let context else { return }
        times?.begin(.body, context.eventLoop)
        readOn()
    }

    /// A piece is there.
    func hasPiece() { times?.end() }

    /// Whoever does not take what they asked for holds its memory: they have as long as for a body.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unread?.cancel()
        unread = nil
        if !context.channel.isWritable, let times {
            let channel = context.channel
            unread = context.eventLoop.scheduleTask(in: times.body) { channel.close(promise: nil) }
        }
        count()
        if unread == nil { advance() }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Answers

    private func answer(_ incoming: IncomingRequest) async {
        // Of those who left nobody waits for an answer.
        guard !isGone else { return }
        var body = incoming
        let answer = await service.answer(incoming.request, &body)
        guard case .stream(let next) = answer.body else { return tell(answer, to: incoming) }
        await stream(answer, next, to: incoming)
    }

    /// Whether the connection ends with an answer.
    private func ends(_ answer: ServiceAnswer, _ incoming: IncomingRequest) -> Bool {
        if incoming.isLast || incoming.fault != nil || answer.status == 413 || answer.status == 408 { return true }
        return (answer.closes || isQuiescing || isInputClosed) && behind.isEmpty && unreadable == nil
    }

    private func form(length: Int?, _ incoming: IncomingRequest, closes: Bool) -> ByteBuffer.HeadForm {
        begun += 1
        count()
        return .init(length: length, isOld: incoming.isOld, closes: closes, date: loop.dateText())
    }

    private func tell(_ answer: ServiceAnswer, to incoming: IncomingRequest) {
        guard !isGone, let context, case .bytes(let bytes) = answer.body else { return }
        let closes = ends(answer, incoming) || (!incoming.isBegun && !incoming.isWhole && service.endsUnread(incoming.request))
        var buffer = context.channel.allocator.buffer(capacity: 512 + bytes.count)
        buffer.write(head: answer, form(length: bytes.count, incoming, closes: closes))
        if incoming.request.method != "HEAD" { buffer.writeBytes(bytes) }
        finish(incoming, with: buffer, closes: closes, context)
    }

    private func stream(_ answer: ServiceAnswer, _ next: @Sendable () async -> [UInt8]?, to incoming: IncomingRequest) async {
        guard !isGone, let context else { return }
        let closes = ends(answer, incoming) || incoming.isOld
        var buffer = context.channel.allocator.buffer(capacity: 512)
        buffer.write(head: answer, form(length: nil, incoming, closes: closes))
        guard await send(buffer) else { return }
        buffer.clear()
        while let piece = await next() {
            // An empty one would be the end.
            guard !piece.isEmpty else { continue }
            buffer.write(piece: piece, isOld: incoming.isOld)
            guard await send(buffer) else { return }
            buffer.clear()
        }
        guard !isGone else { return }
        buffer.write(piece: [], isOld: incoming.isOld)
        finish(incoming, with: buffer, closes: closes || ends(answer, incoming), context)
    }

    /// Sends bytes and waits until the system took them.
    /// - Returns: false where nobody takes them any more.
    private func send(_ buffer: ByteBuffer) async -> Bool {
        guard !isGone, let context else { return false }
        mustBeTaken(context)
        do { try await context.writeAndFlush(wrapOutboundOut(buffer)).get() } catch {
            untaken?.cancel()
            context.close(promise: nil)
            return false
        }
        untaken?.cancel()
        return !isGone
    }

    /// Ends the connection where what is written next is not taken in the time of a body.
    private func mustBeTaken(_ context: ChannelHandlerContext) {
        guard let times else { return }
        untaken?.cancel()
        let channel = context.channel
        untaken = context.eventLoop.scheduleTask(in: times.body) { channel.close(promise: nil) }
    }

    /// Sends the end of an answer.
    private func finish(_ incoming: IncomingRequest, with buffer: ByteBuffer, closes: Bool, _ context: ChannelHandlerContext) {
        incoming.end()
        if closes { return close(with: buffer, lingers: !incoming.isWhole, context) }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        guard incoming.isWhole else {
            // What else comes of it is read and forgotten.
            times?.begin(.body, context.eventLoop)
            return readOn()
        }
        current = nil
        advance()
    }

    /// Sends a connection's last bytes, and ends it when they and those before them are taken.
    private func close(with buffer: ByteBuffer, lingers: Bool = false, _ context: ChannelHandlerContext) {
        (isOver, current) = (true, nil)
        behind.removeAll()
        times?.end()
        mustBeTaken(context)
        let bound = NIOLoopBound((self, context.channel), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in
            let (own, channel) = bound.value
            own.untaken?.cancel()
            guard lingers, !own.isInputClosed, !own.isGone else { return channel.close(promise: nil) }
            own.isLingering = true
            own.untaken = channel.eventLoop.scheduleTask(in: Self.linger) { channel.close(promise: nil) }
        }
        readOn()
    }

    /// Tells a client to send the body that it keeps until it is told to.
    func asksForBody() {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }

    /// Tells a client that it cannot be understood.
    private func tell(_ error: HTTPParserError) {
        guard let context else { return }
        let fault =
            error == .headerOverflow
            ? RequestFault(
                .badRequest, "the header has more than \(service.settings.limits.headerBytes) bytes or 100 fields",
                remedy: "send a shorter one")
            : RequestFault(.badRequest, "this is no request of HTTP/1.1", remedy: "send well-formed requests, with one length each")
        let answer = service.refuse(ServiceRequest(method: "", target: ""), fault)
        guard case .bytes(let bytes) = answer.body else { return }
        var buffer = ByteBuffer()
        buffer.write(head: answer, .init(length: bytes.count, isOld: false, closes: true, date: loop.dateText()))
        buffer.writeBytes(bytes)
        close(with: buffer, lingers: true, context)
    }
}
