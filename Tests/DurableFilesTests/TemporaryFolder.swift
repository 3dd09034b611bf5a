import DurableFiles
import Glibc

/// A fresh folder for one test, removed with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        // Thousands of small files are forced to the disk here; where the system keeps files in memory that costs nothing.
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp"
        var template = Array("\(root)/durable-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(.makeDirectory, root, code: errno) }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileSystem.live.removeTree(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
    func names() throws -> [String] { try FileSystem.live.names(in: path) }
    func text(_ name: String) throws -> String { String(decoding: try FileSystem.live.contents(of: self(name)), as: UTF8.self) }
}
