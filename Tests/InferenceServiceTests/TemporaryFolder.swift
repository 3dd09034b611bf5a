import DurableFiles
import Glibc

/// A fresh folder for one test, removed with the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        // Many small files are forced to the disk here; where the system keeps files in memory that costs nothing.
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp"
        var template = Array("\(root)/service-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(.makeDirectory, root, code: errno) }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileSystem.live.removeTree(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        try AtomicFile.write(Array(text.utf8), to: self(name))
        chmod(self(name), mode)
        return self(name)
    }
}
