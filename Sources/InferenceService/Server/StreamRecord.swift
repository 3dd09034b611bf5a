internal import Synchronization

/// Bytes that went over a stream both ways, told once: when it ended, or when nobody reads it any more.
final class StreamRecord: Sendable {
    typealias Told = @Sendable (_ received: Int, _ sent: Int) -> Void

    private let received = Atomic<Int>(0)
    private let sent = Atomic<Int>(0)
    private let told = Mutex<Told?>(nil)

    deinit { end() }

    private func end() {
        let told = told.withLock { told in
            let own = told
            told = nil
            return own
        }
        told?(received.load(ordering: .relaxed), sent.load(ordering: .relaxed))
    }

    /// Counts bytes of the body.
    func count(received bytes: Int) { received.add(bytes, ordering: .relaxed) }

    /// A stream's answer that counts what is sent; `told` is called at its end.
    func counting(
        _ next: @escaping @Sendable () async -> [UInt8]?, told: @escaping Told
    ) -> @Sendable () async -> [UInt8]? {
        self.told.withLock { $0 = told }
        return { [self] in
            guard let piece = await next() else {
                end()
                return nil
            }
            sent.add(piece.count, ordering: .relaxed)
            return piece
        }
    }
}

/// A body whose bytes are counted.
struct CountedBody: RequestBody {
    var body: any RequestBody
    let record: StreamRecord

    mutating func collect(limit: Int) async throws(RequestFault) -> [UInt8] {
        let bytes = try await body.collect(limit: limit)
        record.count(received: bytes.count)
        return bytes
    }

    mutating func next() async throws(RequestFault) -> [UInt8]? {
        let piece = try await body.next()
        record.count(received: piece?.count ?? 0)
        return piece
    }
}
