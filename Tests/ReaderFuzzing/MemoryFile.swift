import DurableFiles
import Glibc

/// Bytes with a path, for readers that open files.
final class MemoryFile {
    /// Where they are found for as long as this value lives.
    let path: String
    private let descriptor: Int32

    init(_ bytes: some Sequence<UInt8>) {
        var template = Array("\(Self.root)/tessera-fuzz-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { fatalError("no file can be made in \(Self.root)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let all = Array(bytes)
        var done = 0
        while done < all.count {
            let wrote = all.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, all.count - done) }
            guard wrote > 0 else { fatalError("\(Self.root) is full") }
            done += wrote
        }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// The folder that the caller clears away, or memory where there is a file system for it: a fuzzer makes thousands of files a second.
    static let root = getenv("TESSERA_FUZZ_FILES").map { String(cString: $0) } ?? defaultRoot
    private static let defaultRoot = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"

    /// A fresh folder, which stays until the process ends.
    static func folder() -> String {
        var template = Array("\(root)/tessera-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no folder can be made in \(root)") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        made.append(path)
        if made.count == 1 { atexit { for path in MemoryFile.made { try? FileSystem.live.removeTree(path) } } }
        return path
    }
    nonisolated(unsafe) private static var made: [String] = []
}
