internal import Evaluation
internal import IntentTaxonomy
public import ReportPage

/// Takes: an ``AuditDossier``.   Gives: one page for whoever has to answer for the model, headed by what anybody reads in a minute.
public struct AuditReport: Sendable {
    let dossier: AuditDossier

    /// A page of a dossier.
    public init(_ dossier: AuditDossier) { self.dossier = dossier }

    /// The page.
    public var page: Page {
        let classifier = dossier.models.first { $0.kind == "classifier" }?.id.prefix(12) ?? "none"
        return Page(
            title: dossier.inventory.model,
            subtitle:
                "Audit report of \(dossier.madeAt.prefix(10))\(dossier.isSynthetic ? ", synthetic data" : ""): classifier \(classifier)",
            sections: [
                Section("In a minute", opening), Section("Inventory and purpose", inventory), Section("Data", lineage),
                Section("Taxonomy and approval", taxonomy), Section("How well intents are told", performance),
                Section("Silence and groups", groups), Section("Has anything moved?", stability), Section("Reasons", reasons),
                Section("Decisions on record", ledger), Section("Since the last report", changes),
                Section("Limits and signatures", limits), Section("What this page helps to show", frameworks), Section("Words", words),
            ],
            footer:
                "Written by \(dossier.program)\(dossier.isSynthetic ? " from synthetic data" : "") at \(dossier.madeAt). "
                + "Its figures as JSON: tessera audit report --json.")
    }

    /// The page as HTML.
    public var html: String { page.html() }

    /// A remark for captions, which may be shown without the page.
    var remark: String { dossier.isSynthetic ? " (synthetic)" : "" }

    func name(_ intent: String) -> String { dossier.taxonomy.names[intent] ?? intent }

    /// An estimate with its interval.
    static func range(_ metric: MetricInterval, digits: Int = 2) -> String {
        guard metric.estimate.isFinite else { return "–" }
        func fixed(_ value: Double) -> String { NumberText.fixed(value, digits: digits) }
        return "\(fixed(metric.estimate)) (\(fixed(metric.lower)) to \(fixed(metric.upper)))"
    }

    /// A share with its interval.
    static func share(_ metric: MetricInterval) -> String {
        guard metric.estimate.isFinite else { return "–" }
        return "\(percent(metric.estimate)) (\(percent(metric.lower)) to \(percent(metric.upper)))"
    }

    static func percent(_ share: Double) -> String { share.isFinite ? NumberText.percent(share) : "–" }

    static func ends(_ metric: MetricInterval) -> ClosedRange<Double>? {
        metric.estimate.isFinite && metric.lower <= metric.upper ? metric.lower...metric.upper : nil
    }

    /// What nobody has said is said to be missing.
    static func said(_ text: String?) -> String { text.flatMap { $0.isEmpty ? nil : $0 } ?? "nobody has said so yet" }

    /// Intents of which so many sessions or more were judged, the worst F1 first.
    var weakest: [IntentStudy.IntentRow] {
        (dossier.performance?.intents ?? []).filter { $0.support >= Self.fewestJudged && $0.f1.isFinite }
            .sorted { ($0.f1, $0.intent) < ($1.f1, $1.intent) }
    }

    static let fewestJudged = 20
    /// Intents in the picture of precision and recall.
    static let mostShown = 15

    /// Intents whose precision is below what the owner asks for, whole interval and all.
    var belowFloor: [IntentStudy.IntentRow] {
        guard let floor = dossier.inventory.floor else { return [] }
        return (dossier.performance?.intents ?? []).filter { $0.precision.estimate.isFinite && $0.precision.upper < floor }
    }
}
