import CZlib

/// Unpacks gzip, with any number of members one after another.
final class GzipBytes: ByteSource {
    private let source: any ByteSource
    private let path: String
    private let stream: UnsafeMutablePointer<z_stream>
    private var input = [UInt8](repeating: 0, count: 1 << 17)
    private var inputStart = 0
    private var inputEnd = 0
    private var passed = 0
    private var isInsideMember = true
    private var hasEnded = false
    private var expansion: ExpansionGuard

    init(_ source: any ByteSource, path: String, limits: ExportLimits) throws(ExportError) {
        self.source = source
        self.path = path
        expansion = ExpansionGuard(path: path, limits: limits)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 + 16: the largest window, and a gzip header rather than a zlib one.
        let code = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "GzipBytes: zlib cannot start (\(code))")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int {
        while !hasEnded {
            if inputStart == inputEnd {
                passed += inputEnd
                inputStart = 0
                inputEnd = try readPortion(of: source, into: &input, from: 0)
                if inputEnd == 0 {
                    hasEnded = true
                    if isInsideMember { throw truncated() }
                    return 0
                }
            }
            if !isInsideMember {
                guard try startNextMember() else { continue }
            }
            let made = try inflateOnce(into: buffer)
            if made > 0 { return made }
        }
        return 0
    }

    private func inflateOnce(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int {
        let available = inputEnd - inputStart
        let room = min(buffer.count, 1 << 30)
        let code: Int32 = input.withUnsafeMutableBufferPointer { bytes in
            stream.pointee.next_in = bytes.baseAddress! + inputStart
            stream.pointee.avail_in = UInt32(available)
            stream.pointee.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room)
            return inflate(stream, Z_NO_FLUSH)
        }
        let taken = available - Int(stream.pointee.avail_in)
        let made = room - Int(stream.pointee.avail_out)
        inputStart += taken
        switch code {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isInsideMember = false
        default:
            throw ExportError(
                .badData, place: "\(path), byte \(passed + inputStart)", reason: "the gzip data are damaged",
                remedy: "get the file again; `gzip -t` tells when it is whole")
        }
        try expansion.count(consumed: taken, produced: made)
        return made
    }

    /// Between members there may be zero padding, as tapes leave it; anything else is not gzip.
    private func startNextMember() throws(ExportError) -> Bool {
        while inputStart < inputEnd, input[inputStart] == 0 { inputStart += 1 }
        guard inputStart < inputEnd else { return false }
        guard input[inputStart] == 0x1F else {
            throw ExportError(
                .badData, place: "\(path), byte \(passed + inputStart)", reason: "something follows the end of the gzip data",
                remedy: "get the file again, or unpack it with `gzip -dc` and import the result")
        }
        inflateReset(stream)
        isInsideMember = true
        return true
    }

    private func truncated() -> ExportError {
        ExportError(
            .badData, place: "\(path), byte \(passed)", reason: "the gzip data end in the middle; the file is truncated",
            remedy: "get the file again; `gzip -t` tells when it is whole")
    }
}
