/// Bytes in order, once. Every stage of the way from disk to rows is one: file, decompressor, character conversion.
package protocol ByteSource: AnyObject {
    /// Fills the front of `buffer`; gives how much, and 0 only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int
}

/// Bytes that are already in memory, handed out in portions: a sample of a file, or a test.
package final class MemoryBytes: ByteSource {
    private let bytes: [UInt8]
    private let portion: Int
    private var position = 0

    /// All of `bytes`, at most `portion` at a time.
    package init(_ bytes: [UInt8], portion: Int = .max) {
        self.bytes = bytes
        self.portion = portion
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, portion, bytes.count - position)
        guard count > 0 else { return 0 }
        bytes.withUnsafeBytes { buffer.baseAddress!.copyMemory(from: $0.baseAddress! + position, byteCount: count) }
        position += count
        return count
    }
}

/// A source whose beginning can be looked at before it is read.
final class PeekedBytes: ByteSource {
    /// The beginning: all of the source when ``isWhole``.
    let beginning: [UInt8]
    /// True when the source ended inside ``beginning``.
    let isWhole: Bool
    private let rest: any ByteSource
    private var position = 0

    init(_ source: any ByteSource, count: Int) throws(ExportError) {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        var ended = false
        while filled < count, !ended {
            let got = try readPortion(of: source, into: &bytes, from: filled)
            filled += got
            ended = got == 0
        }
        bytes.removeLast(count - filled)
        beginning = bytes
        isWhole = ended
        rest = source
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int {
        guard position < beginning.count else { return isWhole ? 0 : try rest.read(into: buffer) }
        let count = min(buffer.count, beginning.count - position)
        beginning.withUnsafeBytes { buffer.baseAddress!.copyMemory(from: $0.baseAddress! + position, byteCount: count) }
        position += count
        return count
    }
}

/// `withUnsafeMutableBytes` does not carry typed errors through, so the outcome is handed out as a value.
func readPortion(of source: any ByteSource, into bytes: inout [UInt8], from start: Int) throws(ExportError) -> Int {
    let outcome: Result<Int, ExportError> = bytes.withUnsafeMutableBytes { all in
        do throws(ExportError) {
            return .success(try source.read(into: UnsafeMutableRawBufferPointer(rebasing: all[start...])))
        } catch {
            return .failure(error)
        }
    }
    return try outcome.get()
}
