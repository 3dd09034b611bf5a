internal import ReportPage

/// What is on record, what has changed, who signed, and what the page helps to show.
extension AuditReport {
    var ledger: [any Block] {
        guard let ledger = dossier.ledger else {
            return [
                Paragraph(
                    "No ledger was given (--ledger): this page says nothing of single decisions. Commands that label and score take "
                        + "--ledger "
                        + "and record each.")
            ]
        }
        var blocks: [any Block] = [
            Paragraph(
                ledger.isIntact
                    ? "The chain was walked and is whole"
                        + (ledger.isVouchedFor
                            ? ", and a key that was known from elsewhere signed its heads."
                            : ledger.isSigned
                                ? ". Its heads are signed by a key that the file itself names: that this is the bank's key nobody has said "
                                    + "(--key), and anybody can sign a file of their own."
                                : "; its heads are not signed, so that whoever can write the file could have written it anew.")
                    : "The chain was walked and is broken."),
            KeyFigures([
                .init("Entries", NumberText.count(ledger.entries)),
                .init(
                    "Decisions", NumberText.count(ledger.kinds["decision"] ?? 0),
                    note: "\(NumberText.count(ledger.decisions)) of this classifier"),
                .init("Reviews", NumberText.count(ledger.kinds["review"] ?? 0)),
                .init("Erasures", NumberText.count(ledger.kinds["erasure"] ?? 0), note: "of subjects"),
            ]),
        ]
        if let keys = ledger.keys, !keys.isEmpty {
            blocks.append(
                Table(
                    caption: "Who signed it", columns: [.init("Public key"), .init("From entry", .right), .init("Known from elsewhere")],
                    rows: keys.map { [$0.key, NumberText.count($0.since), $0.isTrusted ? "yes" : "no"] }))
        }
        if let warnings = ledger.warnings, !warnings.isEmpty {
            blocks.append(Table(caption: "What the walk cannot tell", columns: [.init("Warning")], rows: warnings.map { [$0] }))
        }
        if !ledger.findings.isEmpty {
            blocks.append(
                Table(caption: "What the walk found", columns: [.init("Finding")], rows: ledger.findings.prefix(50).map { [$0] }))
        }
        func counts(_ caption: String, _ column: String, _ values: [String: Int]) -> any Block {
            Table(
                caption: caption, columns: [.init(column), .init("Entries", .right)],
                rows: values.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { [$0.key, NumberText.count($0.value)] })
        }
        blocks.append(counts("By kind", "Kind", ledger.kinds))
        blocks.append(counts("By purpose", "Purpose", ledger.purposes))
        if let from = ledger.from, let to = ledger.to { blocks.append(Paragraph("From \(from) to \(to).")) }
        blocks.append(
            ledger.verdicts.isEmpty
                ? Paragraph("No review verdict is on record: nobody has overruled, or confirmed, a label.")
                : counts("Overrides: what reviewers said of labels", "Verdict", ledger.verdicts))
        return blocks
    }

    var changes: [any Block] {
        guard let previous = dossier.previousAt else {
            return [Paragraph("No earlier report was given (--previous), so this one starts the series.")]
        }
        guard !dossier.changes.isEmpty else { return [Paragraph("Nothing differs from the report of \(previous).")] }
        return [
            Table(
                caption: "Since the report of \(previous)",
                columns: [.init("What"), .init("Before"), .init("Now"), .init("Reads")],
                rows: dossier.changes.map { [$0.what, $0.before, $0.after, $0.reading] })
        ]
    }

    var limits: [any Block] {
        var known = [
            "A label says what a session looks like to annotators, not what the person wanted or will do.",
            "Figures hold for visits like those of these data; another site or season needs another judgement.",
        ]
        if dossier.performance == nil { known.append("Nobody has judged this classifier on labels.") }
        if dossier.groups == nil { known.append("Whether some groups are told worse was not looked at.") }
        if dossier.ledger == nil { known.append("Single decisions are not on record here.") }
        var blocks: [any Block] = [
            Table(
                caption: "Limits", columns: [.init("What it cannot do"), .init("Said by")],
                rows: known.map { [$0, "the program"] } + (dossier.inventory.limits ?? []).map { [$0, "the owner"] })
        ]
        if let monitoring = dossier.inventory.monitoring, !monitoring.isEmpty {
            blocks.append(
                Table(
                    caption: "What is watched, and what makes a new review necessary", columns: [.init("Trigger")],
                    rows: monitoring.map { [$0] }))
        }
        let signatures = dossier.inventory.signatures ?? []
        blocks.append(
            Table(
                caption: "Signatures", columns: [.init("Role"), .init("By"), .init("At"), .init("Decision")],
                rows: signatures.isEmpty
                    ? [["–", "nobody has signed", "–", "–"]] : signatures.map { [$0.role, $0.by, $0.at, $0.decision] }))
        return blocks
    }

    var frameworks: [any Block] {
        [
            Paragraph(
                "This page gathers evidence. Whether a use of the model keeps a law or a supervisor's guidance is for people to "
                    + "say: which of "
                    + "these apply depends on what the labels are used for."),
            Table(
                columns: [.init("Where"), .init("What is asked, in short"), .init("What here helps to show it")],
                rows: [
                    [
                        "SR 26-2 (formerly SR 11-7)",
                        "an inventory entry, a sound design, data lineage, outcomes beside benchmarks, monitoring, and who approved",
                        "Inventory and purpose; Data; How well intents are told; Has anything moved?; Limits and signatures",
                    ],
                    [
                        "EU AI Act, Art. 12, 19 and 26", "high-risk systems record events, and their logs are kept; deployers watch them",
                        "Decisions on record, with the ids of models and taxonomy; whether this use is high-risk is not for this "
                            + "page to say",
                    ],
                    [
                        "Regulation B, 12 CFR 1002.9", "specific principal reasons where credit is refused",
                        "Reasons: how they are found and how stable they are. Browsing intents are no such reasons; scorecards have "
                            + "their own page",
                    ],
                    [
                        "GDPR, Art. 15", "access to what is held of a person, and meaningful information on automated decisions",
                        "Reasons, and the taxonomy's words; what is held of one person: tessera audit subject",
                    ],
                ]),
        ]
    }
}
