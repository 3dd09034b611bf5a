public import DurableFiles
internal import FoundationEssentials

/// Questions and answers as files: for a person, or for any model that is not at the end of a wire.
///
/// For a question `0001-generate` the folder gets `0001-generate.request.json` (all its parts) and `0001-generate.request.txt` (to be read or
/// pasted). The answer is expected in `0001-generate.answer.json`; prose around its JSON does not matter. Why an answer was refused stands in
/// `0001-generate.refused.txt` until it is mended.
public struct BatchFiles: ChatModel {
    /// Where the files are.
    public let folder: String
    /// What answers, for the record.
    public let name: String
    /// False: the same file would be read again.
    public var asksAgain: Bool { false }
    private let fileSystem: FileSystem

    /// Files of a folder, which is made if its own folder is there.
    public init(folder: String, name: String, in fileSystem: FileSystem = .live) throws(FileError) {
        (self.folder, self.name, self.fileSystem) = (folder, name, fileSystem)
        if try fileSystem.status(of: folder) == nil { try fileSystem.makeDirectory(folder) }
    }

    private struct RequestFile: Codable {
        var digest: String
        var instructions: String
        var input: String
        var schema: String
    }

    /// The answer lying there.
    /// - Throws: ``ChatError/awaiting(file:)`` once the question is written, ``ChatError/staleAnswer(file:)`` where the answer was written
    ///   for a question that has changed since.
    public func reply(to request: ChatRequest) throws(ChatError) -> ChatReply {
        let stem = folder + "/" + request.name
        let answer = stem + ".answer.json"
        let isAnswered = try wrapped { () throws(FileError) in try fileSystem.status(of: answer) != nil }
        let asked = try wrapped { () throws(FileError) in try questionDigest(stem) }
        if asked != request.digest {
            // The old answer must go first: with a new question beside it nobody could tell.
            if isAnswered, asked != nil { throw .staleAnswer(file: answer) }
            try wrapped { () throws(FileError) in try write(request, stem) }
        }
        guard isAnswered else { throw .awaiting(file: answer) }
        let bytes = try wrapped { () throws(FileError) in try fileSystem.contents(of: answer, limit: 1 << 24) }
        return ChatReply(String(decoding: bytes, as: UTF8.self))
    }

    private func wrapped<Value>(_ body: () throws(FileError) -> Value) throws(ChatError) -> Value {
        do { return try body() } catch { throw .file(error) }
    }

    /// Takes an old refusal away.
    public func keep(_ reply: ChatReply, to request: ChatRequest) throws(ChatError) {
        do { try fileSystem.removeFile(folder + "/" + request.name + ".refused.txt") } catch { throw .file(error) }
    }

    /// Says beside the answer what is wrong with it.
    public func refuse(_ request: ChatRequest, because reason: String) throws(ChatError) {
        let path = folder + "/" + request.name + ".refused.txt"
        do { try AtomicFile.write(Array("The answer was refused: \(reason).\n".utf8), to: path, in: fileSystem) } catch {
            throw .file(error)
        }
    }

    private func questionDigest(_ stem: String) throws(FileError) -> String? {
        let path = stem + ".request.json"
        guard try fileSystem.status(of: path) != nil else { return nil }
        let bytes = try fileSystem.contents(of: path, limit: 1 << 26)
        return (try? JSONDecoder().decode(RequestFile.self, from: Data(bytes)))?.digest ?? ""
    }

    private func write(_ request: ChatRequest, _ stem: String) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let file = RequestFile(
            digest: request.digest, instructions: request.instructions, input: request.input, schema: request.schema)
        guard let bytes = try? encoder.encode(file) else { preconditionFailure("BatchFiles: a request cannot be encoded") }
        let text = "\(request.instructions)\n\nSCHEMA\n\(request.schema)\nEND\n\n\(request.input)\n"
        try AtomicFile.write(Array(text.utf8), to: stem + ".request.txt", in: fileSystem)
        // Last: what has its digest written has everything written.
        try AtomicFile.write(Array(bytes) + [0x0A], to: stem + ".request.json", in: fileSystem)
    }
}
