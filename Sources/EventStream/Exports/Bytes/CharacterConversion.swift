/// Turns the characters of an export into UTF-8 as they stream by.
///
/// What cannot be converted (a lone surrogate, a byte that Windows-1252 leaves empty) becomes the byte 0xFF, which is never
/// UTF-8, so that the row around it is refused like any other row with invalid text.
final class CharacterConversion: ByteSource {
    private enum Form { case utf8, latin1, windows1252, utf16(bigEndian: Bool) }

    private let source: any ByteSource
    private var form: Form
    private var input = [UInt8](repeating: 0, count: 1 << 16)
    private var start = 0
    private var end = 0
    private var isAtBeginning = true
    private var hasEnded = false

    init(_ source: any ByteSource, encoding: ExportMapping.Encoding) {
        self.source = source
        form =
            switch encoding {
            case .utf8: .utf8
            case .latin1: .latin1
            case .windows1252: .windows1252
            case .utf16, .utf16le: .utf16(bigEndian: false)
            case .utf16be: .utf16(bigEndian: true)
            }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int {
        precondition(buffer.count >= 4, "CharacterConversion.read: buffer of \(buffer.count) bytes, needs room for one character (4)")
        if isAtBeginning {
            isAtBeginning = false
            try refill(atLeast: 3)
            readByteOrderMark()
        }
        if case .utf8 = form {
            guard start == end else { return passOn(into: buffer) }
            return hasEnded ? 0 : try source.read(into: buffer)
        }
        while true {
            try refill(atLeast: 4)
            guard start < end else { return 0 }
            let made = convert(into: buffer)
            if made > 0 { return made }
        }
    }

    private func readByteOrderMark() {
        let mark = input[start..<min(end, start + 3)]
        if mark.elementsEqual([0xEF, 0xBB, 0xBF]) {
            form = .utf8
            start += 3
        } else if mark.starts(with: [0xFF, 0xFE]) {
            form = .utf16(bigEndian: false)
            start += 2
        } else if mark.starts(with: [0xFE, 0xFF]) {
            form = .utf16(bigEndian: true)
            start += 2
        }
    }

    private func refill(atLeast wanted: Int) throws(ExportError) {
        guard end - start < wanted, !hasEnded else { return }
        input.withUnsafeMutableBytes { bytes in
            if start > 0, end > start { bytes.baseAddress!.copyMemory(from: bytes.baseAddress! + start, byteCount: end - start) }
        }
        end -= start
        start = 0
        while end < wanted, !hasEnded {
            let got = try readPortion(of: source, into: &input, from: end)
            end += got
            hasEnded = got == 0
        }
    }

    private func passOn(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, end - start)
        input.withUnsafeBytes { buffer.baseAddress!.copyMemory(from: $0.baseAddress! + start, byteCount: count) }
        start += count
        return count
    }

    private func convert(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var writer = UTF8Writer(buffer)
        input.withUnsafeBufferPointer { bytes in
            switch form {
            case .utf8: break
            case .latin1:
                while start < end, writer.hasRoom {
                    start += writer.writeASCII(bytes, from: start, to: end)
                    guard start < end, writer.hasRoom else { break }
                    writer.write(UInt32(bytes[start]))
                    start += 1
                }
            case .windows1252:
                while start < end, writer.hasRoom {
                    start += writer.writeASCII(bytes, from: start, to: end)
                    guard start < end, writer.hasRoom else { break }
                    let byte = bytes[start]
                    let scalar = byte & 0xE0 == 0x80 ? UInt32(Self.windows1252[Int(byte & 0x1F)]) : UInt32(byte)
                    if scalar == 0 && byte != 0 { writer.writeInvalid() } else { writer.write(scalar) }
                    start += 1
                }
            case .utf16(let bigEndian):
                convertUTF16(bytes, bigEndian: bigEndian, into: &writer)
            }
        }
        return writer.count
    }

    private func convertUTF16(_ bytes: UnsafeBufferPointer<UInt8>, bigEndian: Bool, into writer: inout UTF8Writer) {
        func unit(_ at: Int) -> UInt32 {
            bigEndian ? UInt32(bytes[at]) << 8 | UInt32(bytes[at + 1]) : UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at])
        }
        while writer.hasRoom, start < end {
            if end - start < 2 {
                guard hasEnded else { return }
                writer.writeInvalid()  // half a character at the very end
                start = end
                return
            }
            let first = unit(start)
            switch first {
            case 0xD800..<0xDC00:
                if end - start < 4, !hasEnded { return }
                if end - start >= 4, case let second = unit(start + 2), 0xDC00..<0xE000 ~= second {
                    writer.write(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
                    start += 4
                } else {
                    writer.writeInvalid()
                    start += 2
                }
            case 0xDC00..<0xE000:
                writer.writeInvalid()
                start += 2
            default:
                writer.write(first)
                start += 2
            }
        }
    }

    /// 0x80 to 0x9F of Windows-1252; 0 where nothing is assigned.
    private static let windows1252: [UInt16] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
    ]
}

/// Writes characters as UTF-8 into memory that is always checked for the longest form first.
private struct UTF8Writer {
    private let bytes: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0

    init(_ buffer: UnsafeMutableRawBufferPointer) {
        bytes = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
        capacity = buffer.count
    }

    var hasRoom: Bool { capacity - count >= 4 }

    /// Writes what is ASCII before the first other byte, in whole words; gives how much.
    mutating func writeASCII(_ source: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int {
        guard let base = source.baseAddress else { return 0 }
        let from = UnsafeRawPointer(base + start), to = UnsafeMutableRawPointer(bytes + count)
        let limit = min(end - start, capacity - count) - 32
        var done = 0
        while done <= limit {
            let words = from.loadUnaligned(fromByteOffset: done, as: SIMD4<UInt64>.self)
            guard (words & SIMD4(repeating: 0x8080_8080_8080_8080)) == .zero else { break }
            to.storeBytes(of: words, toByteOffset: done, as: SIMD4<UInt64>.self)
            done += 32
        }
        count += done
        return done
    }

    mutating func writeInvalid() {
        bytes[count] = 0xFF
        count += 1
    }

    mutating func write(_ scalar: UInt32) {
        func put(_ value: UInt32) {
            bytes[count] = UInt8(truncatingIfNeeded: value)
            count += 1
        }
        switch scalar {
        case ..<0x80: put(scalar)
        case ..<0x800:
            put(0xC0 | scalar >> 6)
            put(0x80 | scalar & 0x3F)
        case ..<0x10000:
            put(0xE0 | scalar >> 12)
            put(0x80 | scalar >> 6 & 0x3F)
            put(0x80 | scalar & 0x3F)
        default:
            put(0xF0 | scalar >> 18)
            put(0x80 | scalar >> 12 & 0x3F)
            put(0x80 | scalar >> 6 & 0x3F)
            put(0x80 | scalar & 0x3F)
        }
    }
}
