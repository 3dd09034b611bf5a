public import DurableFiles

/// An export opened once: unpacked as its first bytes ask, and with its beginning in memory, so that format, dialect and mapping
/// can be found out before anything is read. That is what makes standard input (`-`) work like a file.
public final class ExportInput {
    /// The file as the caller named it.
    public let path: String
    /// The limits in force.
    public let limits: ExportLimits
    private let file: FileBytes
    private let content: PeekedBytes
    /// The file, where it is Parquet or Arrow; what is looked at of its beginning is then JSON Lines.
    let columnar: ColumnarFile?
    /// What lies beside it, where it was looked at before the reader is opened: an archive of tables is unpacked once.
    var companions: CompanionFiles?

    /// Opens a file, or standard input for `-`. Throws when it is missing, a directory, empty, truncated at once, or packed or
    /// written in a form that is not read.
    public init(path: String, limits: ExportLimits = ExportLimits(), in fileSystem: FileSystem = .live) throws(ExportError) {
        file = try FileBytes(path: path, in: fileSystem)
        self.path = file.path
        self.limits = limits
        let raw = try PeekedBytes(file, count: 64)
        if ColumnarFile.isColumnar(raw.beginning) {
            let columnar = try ColumnarFile(path: file.path, size: file.size, limits: limits)
            guard columnar.rows != 0 else { throw Self.empty(file.path) }
            self.columnar = columnar
            content = try PeekedBytes(MemoryBytes(columnar.sample()), count: limits.sampleBytes)
            return
        }
        columnar = nil
        try Compression.refuseForeign(raw.beginning, path: file.path)
        let unpacked: any ByteSource
        switch Compression(beginning: raw.beginning) {
        case .none: unpacked = raw
        case .gzip: unpacked = try GzipBytes(raw, path: file.path, limits: limits)
        case .zstd: unpacked = ZstdBytes(raw, path: file.path, limits: limits)
        }
        content = try PeekedBytes(unpacked, count: limits.sampleBytes)
        guard !content.beginning.isEmpty else { throw Self.empty(file.path) }
        try Compression.refuseForeign(content.beginning, path: file.path)
    }

    private static func empty(_ path: String) -> ExportError {
        ExportError(.empty, place: path, reason: "it is empty", remedy: "export again, or leave this file out")
    }

    /// How far the file has been read.
    public var progress: ExportProgress { ExportProgress(bytesRead: file.position, bytesTotal: file.size) }

    /// The whole content, unpacked and otherwise as it is. To be asked for once. Throws where it is larger than `limit` bytes.
    func unpacked(limit: Int) throws(ExportError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var count = 0
        while true {
            if count == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
            let got = try readPortion(of: content, into: &bytes, from: count)
            if got == 0 { return Array(bytes[..<count]) }
            count += got
            guard count <= limit else {
                throw ExportError(
                    .badData, place: path, reason: "it is larger than \(limit >> 20) MiB unpacked",
                    remedy: "check that it is the right file")
            }
        }
    }

    /// The whole content as UTF-8. To be asked for once.
    func window(_ encoding: ExportMapping.Encoding) -> InputWindow {
        InputWindow(
            CharacterConversion(content, encoding: encoding), capacity: limits.windowBytes, maximumRowBytes: limits.maximumRowBytes)
    }

    /// The beginning as UTF-8, whole lines only unless it is all there is; nothing is taken from the input by this.
    func sample(_ encoding: ExportMapping.Encoding) throws(ExportError) -> InputSample {
        let window = InputWindow(
            CharacterConversion(MemoryBytes(content.beginning), encoding: encoding), capacity: 2 * limits.sampleBytes,
            maximumRowBytes: 4 * limits.sampleBytes)
        while try window.extend() {}
        var text = Array(UnsafeBufferPointer(start: window.bytes, count: window.end))
        if !content.isWhole, let last = text.lastIndex(where: { $0 == 0x0A || $0 == 0x0D }) { text.removeSubrange((last + 1)...) }
        if text.count > 262, text[257..<262].elementsEqual("ustar".utf8) {
            throw ExportError(
                .badData, place: path, reason: "it is a tar archive, not text", remedy: "unpack it and import the files in it")
        }
        try refuseUnmarkedUTF16(text)
        return InputSample(text: text, isWhole: content.isWhole)
    }

    private func refuseUnmarkedUTF16(_ text: [UInt8]) throws(ExportError) {
        let zeros = text.prefix(4096).count { $0 == 0 }
        guard zeros * 4 > min(text.count, 4096), text.count >= 4 else { return }
        throw ExportError(
            .badData, place: path, reason: "\(zeros) of the first \(min(text.count, 4096)) bytes are zero: it is not text in this encoding",
            remedy: "if it is UTF-16, write `encoding: utf-16le` or `utf-16be` into the mapping")
    }
}

/// The beginning of an input, for finding out what it is.
struct InputSample {
    /// UTF-8, as far as it is text.
    var text: [UInt8]
    /// True when there is nothing more.
    var isWhole: Bool

    /// The first records in a dialect, and how many could not be read. Fields are unescaped.
    func records(_ dialect: DelimitedDialect, limit: Int) -> (rows: [[[UInt8]]], faults: Int) {
        let scanner = RecordScanner(dialect)
        var bytes = text + [UInt8](repeating: 0x0A, count: InputWindow.padding)
        var rows: [[[UInt8]]] = []
        var faults = 0
        bytes.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            var start = 0
            while start < text.count, rows.count < limit, faults < limit {
                switch scanner.scan(base, from: start, to: text.count, isLast: true) {
                case .record(let length, _):
                    if !scanner.isBlank {
                        rows.append(
                            (0..<scanner.count).map { index in
                                let field = scanner.unescape(index, in: base + start)
                                return Array(UnsafeBufferPointer(start: base + start + field.start, count: field.end - field.start))
                            })
                    }
                    start += length
                case .fault(.unclosedQuote, _) where !isWhole:
                    return  // it may close behind the sample
                case .fault, .needsMore:
                    faults += 1
                    start = (start..<text.count).first { base[$0] == 0x0A || base[$0] == 0x0D }.map { $0 + 1 } ?? text.count
                }
            }
        }
        return (rows, faults)
    }
}
