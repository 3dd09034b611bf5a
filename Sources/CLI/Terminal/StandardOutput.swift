internal import FoundationEssentials
internal import Glibc

/// Results: everything a pipe may read.
enum StandardOutput {
    /// Writes text and a line end, or throws when it cannot be written whole.
    static func print(_ text: String) throws {
        try writeAll(text + "\n", to: STDOUT_FILENO)
    }

    /// Writes a value as one line of JSON.
    static func print(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        try print(String(decoding: encoder.encode(value), as: UTF8.self))
    }

    /// Nothing is buffered here; closing tells of late failures (a full disk behind a network file system).
    static func flush() throws {
        if fsync(STDOUT_FILENO) != 0, errno == EIO || errno == ENOSPC { throw OutputError(number: errno) }
    }

    private static func writeAll(_ text: String, to file: Int32) throws {
        if Silence.isKept { return }
        var text = text
        try text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = write(file, rest.baseAddress, rest.count)
                if written < 0 {
                    if errno == EINTR { continue }
                    throw OutputError(number: errno)
                }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            }
        }
    }
}

/// Standard output could not be written.
struct OutputError: Error {
    let number: Int32
    var reason: String { String(cString: strerror(number)) }
}

/// Talk: progress, warnings, faults. Failures to write are of no consequence.
enum StandardError {
    static func write(_ text: String) {
        if Silence.isKept { return }
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}
