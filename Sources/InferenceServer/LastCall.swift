internal import NIOCore

/// Lets those in who stand at the door when the service ends: connections that the system made and the service has not accepted yet would
/// be reset with their requests.
///
/// So the door is shut first: the system makes no more connections, whoever tries is refused when the socket is gone. Only then, when all
/// who came are inside, the socket goes.
final class LastCall: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    /// For those at the door to come in: many rounds of a busy loop.
    private static let time = TimeAmount.milliseconds(100)

    private var isClosing = false
    private var isClosed = false
    private var isQuiescing = false

    /// Puts one before a server's other handlers.
    static func add(to channel: any Channel) {
        channel.eventLoop.execute {
            // A server without one ends sooner, and well as long as nobody comes.
            try? channel.pipeline.syncOperations.addHandler(LastCall(), position: .first)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Who hears this may take no more connections; a close follows it at once.
        if event is ChannelShouldQuiesceEvent, !isClosed { isQuiescing = true } else { context.fireUserInboundEventTriggered(event) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard !isClosing else { return context.close(mode: mode, promise: promise) }
        isClosing = true
        Self.shut(context.channel)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.time) {
            let (own, context) = bound.value
            own.isClosed = true
            if own.isQuiescing { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
            context.close(mode: mode, promise: promise)
        }
    }

    /// Has the system drop whatever comes to a listening socket, by a filter of one instruction: take no byte (socket(7), SO_ATTACH_FILTER).
    private static func shut(_ channel: any Channel) {
        #if os(Linux)
            struct Instruction {
                var code: UInt16 = 0x06
                var (jumpTrue, jumpFalse): (UInt8, UInt8) = (0, 0)
                var value: UInt32 = 0
            }
            struct Program: @unchecked Sendable {
                var count: UInt16
                var instructions: UnsafeMutableRawPointer
            }
            guard let provider = channel as? any SocketOptionProvider else { return }
            nonisolated(unsafe) let instruction = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
            instruction.initializeMemory(as: Instruction.self, repeating: Instruction(), count: 1)
            provider.unsafeSetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: 26), value: Program(count: 1, instructions: instruction)
            ).whenComplete { _ in instruction.deallocate() }
        #endif
    }
}
