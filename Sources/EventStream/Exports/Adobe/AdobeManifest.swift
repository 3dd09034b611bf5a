internal import DurableFiles

/// The manifest that Adobe writes behind the last file of a feed's delivery: which files there are, their sizes, digests and numbers of
/// hits.
struct AdobeManifest: Equatable {
    /// One file of the delivery.
    struct File: Equatable {
        var name: String
        var isHits: Bool
        /// 32 hexadecimal digits.
        var md5: String?
        /// Bytes as it lies there.
        var size: Int?
        /// Hits in it.
        var records: Int?
    }

    /// How the first line begins.
    static let mark = "Datafeed-Manifest-Version:"

    /// The manifest's own path.
    var path: String
    var files: [File] = []

    /// Nil where the text is no manifest.
    init?(_ text: [UInt8], path: String) {
        self.path = path
        let lines = text.split(separator: 0x0A).map { String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self) }
        guard lines.first?.hasPrefix(Self.mark) == true else { return nil }
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            switch line[..<colon] {
            case "Data-File": files.append(File(name: value, isHits: true))
            case "Lookup-File": files.append(File(name: value, isHits: false))
            case "MD5-Digest": change { $0.md5 = value.lowercased() }
            case "File-Size": change { $0.size = Int(value) }
            case "Record-Count": change { $0.records = Int(value) }
            default: break
            }
        }
    }

    private mutating func change(_ body: (inout File) -> Void) {
        guard !files.isEmpty else { return }
        body(&files[files.count - 1])
    }

    /// Checks that a file is there and is what the manifest says.
    func check(_ file: File, in folder: String, _ fileSystem: FileSystem) throws(ExportError) {
        // A name that leaves the folder is no file of the delivery.
        guard !file.name.isEmpty, !file.name.contains("/") else {
            throw ExportError(.badData, place: path, reason: "it names a file in another folder", remedy: "fetch the manifest again")
        }
        let place = folder + file.name
        let bytes = try FileBytes(path: place, in: fileSystem)
        if let size = file.size, let found = bytes.size, size != found {
            throw ExportError(
                .badData, place: place, reason: "it has \(found) bytes, and the manifest says \(size)",
                remedy: "wait until it has arrived, or fetch it again")
        }
        if let md5 = file.md5 {
            var digest = MD5Digest()
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let got = try readPortion(of: bytes, into: &buffer, from: 0)
                if got == 0 { break }
                buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
            }
            guard digest.finishHex() == md5 else {
                throw ExportError(
                    .badData, place: place, reason: "its MD5 digest is not that of the manifest",
                    remedy: "it was damaged on the way: fetch it again")
            }
        }
        guard file.isHits, let records = file.records else { return }
        let found = try Self.records(in: place, fileSystem)
        guard found == records else {
            throw ExportError(
                .badData, place: place, reason: "it holds \(found) hits, and the manifest says \(records)", remedy: "fetch the day again")
        }
    }

    /// Line ends that no backslash makes data of; a last line without one counts.
    private static func records(in path: String, _ fileSystem: FileSystem) throws(ExportError) -> Int {
        let input: ExportInput
        do throws(ExportError) { input = try ExportInput(path: path, in: fileSystem) } catch {
            // No hit at all: an hour without visitors.
            guard error.kind == .empty else { throw error }
            return 0
        }
        let window = input.window(.utf8)
        var count = 0
        var isEscaped = false
        var isOpen = false
        while true {
            let isMore = try window.extend()
            for index in window.start..<window.end {
                let byte = window.bytes[index]
                if byte == 0x0A, !isEscaped { count += 1 }
                isOpen = byte != 0x0A || isEscaped
                isEscaped = byte == 0x5C && !isEscaped
            }
            window.consume(window.end - window.start)
            if !isMore { return count + (isOpen ? 1 : 0) }
        }
    }
}
