internal import DurableFiles

/// The bytes of a file as they lie on disk, or of standard input for `-`.
final class FileBytes: ByteSource {
    /// The file as the caller named it.
    let path: String
    /// Bytes read so far.
    private(set) var position = 0
    /// Size of a regular file.
    let size: Int?
    private let file: OpenFile

    init(path: String, in fileSystem: FileSystem = .live) throws(ExportError) {
        self.path = path == "-" ? "standard input" : path
        let status: FileSystem.Status
        do throws(FileError) {
            file = path == "-" ? OpenFile(standardInputIn: fileSystem) : try OpenFile(path, .read, in: fileSystem)
            status = try file.status()
        } catch {
            throw ExportError(
                error.isMissing || error.isForbidden ? .noInput : .inputOutput, place: self.path,
                reason: error.isMissing ? "there is no such file" : error.reason,
                remedy: error.isMissing
                    ? "check the name"
                    : error.isForbidden
                        ? "check the permissions of the file and of the directories above it"
                        : error.remedy ?? "check the disk or the connection it lies on and try again")
        }
        guard status.kind != .directory else {
            throw ExportError(
                .noInput, place: self.path, reason: "it is a directory, not a file",
                remedy: "name the files in it, for instance \(path.hasSuffix("/") ? path : path + "/")*.csv")
        }
        size = status.kind == .file ? status.size : nil
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int {
        do throws(FileError) {
            let got = try file.readNext(into: buffer)
            position += got
            return got
        } catch {
            throw ExportError(
                .inputOutput, place: "\(path), byte \(position)", reason: "reading failed: \(error.reason)",
                remedy: "check the disk or the connection it lies on and try again")
        }
    }
}
