import DurableFiles
import SequenceKernel

/// A folder of its own, removed with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        var random = SystemRandomNumberGenerator()
        path = "/var/tmp/tessera-embedding-\(random.next())"
        try FileSystem.live.makeDirectory(path)
    }

    deinit { try? FileSystem.live.removeTree(path) }
}
