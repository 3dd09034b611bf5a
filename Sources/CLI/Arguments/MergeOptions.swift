public import ArgumentParser
public import IntentTaxonomy

/// How several annotators become one label; the same wherever labels are used.
struct MergeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What holds where annotators differ: \(LabelMerge.Rule.names).", valueName: "rule"))
    var rule = LabelMerge.Rule.mean
    @Option(help: ArgumentHelp("From this confidence on an intent counts as present.", valueName: "share")) var threshold = 0.5
    @Option(
        help: ArgumentHelp("Annotator whose word is final, for sessions decided by a person. May be repeated.", valueName: "name"))
    var deciding: [String] = []

    func validate() throws {
        guard threshold > 0, threshold <= 1 else { throw ValidationError("--threshold must lie above 0 and not above 1") }
    }

    var merge: LabelMerge { LabelMerge(rule: rule, threshold: threshold, deciding: deciding) }
}

/// Which intents are trained.
struct GateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Least Krippendorff's alpha; intents below are not trained.", valueName: "alpha"))
    var minimumAgreement = LabelGate().minimumAgreement
    @Option(help: ArgumentHelp("Fewest sessions that show an intent; with fewer it is not trained.", valueName: "n"))
    var minimumPositives = LabelGate().minimumPositives
    @Option(help: ArgumentHelp("Train this intent whatever the two limits say. May be repeated.", valueName: "intent"))
    var train: [String] = []

    func validate() throws {
        guard minimumAgreement.isFinite, minimumAgreement <= 1 else { throw ValidationError("--minimum-agreement must not be above 1") }
        guard minimumPositives >= 1 else { throw ValidationError("--minimum-positives must be at least 1") }
    }

    var gate: LabelGate {
        LabelGate(minimumAgreement: minimumAgreement, minimumPositives: minimumPositives, overrides: train)
    }
}

extension LabelMerge.Rule: ExpressibleByArgument {
    fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
