internal import ArgumentParser
internal import Audit
internal import CreditRisk
internal import DecisionRecords
internal import DurableFiles
internal import EventStream
internal import FoundationEssentials

/// Takes: recorded decisions.   Gives: for each whether the same program, models and input give the same bytes again.
///
/// The command of a run is run again on files that hold nothing but the inputs of the decisions, in a folder that is removed afterwards.
struct DecisionReplay {
    /// What became of one decision.
    enum Verdict: String, Encodable, CaseIterable {
        /// Every byte is the same.
        case same
        /// The output is another one.
        case different
        /// No folder holds the model that decided.
        case modelMissing = "model_missing"
        /// The folder that decided holds another model now.
        case modelChanged = "model_changed"
        /// The subject's key was destroyed.
        case erased
        /// The input was not kept, or the vault's key is not at hand.
        case notKept = "not_kept"
        /// The entry, the vault or the bundle was damaged, or names what no command records.
        case damaged
        /// The command refused to run again, or another program decided.
        case failed
    }

    /// A decision and what became of it.
    struct Result: Encodable {
        /// Its place in the ledger.
        let entry: Int
        let command: String
        let verdict: Verdict
        /// What changed, in words.
        let detail: String?
    }

    /// A decision as it is replayed.
    struct Decision {
        var entry: LedgerEntry
        var run: Int
        var input: DecisionInput
    }

    /// Folders in which models are looked for before the places at which they were.
    var modelFolders: [String] = []
    var threads: Int?
    /// The file of the import's key, where people were replaced by digests.
    var key: String?

    /// Decisions that are replayed together.
    private static let batch = 256

    /// Replays decisions of one run. What it says must have been looked at (``ReplayableRun``).
    func replay(_ decisions: [Decision], _ run: DecisionRun) throws -> [Result] {
        var models: [String] = []
        for model in run.models {
            switch find(model) {
            case .at(let path): models.append(path)
            case .none(let verdict, let detail):
                return decisions.map { Result(entry: $0.entry.sequence, command: run.command, verdict: verdict, detail: detail) }
            }
        }
        var results: [Result] = []
        for start in stride(from: 0, to: decisions.count, by: Self.batch) {
            let part = Array(decisions[start..<min(decisions.count, start + Self.batch)])
            results += try TemporaryFolder.with { folder in try replay(part, run, models, in: folder) }
        }
        return results
    }

    // MARK: Models

    private enum Place {
        case at(String)
        case none(Verdict, String)
    }

    private func find(_ model: DecisionRun.Model) -> Place {
        // What was named by hand, or came with the bundle, before what happens to stand at a recorded place.
        var folders = modelFolders
        for folder in modelFolders {
            folders += ((try? FileSystem.live.names(in: folder)) ?? []).sorted().map { "\(folder)/\($0)" }
        }
        folders.append(model.path)
        if let found = folders.first(where: { Self.id(of: $0) == model.id }) { return .at(found) }
        let short = model.id.prefix(12)
        guard let there = Self.id(of: model.path) else {
            return .none(.modelMissing, "the model \(short) is not at \(model.path); name a folder that holds it with --models")
        }
        return .none(
            .modelChanged, "\(model.path) holds the model \(there.prefix(12)), and \(short) decided; name its folder with --models")
    }

    /// The folder of a model by its id; nil where none of those looked at holds it.
    func folder(of id: String, among models: [DecisionRun.Model]) -> String? {
        for model in models where model.id == id {
            if case .at(let path) = find(model) { return path }
        }
        return nil
    }

