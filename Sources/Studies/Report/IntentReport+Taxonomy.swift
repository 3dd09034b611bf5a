internal import IntentTaxonomy
internal import ReportPage

extension IntentReport {
    var taxonomyBlocks: [any Block] {
        let intents = taxonomy.assignable
        return [
            Paragraph(taxonomy.description),
            KeyFigures([
                .init("Taxonomy", taxonomy.version, note: taxonomy.id),
                .init("Intents", "\(intents.count)", note: "that a session can show"),
                .init("Sensitive", "\(intents.count { $0.sensitivity == .sensitive })", note: "seen by few, kept short"),
                .init("Restricted", "\(intents.count { !$0.prohibitedFor.isEmpty })", note: "must not be used for some purposes"),
            ]),
            Table(
                caption: "Approval", columns: [.init("What"), .init("Record")],
                rows: [["State", state]]
                    + (taxonomy.approval.map { approval in
                        [["By", approval.by], ["At", approval.at]] + (approval.note.map { [["Note", $0]] } ?? [])
                            + [["Approved digest", approval.digest]]
                    } ?? []) + [["Digest of this content", taxonomy.digest]]),
            Outline(entries, singular: "intent", plural: "intents"),
        ]
    }

    private var state: String {
        switch taxonomy.approvalState {
        case .approved: "approved as it stands: a classifier under it may be served"
        case .changed: "changed since it was approved: a classifier under it may be judged, not served"
        case .unapproved: "nobody has approved it: a classifier under it may be judged, not served"
        }
    }

    private var entries: [Outline.Entry] {
        // What hangs in a circle has no way from the top and would never be reached; a valid taxonomy has none.
        var shown: Set<String> = []
        func entry(_ intent: Intent) -> Outline.Entry? {
            guard shown.insert(intent.id).inserted else { return nil }
            var marks: [String] = []
            if intent.sensitivity == .sensitive { marks.append("sensitive") }
            if !intent.prohibitedFor.isEmpty { marks.append("not for " + intent.prohibitedFor.map(\.rawValue).joined(separator: ", ")) }
            if let owner = intent.owner { marks.append("owner: " + owner) }
            if let verdict = settings.heldBack.first(where: { $0.intent == intent.id }) {
                marks.append("held back: " + Self.reasons(verdict))
            }
            return Outline.Entry(
                intent.name, note: intent.id, text: intent.definition, marks: marks,
                children: taxonomy.children(of: intent.id).compactMap(entry))
        }
        return taxonomy.children(of: nil).compactMap(entry)
    }

    /// Why the gate holds an intent back, in words.
    static func reasons(_ verdict: LabelGate.Verdict) -> String {
        verdict.reasons.map { reason in
            switch reason {
            case .noPositive: "no session shows it"
            case .noNegative: "every session shows it"
            case .fewPositives: "too few sessions show it"
            case .lowAgreement: "annotators disagree on it"
            case .banned: "it is banned for the purpose"
            }
        }.joined(separator: ", ")
    }
}
