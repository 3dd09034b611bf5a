internal import FoundationEssentials

/// What a run read beside those it decided about: told once in the ledger, before its decisions.
///
/// With it and the input of a decision the run can be made again for that decision alone: the same command with ``arguments``, the models
/// of these ids, the shared files, and a corpus and tables that hold nothing but the input.
public struct DecisionRun: Sendable, Equatable, Codable {
    /// A folder of a model that was read.
    public struct Model: Sendable, Equatable, Codable {
        /// The option that named it; empty where it is the command's own argument.
        public var option: String
        /// The folder as it was named.
        public var path: String
        /// The id over all its files, 64 hexadecimal digits.
        public var id: String

        /// A model.
        public init(option: String, path: String, id: String) { (self.option, self.path, self.id) = (option, path, id) }
    }

    /// A file that holds nothing of a person and is read whole.
    public struct SharedFile: Sendable, Equatable, Codable {
        /// The option that named it.
        public var option: String
        /// The name of the file, without its folder.
        public var name: String
        /// What it held.
        public var text: String

        /// A file.
        public init(option: String, name: String, text: String) { (self.option, self.name, self.text) = (option, name, text) }
    }

    /// The corpus that the sessions are of.
    public struct Source: Sendable, Equatable, Codable {
        /// The corpus' digest.
        public var digest: String
        /// Its schema, as JSON.
        public var schema: String

        /// A corpus.
        public init(digest: String, schema: String) { (self.digest, self.schema) = (digest, schema) }
    }

    /// What stands for the command where another program decided: such a run cannot be made again.
    public static let outside = "outside"

    /// The command, its words apart: `label`, `rank score`; ``outside``.
    public var command: String
    /// Options that change what is decided.
    public var arguments: [String]
    /// Models by option.
    public var models: [Model]
    /// Files by option.
    public var files: [SharedFile]
    /// Nil where no session is read.
    public var corpus: Source?
    /// The member of an output line that names the decision, `session` for example: it is kept with the input and not in the open.
    public var idMember: String
    /// The version of the program.
    public var software: String

    /// A run.
    public init(
        command: String, arguments: [String], models: [Model], files: [SharedFile] = [], corpus: Source? = nil, idMember: String,
        software: String
    ) {
        (self.command, self.arguments, self.models, self.files) = (command, arguments, models, files)
        (self.corpus, self.idMember, self.software) = (corpus, idMember, software)
    }

    private struct Note: Codable {
        var run: DecisionRun
    }

    /// `{"run":…}`, the same bytes for the same run.
    public var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(Note(run: self))) } catch {
            preconditionFailure("DecisionRun: texts that cannot be encoded: \(error)")
        }
    }

    /// A run from the bytes of ``json``; nil for anything else.
    public init?(json: [UInt8]) {
        guard let note = try? JSONDecoder().decode(Note.self, from: Data(json)) else { return nil }
        self = note.run
    }
}
