public import ArgumentParser
internal import DurableFiles
public import IntentTaxonomy
internal import SettingsFiles

/// What a training or packing is for, and the rules of that.
struct TrainingPurpose: ParsableArguments {
    @Option(
        name: [.customLong("rules"), .customLong("purpose-rules")],
        help: ArgumentHelp("Purpose rules: what they ban for --purpose is refused before any work.", valueName: "rules.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var rules: String?
    @Option(help: ArgumentHelp("What the model is for: \(PurposeFile.names). May be repeated.", valueName: "purpose"))
    var purpose: [Purpose] = []

    func validate() throws {
        guard (rules == nil) == purpose.isEmpty else { throw ValidationError("--rules and --purpose go together") }
    }

    var files: [String] { [rules].compactMap { $0 } }

    /// What stands before the work; one that lets everything pass where no rules were given.
    func opened() throws -> PurposeGuard { try PurposeFile.opened(rules, purpose) }
}

/// What a serving is for, and the rules of that.
struct ServingPurpose: ParsableArguments {
    @Option(
        name: [.customLong("rules"), .customLong("purpose-rules")],
        help: ArgumentHelp("Purpose rules: what they ban for --purpose is refused before any work.", valueName: "rules.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var rules: String?
    @OptionGroup var named: PurposeOption

    func validate() throws { try named.check(rules) }

    var purpose: Purpose? { named.purpose }
    var recorded: [String] { named.recorded }
    var files: [String] { [rules].compactMap { $0 } }

    /// What stands before the work; without rules it knows what models and intents say of themselves.
    func opened() throws -> PurposeGuard { try named.opened(rules) }
}

/// The purpose of a serving.
struct PurposeOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What it is for: \(PurposeFile.names). Models trained for another purpose are refused.", valueName: "purpose"))
    var purpose: Purpose?

    /// As a run keeps it: a model that was trained for a purpose serves only who names it.
    var recorded: [String] { purpose.map { ["--purpose", $0.rawValue] } ?? [] }

    func check(_ rules: String?) throws {
        guard rules == nil || purpose != nil else { throw ValidationError("rules hold for a purpose: name it with --purpose") }
    }

    func opened(_ rules: String?) throws -> PurposeGuard { try PurposeFile.opened(rules, purpose.map { [$0] } ?? []) }
}

/// The file of purpose rules.
enum PurposeFile {
    static var names: String { Purpose.allCases.map(\.rawValue).joined(separator: ", ") }

    static func read(_ path: String) throws -> PurposeRules { try SettingsFile.read(PurposeRules.self, from: path) }

    static func opened(_ path: String?, _ purposes: [Purpose]) throws -> PurposeGuard {
        guard let path else { return PurposeGuard(purposes) }
        return PurposeGuard(purposes, rules: try read(path), place: path)
    }
}

extension Purpose: ExpressibleByArgument {}
