import DurableFiles
import EventStream
import Foundation
import Glibc
import IntentTaxonomy
import SequenceEmbedding
import SequenceKernel
import SettingsFiles
import Synchronization

/// A fresh folder for one test, removed with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp"
        var template = Array("\(root)/proposal-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(.makeDirectory, root, code: errno) }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileSystem.live.removeTree(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
    func text(_ name: String) throws -> String { String(decoding: try FileSystem.live.contents(of: self(name)), as: UTF8.self) }
}

/// The shipped synthetic bank, imported once, with page counts as vectors where no encoder is wanted.
struct Bank: Sendable {
    let corpus: Corpus
    /// Needs by session name, as the simulator knows them.
    let needs: [String: String]
    /// Shares of needs by id.
    let shares: [String: Double]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "corpora/synthetic-bank").path

    static let shared = Result { try Bank() }

    private init() throws {
        let place = try TemporaryFolder()
        let mapping = try SettingsFile.read(ExportMapping.self, from: Bank.folder + "/mapping.yaml")
        let input = try ExportInput(path: Bank.folder + "/clicks.csv.gz")
        var rejects = RejectCollector()
        _ = try ExportImporter(ImportSettings()).run(
            sources: [ExportReaders.open(input, mapping: mapping, fileNumber: 1)], to: place("corpus"), rejects: &rejects,
            isCancelled: { false }, progress: { _ in })
        // The columns are mapped: they stay when the folder goes.
        corpus = try Corpus.open(place("corpus"))
        var needs: [String: String] = [:]
        for line in try String(contentsOfFile: Bank.folder + "/truth/sessions.csv", encoding: .utf8).split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            if !cells[4].isEmpty { needs[String(cells[0])] = String(cells[4]) }
        }
        self.needs = needs
        var shares: [String: Double] = [:]
        for line in try String(contentsOfFile: Bank.folder + "/truth/needs.csv", encoding: .utf8).split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",")
            shares[String(cells[0])] = Double(cells.last!)!
        }
        self.shares = shares
    }

    func need(_ session: Int) -> String? { needs[corpus.sessionKey(session)] }

    /// Counts of pages, scaled to length 1: vectors that need no training.
    func pageCounts() -> (floats: [Float], dimension: Int) {
        let (codes, dimension) = (corpus.codes("url")!, corpus.dictionary("url")!.count)
        var floats = [Float](repeating: 0, count: corpus.sessionCount * dimension)
        for session in 0..<corpus.sessionCount {
            for event in corpus.events(ofSession: session) where codes[event] > 0 {
                floats[session * dimension + Int(codes[event]) - 1] += 1
            }
            let row = session * dimension..<(session + 1) * dimension
            let length = floats[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
            if length > 0 { for place in row { floats[place] /= length } }
        }
        return (floats, dimension)
    }
}

/// A model that says what a script tells it to, and remembers what it was asked.
final class ScriptedModel: ChatModel {
    let name = "script"
    let asksAgain: Bool
    private let script: @Sendable (ChatRequest, _ attempt: Int) throws(ChatError) -> ChatReply
    private let log = Mutex<(asked: [ChatRequest], kept: [String: ChatReply], refused: [String])>(([], [:], []))

    init(asksAgain: Bool = true, _ script: @escaping @Sendable (ChatRequest, Int) throws(ChatError) -> ChatReply) {
        (self.asksAgain, self.script) = (asksAgain, script)
    }

    var asked: [ChatRequest] { log.withLock { $0.asked } }
    var kept: [String: ChatReply] { log.withLock { $0.kept } }
    var refused: [String] { log.withLock { $0.refused } }

    func reply(to request: ChatRequest) throws(ChatError) -> ChatReply {
        let (attempt, kept) = log.withLock { log in
            let kept = log.kept[request.digest]
            if kept == nil { log.asked.append(request) }
            return (log.asked.count { $0.name == request.name }, kept)
        }
        if let kept { return kept }
        return try script(request, attempt)
    }

    func keep(_ reply: ChatReply, to request: ChatRequest) throws(ChatError) { log.withLock { $0.kept[request.digest] = reply } }
    func refuse(_ request: ChatRequest, because reason: String) throws(ChatError) { log.withLock { $0.refused.append(reason) } }
}
