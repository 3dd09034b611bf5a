/// The files of a tar archive (POSIX ustar) that is in memory.
struct TarEntries {
    /// Names without folders, and where their bytes lie.
    private(set) var files: [String: Range<Int>] = [:]

    /// Nil where the bytes are no tar archive, or end within it.
    init?(_ bytes: [UInt8]) {
        var at = 0
        while at + 512 <= bytes.count, bytes[at] != 0 {
            guard bytes[at + 257..<at + 262].elementsEqual("ustar".utf8), let size = Self.octal(bytes[at + 124..<at + 136]) else {
                return nil
            }
            let start = at + 512
            guard size <= bytes.count - start else { return nil }
            let name = bytes[at..<at + 100].prefix { $0 != 0 }
            let isFile = bytes[at + 156] == 0 || bytes[at + 156] == UInt8(ascii: "0")
            if isFile, let last = name.split(separator: UInt8(ascii: "/")).last {
                files[String(decoding: last, as: UTF8.self)] = start..<start + size
            }
            at = start + (size + 511) / 512 * 512
        }
        guard at > 0, at < bytes.count else { return nil }
    }

    private static func octal(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        var isThere = false
        for byte in digits {
            if byte == 0 || byte == 0x20 { if isThere { break } else { continue } }
            guard (0x30...0x37).contains(byte), value < 1 << 40 else { return nil }
            value = value * 8 + Int(byte - 0x30)
            isThere = true
        }
        return isThere ? value : nil
    }
}
