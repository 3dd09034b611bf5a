internal import HummingbirdCore
internal import InferenceService
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// How a connection of the server becomes requests of the service: bytes are parsed by NIO's parser, and what it says goes to an
/// ``HTTPConnection``.
struct ServiceChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        fileprivate let connection: HTTPConnection
    }

    private let service: ScoringService
    private let loops: [ServiceLoop]

    /// - Parameter loops: all that connections may belong to.
    init(_ service: ScoringService, loops: [ServiceLoop]) { (self.service, self.loops) = (service, loops) }

    func setup(channel: any Channel, logger _: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let loop = loops.first { $0.isOver(channel.eventLoop) } ?? ServiceLoop(channel.eventLoop)
            var limits = NIOHTTPDecoderLimitConfiguration()
            (limits.maxHeaderFieldSize, limits.maxHeaderListSize) = (
                service.settings.limits.headerBytes, service.settings.limits.headerBytes
            )
            limits.maxHeaderFieldCount = 100
            let connection = HTTPConnection(service, on: loop)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(FirstBytes(connection))
            try pipeline.addHandler(
                ByteToMessageHandler(
                    HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: limits))
            )
            try pipeline.addHandler(connection)
            return Value(channel: channel, connection: connection)
        }
    }

    /// The connection takes care of itself; the server waits for its end, and for that of what was being answered when the client left: the
    /// service is not closed under it.
    func handle(value: Value, logger _: Logger) async {
        await withTaskCancellationHandler {
            try? await value.channel.closeFuture.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
        guard let answering = try? await value.channel.eventLoop.submit({ value.connection.answering }).get() else { return }
        await withTaskCancellationHandler {
            await answering.value
        } onCancel: {
            answering.cancel()
        }
    }
}

/// Sees a request's first bytes, before they are parsed; those behind the last answer are not.
private final class FirstBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    private weak var connection: HTTPConnection?

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let connection, !connection.isOver else { return }
        connection.bytesCame()
        context.fireChannelRead(data)
    }
}
