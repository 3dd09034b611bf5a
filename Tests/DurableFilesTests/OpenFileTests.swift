import DurableFiles
import Glibc
import Testing

@Suite struct OpenFileTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func appendingGoesToTheEndOfWhatIsThere() throws {
        #expect(throws: FileError.self) { try OpenFile(folder("log"), .append) }
        #expect(try folder.names().isEmpty)
        try AtomicFile.write(Array("one ".utf8), to: folder("log"))
        for word in ["two ", "three"] {
            let file = try OpenFile(folder("log"), .append)
            try Array(word.utf8).withUnsafeBytes { try file.write($0) }
            try file.close()
        }
        #expect(try folder.text("log") == "one two three")
    }

    @Test func permissionsAreTheNineBits() throws {
        try AtomicFile.write([1], to: folder("a"))
        for mode in [0o600, 0o644, 0o777, 0o000] as [UInt16] {
            chmod(folder("a"), mode_t(mode))
            #expect(try FileSystem.live.status(of: folder("a"))?.permissions == mode)
        }
    }
}
