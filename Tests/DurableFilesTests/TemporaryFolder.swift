import DurableFiles
import Glibc

/// A fresh folder for one test, removed with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/var/tmp/durable-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(.makeDirectory, "/var/tmp", code: errno) }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileSystem.live.removeTree(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
    func names() throws -> [String] { try FileSystem.live.names(in: path) }
    func text(_ name: String) throws -> String { String(decoding: try FileSystem.live.contents(of: self(name)), as: UTF8.self) }
}
