internal import DurableFiles
internal import Glibc

/// A folder that lives as long as a piece of work, in TMPDIR or the system's place for such things.
enum TemporaryFolder {
    static func with<Result>(_ body: (String) throws -> Result) throws -> Result {
        let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let folder: ScratchFolder
        do { folder = try ScratchFolder(named: "tessera", in: root) } catch {
            throw CommandFault(code: EX_CANTCREAT, place: root, reason: error.reason, remedy: "set TMPDIR to a folder with room")
        }
        return try withExtendedLifetime(folder) { try body(folder.path) }
    }
}
