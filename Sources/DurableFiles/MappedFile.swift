#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file's bytes in memory, read-only, loaded by the system as they are touched.
///
/// Tessera never changes a published file in place, so the bytes stay as they are for as long as the map lives. A file cut short by
/// someone else while it is mapped ends the process when the missing part is touched; no program can catch that.
public final class MappedFile: Sendable {
    /// The file.
    public let path: String
    /// Its bytes, valid for as long as this value lives and no longer: keep the two together. Empty for an empty file.
    public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    /// Maps a file; empty files are fine, directories are not.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(FileError) {
        self.path = path
        let file = try OpenFile(path, .read, in: fileSystem)
        defer { file.closeQuietly() }
        let status = try file.status()
        guard status.kind != .directory else { throw FileError(.map, path, code: EISDIR) }
        guard status.size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        try fileSystem.check(.map, path)
        guard let start = mmap(nil, status.size, PROT_READ, MAP_PRIVATE, file.descriptor, 0), start != MAP_FAILED else {
            throw FileError(.map, path, code: errno)
        }
        bytes = UnsafeRawBufferPointer(start: start, count: status.size)
    }

    /// Its bytes for the time of a closure, during which the map lives.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}
