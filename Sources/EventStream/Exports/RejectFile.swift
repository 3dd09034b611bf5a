public import DurableFiles

/// A file of rejects, one CSV row each, written as they come so that any number fits.
///
/// The file takes its name when ``finish()`` is called; until then, and when it never is, what was at the place stays.
/// Columns: `file,line,column,byte_offset,reason,hint`.
public final class RejectFile {
    private let publication: FilePublication
    private var failure: FileError?

    /// Creates the file. Throws when the place cannot be written.
    public init(path: String, in fileSystem: FileSystem = .live) throws(ExportError) {
        do throws(FileError) {
            publication = try FilePublication(at: path, in: fileSystem)
        } catch {
            throw ExportError(
                error.isDiskFull ? .inputOutput : .noOutput, place: path, reason: "the rejects file cannot be created: \(error.reason)",
                remedy: error.remedy ?? "name a file in a directory you can write to")
        }
        add("file,line,column,byte_offset,reason,hint\n")
    }

    /// Adds one reject. A failing disk is reported by ``finish()``.
    func write(_ reject: Reject) {
        let column = reject.column.map(String.init) ?? ""
        add("\(quoted(reject.file)),\(reject.line),\(column),\(reject.byteOffset),\(reject.reason.rawValue),\(quoted(reject.hint))\n")
    }

    /// Writes what is pending, forces it to disk and gives the file its name. Throws when any write failed.
    public func finish() throws(ExportError) {
        do throws(FileError) {
            if let failure { throw failure }
            try publication.commit()
        } catch {
            publication.abandon()
            throw ExportError(
                .inputOutput, place: publication.path, reason: "the rejects could not be written: \(error.reason)",
                remedy: "free some space or name another file")
        }
    }

    private func add(_ row: String) {
        guard failure == nil else { return }
        do throws(FileError) { try publication.writer.write(row) } catch { failure = error }
    }

    private func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
