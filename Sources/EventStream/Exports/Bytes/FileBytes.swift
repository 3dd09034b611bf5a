import Glibc

/// The bytes of a file as they lie on disk, or of standard input for `-`.
final class FileBytes: ByteSource {
    /// The file as the caller named it.
    let path: String
    /// Bytes read so far.
    private(set) var position = 0
    /// Size of a regular file.
    let size: Int?
    private let descriptor: Int32

    init(path: String) throws(ExportError) {
        self.path = path == "-" ? "standard input" : path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            throw ExportError(
                .noInput, place: path, reason: code == ENOENT ? "there is no such file" : String(cString: strerror(code)),
                remedy: code == ENOENT ? "check the name" : "check the permissions of the file and of the directories above it")
        }
        var status = stat()
        let known = fstat(descriptor, &status) == 0
        let sort = status.st_mode & S_IFMT
        if known, sort == S_IFDIR {
            if descriptor != STDIN_FILENO { close(descriptor) }
            throw ExportError(
                .noInput, place: self.path, reason: "it is a directory, not a file",
                remedy: "name the files in it, for instance \(path.hasSuffix("/") ? path : path + "/")*.csv")
        }
        size = known && sort == S_IFREG ? Int(status.st_size) : nil
    }

    deinit {
        if descriptor > STDIN_FILENO { close(descriptor) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int {
        while true {
            let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if got >= 0 {
                position += got
                return got
            }
            guard errno == EINTR else {
                throw ExportError(
                    .inputOutput, place: "\(path), byte \(position)", reason: "reading failed: \(String(cString: strerror(errno)))",
                    remedy: "check the disk or the connection it lies on and try again")
            }
        }
    }
}