    /// The id over all files of a model's folder; nil for anything else.
    static func id(of folder: String) -> String? {
        struct Manifest: Decodable {
            var id: String?
            var modelID: String?
        }
        let path = folder + "/" + SealedFolder.manifestFile
        guard let bytes = try? FileSystem.live.contents(of: path, limit: 1 << 20),
            let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes))
        else { return nil }
        return manifest.id ?? manifest.modelID
    }

    // MARK: Running again

    private func replay(_ decisions: [Decision], _ run: DecisionRun, _ models: [String], in folder: String) throws -> [Result] {
        func result(_ decision: Decision, _ verdict: Verdict, _ detail: String? = nil) -> Result {
            Result(entry: decision.entry.sequence, command: run.command, verdict: verdict, detail: detail)
        }
        let out = folder + "/out.jsonl"
        do {
            var arguments = run.command.split(separator: " ").map(String.init)
            if let corpus = run.corpus {
                try writeCorpus(decisions, corpus, to: folder + "/corpus")
                arguments.append(folder + "/corpus")
            }
            for (model, path) in zip(run.models, models) {
                let place = path.hasPrefix("-") ? "./" + path : path
                arguments.append(model.option.isEmpty ? place : "\(model.option)=\(place)")
            }
            arguments += try ReplayableRun(run).arguments
            for file in run.files {
                let path = "\(folder)/shared-\(file.option.filter(\.isLetter))-\(String(file.name.unicodeScalars.suffix(48)))"
                try AtomicFile.write(Array(file.text.utf8), to: path)
                arguments.append("\(file.option)=\(path)")
            }
            arguments += try writeTables(decisions, to: folder)
            if run.command == "credit score", let model = models.first {
                arguments += try Self.absentTables(of: model, decisions, in: folder)
            }
            if decisions.contains(where: { $0.input.wording != nil }) {
                var words: [String: [String]] = [:]
                for decision in decisions { words[decision.input.id] = decision.input.wording }
                try AtomicFile.write(Array(try JSONEncoder().encode(words)), to: folder + "/wording.json")
                arguments += ["--wording", folder + "/wording.json"]
            }
            if let threads { arguments += ["--threads", "\(threads)"] }
            if let key, run.command != "label", run.command != "credit score" { arguments += ["--key", key] }
            arguments += ["--out", out]
            var command = try Tessera.parseAsRoot(arguments)
            try Silence.during { try command.run() }
        } catch {
            let reason = Diagnosis(error).text
            return decisions.map { result($0, .failed, reason) }
        }
        var lines: [String: Set<[UInt8]>] = [:]
        for line in try FileSystem.live.contents(of: out).split(separator: UInt8(ascii: "\n")) {
            let (id, rest) = DecisionOutput.parted(Array(line) + [UInt8(ascii: "\n")], member: run.idMember)
            if let id { lines[id, default: []].insert(rest) }
        }
        return decisions.map { decision in
            guard let found = lines[decision.input.id], let first = found.first else {
                return result(decision, .different, "nothing was decided this time")
            }
            if found.contains(decision.entry.output) { return result(decision, .same) }
            let software = "tessera \(Version.text)"
            return result(
                decision, .different,
                DecisionOutput.difference(decision.entry.output, first)
                    + (decision.entry.software == software ? "" : "; \(decision.entry.software) decided, this is \(software)"))
        }
    }

    private func writeCorpus(_ decisions: [Decision], _ source: DecisionRun.Source, to path: String) throws {
        var schema = try JSONDecoder().decode(EventSchema.self, from: Data(source.schema.utf8))
        var sessions: [(number: Int, record: SessionRecord)] = []
        var seen = Set<Int>()
        for decision in decisions {
            guard decision.input.sessions.count == decision.input.corpusSessions.count else { throw DecisionInputFault.sessions }
            for (number, record) in zip(decision.input.corpusSessions, decision.input.sessions) where seen.insert(number).inserted {
                sessions.append((number, record))
            }
        }
        sessions.sort { $0.number < $1.number }
        // A recorded schema also says how the files of its fields are called; here they are called after the fields.
        schema.fields = schema.fields.map { EventSchema.Field(name: $0.name, kind: $0.kind, role: $0.role, separator: $0.separator) }
        schema.part = EventSchema.Part(digest: source.digest, sessions: sessions.map(\.number))
        try SessionRecord.write(sessions.map(\.record), schema: schema, to: path)
    }

    /// Tables with the rows of all decisions, each once; gives the options that name them.
    private func writeTables(_ decisions: [Decision], to folder: String) throws -> [String] {
        var texts: [String: (header: Substring, rows: [Substring], seen: Set<Substring>)] = [:]
        for decision in decisions {
            for (option, text) in decision.input.files {
                var own: Set<Substring> = []
                let lines = TableLines.split(text)
                guard let header = lines.first else { continue }
                var table = texts[option] ?? (header, [], [])
                // A row that one decision has twice stays twice.
                for line in lines.dropFirst() where !table.seen.contains(line) {
                    table.rows.append(line)
                    own.insert(line)
                }
                table.seen.formUnion(own)
                texts[option] = table
            }
        }
        var arguments: [String] = []
        for (option, table) in texts.sorted(by: { $0.key < $1.key }) {
            let path = "\(folder)/table\(arguments.count).csv"
            try AtomicFile.write(Array((table.header + table.rows.joined()).utf8), to: path)
            // `--file name` stands for `--file name=path`.
            arguments.append(ReplayableRun.table(option).map { "--file=\($0)=\(path)" } ?? "\(option)=\(path)")
        }
        return arguments
    }

    /// Tables that a scorecard reads and the inputs do not hold, named where there is nothing: otherwise the files would be read that stood
    /// at the paths of its training.
    private static func absentTables(of model: String, _ decisions: [Decision], in folder: String) throws -> [String] {
        let held = Set(decisions.flatMap { $0.input.files.keys }.compactMap { ReplayableRun.table($0) })
        let read = ["applicants"] + (try CreditScorecard(model, threads: 1)).configuration.tablesBefore.map(\.name)
        return read.filter { !held.contains($0) }.map { "--file=\($0)=\(folder)/absent.csv" }
    }
}

/// A recorded input that cannot be what was recorded.
enum DecisionInputFault: Error { case sessions }

/// Rows of a table as text, their line ends with them; a quoted field may hold line ends.
enum TableLines {
    /// Looks at scalars and not at characters: a quote with an accent behind it is one character and still a quote, and U+2028 ends no row.
    static func split(_ text: String) -> [Substring] {
        var lines: [Substring] = []
        let scalars = text.unicodeScalars
        var (start, place, isQuoted) = (text.startIndex, text.startIndex, false)
        while place < text.endIndex {
            let scalar = scalars[place]
            place = scalars.index(after: place)
            if scalar == "\"" { isQuoted.toggle() }
            if scalar == "\n", !isQuoted {
                lines.append(text[start..<place])
                start = place
            }
        }
        if start < text.endIndex { lines.append(text[start...]) }
        return lines
    }
}
