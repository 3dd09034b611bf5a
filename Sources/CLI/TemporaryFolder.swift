internal import DurableFiles
internal import Glibc

/// A folder that lives as long as a piece of work, in TMPDIR or the system's place for such things.
enum TemporaryFolder {
    static func with<Result>(_ body: (String) throws -> Result) throws -> Result {
        let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(root)/tessera-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFault(
                code: EX_CANTCREAT, place: root, reason: String(cString: strerror(errno)), remedy: "set TMPDIR to a folder with room")
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileSystem.live.removeTree(folder) }
        return try body(folder)
    }
}
