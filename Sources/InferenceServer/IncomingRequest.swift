internal import InferenceService
internal import NIOCore

/// A request whose body comes over a connection. Used on the thread of its connection alone.
final class IncomingRequest: RequestBody, @unchecked Sendable {
    /// Of a body that is read piece by piece, at most so much is kept until somebody wants it, and what one read brought besides.
    private static let ahead = 65536

    /// What its head said.
    let request: ServiceRequest
    /// Whether it is of HTTP/1.0, which knows no chunks.
    let isOld: Bool
    /// Whether the connection ends with its answer, whatever that is.
    var isLast: Bool
    /// Whether its answer went.
    private(set) var isAnswered = false
    /// Whether all of it is there, and whether anybody asked for the body.
    private(set) var (isWhole, isBegun) = (false, false)
    /// Why no more of the body comes.
    private(set) var fault: RequestFault?
    private let connection: HTTPConnection
    private var pieces = ByteBuffer()
    /// The most that a body may have that is read whole; nil where it is not, or nobody asked yet.
    private var limit: Int?
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ request: ServiceRequest, isOld: Bool, isLast: Bool, over connection: HTTPConnection) {
        (self.request, self.isOld, self.isLast, self.connection) = (request, isOld, isLast, connection)
    }

    /// Whether more should not be read for now.
    var isFull: Bool { limit == nil && !isAnswered && pieces.readableBytes > Self.ahead }

    // MARK: From the connection

    func append(_ piece: inout ByteBuffer) {
        guard !isAnswered, fault == nil else { return }
        if pieces.readableBytes == 0 { pieces = piece } else { pieces.writeBuffer(&piece) }
        checkLength()
        if fault != nil || limit == nil { wake() }
    }

    func finish() {
        isWhole = true
        wake()
    }

    func fail(_ fault: RequestFault) {
        self.fault = self.fault ?? fault
        wake()
    }

    /// Its answer went: nobody needs what else comes of it.
    func end() {
        isAnswered = true
        pieces = ByteBuffer()
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    private func checkLength() {
        if let limit, pieces.readableBytes > limit { fault = ScoringService.tooLarge(limit) }
    }

    // MARK: From the service

    func collect(limit: Int) async throws(RequestFault) -> [UInt8] {
        self.limit = limit
        begin()
        checkLength()
        while !isWhole, fault == nil { await more() }
        if let fault { throw fault }
        return Array(pieces.readableBytesView)
    }

    func next() async throws(RequestFault) -> [UInt8]? {
        begin()
        if pieces.readableBytes == 0, !isWhole, fault == nil {
            connection.awaitsPiece()
            await more()
        }
        connection.hasPiece()
        if pieces.readableBytes > 0 {
            let taken = Array(pieces.readableBytesView)
            pieces = ByteBuffer()
            connection.readOn()
            return taken
        }
        if let fault { throw fault }
        return nil
    }

    /// Some clients send a body only when they are told to (RFC 9110, section 10.1.1).
    private func begin() {
        guard !isBegun else { return }
        isBegun = true
        if request.awaitsWord, !isWhole, pieces.readableBytes == 0 { connection.asksForBody() }
        connection.readOn()
    }

    private func more() async { await withCheckedContinuation { waiter = $0 } }
}
