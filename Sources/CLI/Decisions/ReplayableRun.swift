internal import DecisionRecords
internal import IntentTaxonomy
internal import SequenceEmbedding

/// What a recorded run may make a replay do: one of the four commands that decide, with the options that they record and no other, on
/// files that the replay itself writes into a folder of its own.
///
/// A ledger or bundle may come from anybody, and the command runs with the rights of whoever looks into it. So every option, value, model,
/// file and table is held against a list, and what is not on it is not run. Whatever `recordedRun` of a command writes must stand here.
struct ReplayableRun {
    private struct Form {
        /// Options with a value, and which values they take.
        var values: [String: @Sendable (String) -> Bool]
        var flags: Set<String> = []
        var models: Set<String>
        var files: Set<String> = []
        var tables: Set<String> = []
        var readsCorpus = true
        var idMember: String
    }

    private static let purpose: @Sendable (String) -> Bool = { Purpose(rawValue: $0) != nil }

    private static let forms = [
        "label": Form(
            values: [
                "--evidence": { number($0, 0...100) }, "--precision": { SessionEmbedder.Precision(rawValue: $0) != nil },
                "--suspended": { !$0.utf8.contains(0) }, "--purpose": purpose,
            ], flags: ["--gradients", "--all", "--for-evaluation"], models: ["--model", "--intents"], idMember: "session"),
        "rank score": Form(
            values: ["--top": { number($0, 1...Int.max) }, "--purpose": purpose], flags: ["--for-evaluation"],
            models: ["--ranker", "--model", "--intents"], files: ["--tiles", "--format", "--rules"],
            tables: ["--impressions", "--customers", "--links"], idMember: "impression_id"),
        "convert score": Form(
            values: ["--purpose": purpose], flags: ["--for-evaluation"], models: ["--predictor", "--model", "--intents"],
            tables: ["--decisions", "--customers", "--links"], idMember: "decision_id"),
        "credit score": Form(
            values: ["--reasons": { number($0, 0...100) }, "--purpose": purpose], models: [""], readsCorpus: false, idMember: "customer"),
    ]

    private static func number(_ text: String, _ range: ClosedRange<Int>) -> Bool { Int(text).map { range.contains($0) } ?? false }

    /// The options of the run as they are given to the command.
    let arguments: [String]
    private let form: Form
    private let command: String

    /// Why a run is not made again. Shows nothing of what it names: that may be made to be shown.
    struct Refusal: Error {
        let reason: String
    }

    /// Looks at everything that a run says.
    init(_ run: DecisionRun) throws(Refusal) {
        guard let form = Self.forms[run.command] else { throw Refusal(reason: "its run is of a command that records no decisions") }
        func refuse(_ what: String) -> Refusal { Refusal(reason: "\(what) is none that `\(run.command)` records") }
        arguments = try Self.arguments(run.arguments, form, refuse)
        for model in run.models {
            let isID = model.id.utf8.count == 64 && model.id.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
            guard form.models.contains(model.option), isID else { throw refuse("a model of its run") }
        }
        for file in run.files {
            let isName = !file.name.isEmpty && !file.name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
            guard form.files.contains(file.option), isName else { throw refuse("a file of its run") }
        }
        guard Set(run.models.map(\.option)).count == run.models.count else { throw refuse("a second model for one option") }
        guard Set(run.files.map(\.option)).count == run.files.count else { throw refuse("a second file for one option") }
        guard (run.corpus != nil) == form.readsCorpus else { throw refuse("what its run read") }
        guard run.idMember == form.idMember else { throw refuse("the member that names its decisions") }
        (self.form, command) = (form, run.command)
    }

    /// Options with their values in one word: no value can then be taken for an option.
    private static func arguments(_ recorded: [String], _ form: Form, _ refuse: (String) -> Refusal) throws(Refusal) -> [String] {
        var arguments: [String] = []
        var seen: Set<String> = []
        var place = 0
        while place < recorded.count {
            let name = recorded[place]
            guard seen.insert(name).inserted else { throw refuse("an option that its run gives twice") }
            place += 1
            if form.flags.contains(name) {
                arguments.append(name)
                continue
            }
            guard let isRight = form.values[name], place < recorded.count, isRight(recorded[place]) else {
                throw refuse("option \(seen.count) of its run, or the value of it,")
            }
            // The parser takes no empty value in one word.
            arguments += recorded[place].isEmpty ? [name, ""] : ["\(name)=\(recorded[place])"]
            place += 1
        }
        return arguments
    }

    /// Why an input is not one of the run; nil where it is.
    func fault(of input: DecisionInput) -> String? {
        for option in input.files.keys {
            let isTable = command == "credit score" && Self.table(option).map(Self.isTable) ?? false
            guard form.tables.contains(option) || isTable else { return "a table of its input is none that `\(command)` records" }
        }
        return input.wording == nil || command == "label" ? nil : "its input holds words, which `\(command)` does not record"
    }

    /// The name in `--file name`; nil for another option.
    static func table(_ option: String) -> String? { option.hasPrefix("--file ") ? String(option.dropFirst("--file ".count)) : nil }

    /// Whether a name can stand in `--file name=path`.
    private static func isTable(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "=") }
    }
}
