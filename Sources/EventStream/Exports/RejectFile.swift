import Glibc

/// A file of rejects, one CSV row each, written as they come so that any number fits.
///
/// The rows go to `PATH.partial`, which takes its name when ``finish()`` is called and is removed when it is not.
/// Columns: `file,line,column,byte_offset,reason,hint`.
public final class RejectFile {
    private let path: String
    private let partialPath: String
    private var descriptor: Int32
    private var pending: [UInt8] = []
    private var failure: Int32 = 0

    /// Creates the file. Throws when the place cannot be written.
    public init(path: String) throws(ExportError) {
        self.path = path
        partialPath = path + ".partial"
        descriptor = open(partialPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ExportError(
                .noOutput, place: path, reason: "the rejects file cannot be created: \(String(cString: strerror(errno)))",
                remedy: "name a file in a directory you can write to")
        }
        pending.append(contentsOf: "file,line,column,byte_offset,reason,hint\n".utf8)
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(partialPath)
    }

    /// Adds one reject. A failing disk is reported by ``finish()``.
    func write(_ reject: Reject) {
        let column = reject.column.map(String.init) ?? ""
        let row = "\(quoted(reject.file)),\(reject.line),\(column),\(reject.byteOffset),\(reject.reason.rawValue),\(quoted(reject.hint))\n"
        pending.append(contentsOf: row.utf8)
        if pending.count >= 1 << 16 { flush() }
    }

    /// Writes what is pending, forces it to disk and gives the file its name. Throws when any write failed.
    public func finish() throws(ExportError) {
        flush()
        if failure == 0, fsync(descriptor) != 0 { failure = errno }
        if failure == 0, rename(partialPath, path) != 0 { failure = errno }
        let code = failure
        close(descriptor)
        descriptor = -1
        guard code == 0 else {
            unlink(partialPath)
            throw ExportError(
                .inputOutput, place: path, reason: "the rejects could not be written: \(String(cString: strerror(code)))",
                remedy: "free some space or name another file")
        }
    }

    private func flush() {
        pending.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count, failure == 0 {
                let written = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                if written >= 0 { done += written } else if errno != EINTR { failure = errno }
            }
        }
        pending.removeAll(keepingCapacity: true)
    }

    private func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
