import CZstd

/// Unpacks Zstandard, with any number of frames one after another.
final class ZstdBytes: ByteSource {
    private let source: any ByteSource
    private let path: String
    private let stream: OpaquePointer
    private var input = [UInt8](repeating: 0, count: 1 << 17)
    private var inputStart = 0
    private var inputEnd = 0
    private var passed = 0
    private var isInsideFrame = true
    private var hasEnded = false
    private var expansion: ExpansionGuard

    init(_ source: any ByteSource, path: String, limits: ExportLimits) {
        self.source = source
        self.path = path
        expansion = ExpansionGuard(path: path, limits: limits)
        guard let stream = ZSTD_createDStream() else { preconditionFailure("ZstdBytes: zstd cannot start") }
        self.stream = stream
    }

    deinit { ZSTD_freeDStream(stream) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int {
        while !hasEnded {
            // Even without new input the decoder may still hold bytes, so it is asked before the file is.
            let made = try decompressOnce(into: buffer)
            if made > 0 { return made }
            guard inputStart == inputEnd else { continue }
            passed += inputEnd
            inputStart = 0
            inputEnd = try readPortion(of: source, into: &input, from: 0)
            guard inputEnd == 0 else { continue }
            hasEnded = true
            if isInsideFrame {
                throw ExportError(
                    .badData, place: "\(path), byte \(passed)", reason: "the zstd data end in the middle; the file is truncated",
                    remedy: "get the file again; `zstd -t` tells when it is whole")
            }
        }
        return 0
    }

    private func decompressOnce(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        let (code, position) = input.withUnsafeBytes { bytes in
            var view = ZSTD_inBuffer(src: bytes.baseAddress, size: inputEnd, pos: inputStart)
            let code = ZSTD_decompressStream(stream, &output, &view)
            return (code, view.pos)
        }
        let taken = position - inputStart
        guard ZSTD_isError(code) == 0 else {
            throw ExportError(
                .badData, place: "\(path), byte \(passed + inputStart)",
                reason: "the zstd data cannot be unpacked: \(String(cString: ZSTD_getErrorName(code)))",
                remedy: "get the file again if `zstd -t` fails; unpack it with `zstd -d --long=31` if it was packed with a long window")
        }
        inputStart = position
        if taken > 0 || output.pos > 0 { isInsideFrame = code != 0 }
        try expansion.count(consumed: taken, produced: output.pos)
        return output.pos
    }
}
