internal import Evaluation
internal import IntentTaxonomy

extension AuditDossier {
    /// The same dossier with what differs from the last one.
    public func compared(with previous: AuditDossier) -> AuditDossier {
        var own = self
        own.previousAt = previous.madeAt
        own.changes = changes(since: previous)
        return own
    }

    private func changes(since previous: AuditDossier) -> [Change] {
        var changes: [Change] = []
        func note(_ what: String, _ before: String, _ after: String, _ reading: String) {
            if before != after { changes.append(Change(what: what, before: before, after: after, reading: reading)) }
        }
        func short(_ id: String) -> String { String(id.prefix(12)) }
        for kind in ["encoder", "classifier"] {
            note(
                kind, short(previous.models.first { $0.kind == kind }?.id ?? "none"), short(models.first { $0.kind == kind }?.id ?? "none"),
                "another model: judge it anew")
        }
        note(
            "taxonomy", "\(previous.taxonomy.reference.version), \(short(previous.taxonomy.reference.digest))",
            "\(taxonomy.reference.version), \(short(taxonomy.reference.digest))", "labels before and after do not mean the same")
        note("approval", previous.taxonomy.state.rawValue, taxonomy.state.rawValue, "what may be served has changed")
        note("corpus", short(previous.lineage.corpus), short(lineage.corpus), "other data")
        note("rules", short(previous.rules?.digest ?? "none"), short(rules?.digest ?? "none"), "other rules of what may be used")
        note("purpose", previous.purpose?.rawValue ?? "none", purpose?.rawValue ?? "none", "another purpose")
        note("owner", previous.inventory.owner ?? "none", inventory.owner ?? "none", "somebody else answers for it")
        func told(_ part: TaxonomyPart) -> Set<String> { Set(part.told ?? Array(part.names.keys)) }
        let gone = told(previous.taxonomy).subtracting(told(taxonomy)).sorted()
        let new = told(taxonomy).subtracting(told(previous.taxonomy)).sorted()
        if !gone.isEmpty || !new.isEmpty {
            note(
                "intents told", gone.isEmpty ? "all of now" : "also " + gone.joined(separator: ", "),
                new.isEmpty ? "none new" : "also " + new.joined(separator: ", "), "intents came or went")
        }
        func suspended(_ part: TaxonomyPart) -> String {
            let ids = Set((part.suspensions ?? []).filter { $0.lifted == nil }.map(\.intent)).sorted()
            return ids.isEmpty ? "none" : ids.joined(separator: ", ")
        }
        note("suspended", suspended(previous.taxonomy), suspended(taxonomy), "reviewers found labels wrong, or right again")
        func interval(_ what: String, _ before: MetricInterval?, _ after: MetricInterval?) {
            guard let before, let after, before != after, before.estimate.isFinite, after.estimate.isFinite else { return }
            let apart = before.upper < after.lower || after.upper < before.lower
            note(
                what, AuditReport.range(before), AuditReport.range(after),
                apart ? "moved: the intervals do not overlap" : "within what chance does: the intervals overlap")
        }
        interval("micro F1", previous.performance?.judgements.first?.microF1, performance?.judgements.first?.microF1)
        interval(
            "average precision", previous.performance?.judgements.first?.meanAveragePrecision,
            performance?.judgements.first?.meanAveragePrecision)
        interval(
            "calibration error", previous.performance?.judgements.first?.calibrationError, performance?.judgements.first?.calibrationError)
        interval("sessions without an intent", previous.serving.abstained, serving.abstained)
        note(
            "inventory", previous.inventory == inventory ? "same" : "before", previous.inventory == inventory ? "same" : "rewritten",
            "what people say of the model was changed")
        return changes
    }
}
