internal import Audit
internal import DurableFiles
internal import FoundationEssentials
internal import Glibc

/// A folder that holds what is needed to make decisions again elsewhere: `decisions.json` with entries and inputs, and `models`.
///
/// Entries stand there with everything that their hashes are made of (``Audit/EntryProof``). From the input with its salt follows the
/// digest in the entry, from the entry its hash, and that can be compared with the ledger's: nothing of it can be changed by itself.
struct DecisionBundle: Codable {
    /// A decision.
    struct Decision: Codable {
        var entry: EntryProof
        /// What the input is digested after, hexadecimal.
        var salt: String
        var input: String
    }

    private var formatVersion = Self.version
    /// The identity of the ledger, hexadecimal.
    var ledger: String
    /// The entries of the runs that the decisions are of.
    var runs: [EntryProof]
    var decisions: [Decision]

    /// The file that makes a folder a bundle.
    static let file = "decisions.json"
    private static let version = 2

    init(ledger: String, runs: [EntryProof], decisions: [Decision]) { (self.ledger, self.runs, self.decisions) = (ledger, runs, decisions) }

    /// Reads the bundle in a folder, without judging what it holds.
    init(_ path: String) throws {
        struct Head: Decodable { var formatVersion: Int }
        let file = path + "/" + Self.file
        let bytes = Data(try FileSystem.live.contents(of: file, limit: 1 << 31))
        func fault(_ reason: String, _ remedy: String) -> CommandFault {
            CommandFault(code: EX_DATAERR, place: file, reason: reason, remedy: remedy)
        }
        do {
            let found = try JSONDecoder().decode(Head.self, from: bytes).formatVersion
            guard found == Self.version else {
                throw fault(
                    "a bundle of form \(found), and this program reads form \(Self.version)", "export it anew, or use the program that did")
            }
            self = try JSONDecoder().decode(DecisionBundle.self, from: bytes)
        } catch is DecodingError {
            throw fault("it is no bundle of decisions", "copy it again, or export it anew")
        }
    }

    /// Writes the folder, whole or not at all.
    /// - Parameter models: ids with the folders to be copied.
    func write(to path: String, models: [(id: String, place: String)]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let text = Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        try DirectoryPublication.publish(at: path, replacing: false) { folder throws(FileError) in
            try AtomicFile.write(text, to: folder + "/" + Self.file)
            try FileSystem.live.makeDirectory(folder + "/models")
            for (id, place) in models {
                try FileSystem.live.makeDirectory("\(folder)/models/\(id.prefix(16))")
                for name in try FileSystem.live.names(in: place) where !name.hasPrefix(".") {
                    try AtomicFile.write(
                        try FileSystem.live.contents(of: "\(place)/\(name)"), to: "\(folder)/models/\(id.prefix(16))/\(name)")
                }
            }
        }
    }
}
