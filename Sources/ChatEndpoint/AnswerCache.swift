public import DurableFiles
internal import FoundationEssentials
public import IntentTaxonomy

/// Answers on disk, one file each, whole or not there. The key is a digest of model, instructions and input; neither questions nor keys of
/// endpoints are kept.
public struct AnswerCache: Sendable {
    /// Where the answers are.
    public let folder: String
    private let fileSystem: FileSystem

    /// A cache in a folder, which is made if its own folder is there.
    public init(folder: String, in fileSystem: FileSystem = .live) throws(FileError) {
        (self.folder, self.fileSystem) = (folder, fileSystem)
        try Self.make(folder, fileSystem)
    }

    private struct Entry: Codable {
        var model: String
        var request: String
        var reply: String
    }

    /// The answer a model gave to a question; nil where there is none, or none that can be read.
    public func reply(of model: String, to request: ChatRequest) throws(FileError) -> ChatReply? {
        let path = path(model, request)
        guard try fileSystem.status(of: path) != nil else { return nil }
        let bytes = try fileSystem.contents(of: path, limit: 1 << 24)
        guard let entry = try? JSONDecoder().decode(Entry.self, from: Data(bytes)), entry.model == model, entry.request == request.digest
        else { return nil }
        return ChatReply(entry.reply)
    }

    /// Keeps an answer.
    public func keep(_ reply: ChatReply, of model: String, to request: ChatRequest) throws(FileError) {
        let path = path(model, request)
        try Self.make(FileSystem.folder(of: path), fileSystem)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(Entry(model: model, request: request.digest, reply: reply.text)) else {
            preconditionFailure("AnswerCache.keep: texts cannot be encoded")
        }
        try AtomicFile.write(Array(bytes), to: path, in: fileSystem)
    }

    private func path(_ model: String, _ request: ChatRequest) -> String {
        let key = SHA256Digest.hex(of: Array("\(model.utf8.count):\(model)\(request.digest)".utf8))
        return "\(folder)/\(key.prefix(2))/\(key.dropFirst(2)).json"
    }

    private static func make(_ folder: String, _ fileSystem: FileSystem) throws(FileError) {
        if try fileSystem.status(of: folder) != nil { return }
        do { try fileSystem.makeDirectory(folder) } catch  where error.isOccupied {}  // another thread was first
    }
}
