internal import Evaluation
internal import IntentTaxonomy
internal import ReportPage

/// What anybody reads in a minute, and what people say of the model.
extension AuditReport {
    var opening: [any Block] {
        var blocks: [any Block] = []
        if dossier.isSynthetic {
            blocks.append(
                Callout(
                    "Synthetic data",
                    "Everything on this page comes from a simulated bank. No person and no bank is behind any line, and the numbers "
                        + "say that "
                        + "the machinery works, not how well it will do on a real site."))
        }
        for alarm in alarms { blocks.append(Callout(alarm.title, alarm.text)) }
        blocks.append(
            KeyFigures([
                .init("Right", Self.percent(right.precision), note: "of the labels that it gives"),
                .init("Found", Self.percent(right.recall), note: "of those that annotators give"),
                .init("No label", Self.percent(dossier.serving.abstained.estimate), note: "of sessions, rather than a guess"),
                .init(
                    "Taxonomy", dossier.taxonomy.state == .unapproved ? "not approved" : dossier.taxonomy.state.rawValue,
                    note: dossier.taxonomy.by.map { "by \($0)" } ?? "by nobody"),
                .init(
                    "Model", (dossier.inventory.signatures ?? []).isEmpty ? "not signed" : "signed",
                    note: (dossier.inventory.signatures ?? []).isEmpty ? "nobody answers for its use" : "see below what was decided"),
                .init(
                    "Ledger", dossier.ledger.map { $0.isIntact ? "whole" : "broken" } ?? "none",
                    note: dossier.ledger.map { "\(NumberText.count($0.entries)) entries, \(Self.signed($0))" } ?? "no decisions on record"),
            ]))
        blocks.append(
            Table(
                columns: [.init("If you ask"), .init("The answer")],
                rows: [
                    ["What does it do?", Self.said(dossier.inventory.does)], ["How good is it?", howGood],
                    ["Where is it weak?", whereWeak],
                    ["Who approved it?", whoApproved], ["How do I challenge a label?", Self.said(dossier.inventory.challenge)],
                ]))
        return blocks
    }

    private static func signed(_ ledger: AuditDossier.LedgerPart) -> String {
        ledger.isVouchedFor ? "signed by a trusted key" : ledger.isSigned ? "signed by a key that nobody vouches for" : "not signed"
    }

    /// What must not be overlooked.
    var alarms: [(title: String, text: String)] {
        var alarms: [(String, String)] = []
        if let ledger = dossier.ledger, !ledger.isIntact {
            alarms.append(
                (
                    "The ledger is broken",
                    "What it says of decisions cannot be relied on: \(ledger.findings.prefix(3).joined(separator: "; "))."
                ))
        }
        if let floor = dossier.inventory.floor, !belowFloor.isEmpty {
            let judged = (dossier.performance?.intents ?? []).count { $0.precision.estimate.isFinite }
            alarms.append(
                (
                    "Below what its owner asks for",
                    "Of \(judged) intents that could be judged \(belowFloor.count) are surely right less often than "
                        + "\(Self.percent(floor)) of the time, which is the owner's floor: "
                        + belowFloor.sorted { $0.precision.estimate < $1.precision.estimate }.prefix(5).map { name($0.intent) }
                        .joined(separator: ", ") + (belowFloor.count > 5 ? " and others." : ".")
                ))
        }
        if dossier.taxonomy.state != .approved {
            alarms.append(
                (
                    "The taxonomy is not approved as it stands",
                    "Labels may be judged, and not be used: "
                        + (dossier.taxonomy.state == .changed ? "it was changed after its approval." : "nobody has approved it.")
                ))
        }
        if let purpose = dossier.purpose, !dossier.breaches.isEmpty {
            alarms.append(
                (
                    "Not allowed for \(purpose.rawValue)",
                    "\(dossier.breaches.count) things are banned: " + dossier.breaches.prefix(4).map(\.description).joined(separator: "; ")
                        + "."
                ))
        }
        let changed = dossier.stability?.rows.filter { $0.reading == .changed } ?? []
        if !changed.isEmpty {
            alarms.append(
                (
                    "Much has changed between the periods",
                    changed.map { "\($0.name) (index \(NumberText.fixed($0.index, digits: 2)))" }.joined(separator: ", ")
                        + ": find out why, and judge the model on the later period."
                ))
        }
        return alarms
    }

    /// Shares of all labels given that are right, and of all that annotators give that are found; NaN where nobody judged.
    private var right: (precision: Double, recall: Double) {
        let rows = dossier.performance?.intents ?? []
        func share(_ count: (IntentStudy.IntentRow) -> Int, _ metric: (IntentStudy.IntentRow) -> MetricInterval) -> Double {
            let known = rows.filter { count($0) > 0 && metric($0).estimate.isFinite }
            let all = known.reduce(0) { $0 + count($1) }
            return all == 0 ? .nan : known.reduce(0) { $0 + Double(count($1)) * metric($1).estimate } / Double(all)
        }
        return (share(\.assigned, \.precision), share(\.support, \.recall))
    }

    private var howGood: String {
        guard let performance = dossier.performance, let own = performance.judgements.first else {
            return "Nobody has judged it: there are no labels of people who did not teach it."
        }
        let rivals = performance.judgements.dropFirst().sorted { $0.microF1.estimate > $1.microF1.estimate }
        func ofHundred(_ share: Double) -> String { share.isFinite ? NumberText.fixed(share * 100) : "an unknown number" }
        var text =
            "Of 100 labels that it gives \(ofHundred(right.precision)) are right, and of 100 that annotators give, of the intents that it "
            + "knows, it finds \(ofHundred(right.recall)): micro F1 \(Self.range(own.microF1)), judged on \(NumberText.count(performance.sessions)) \(performance.judgedOn). "
        if let best = rivals.first {
            text += "The best simple method beside it, \(best.name), reaches \(Self.range(best.microF1)). "
            if let ahead = best.behindInMicroF1, ahead.estimate.isFinite {
                text +=
                    ahead.lower > 0
                    ? "It is ahead, and not by chance."
                    : ahead.upper < 0
                        ? "It is behind, and not by chance." : "Which of the two is better cannot be told from so many sessions."
            }
        }
        return text
    }

    private var whereWeak: String {
        var parts: [String] = []
        let worst = weakest.prefix(3)
        if !worst.isEmpty {
            parts.append(
                "Worst told: "
                    + worst.map { "\(name($0.intent)) (F1 \(NumberText.fixed($0.f1, digits: 2)) on \($0.support) sessions)" }
                    .joined(separator: ", ") + ".")
        }
        parts.append("No intent is told of \(Self.share(dossier.serving.abstained)) of sessions.")
        if !dossier.taxonomy.heldBack.isEmpty {
            parts.append("\(dossier.taxonomy.heldBack.count) of \(dossier.taxonomy.intents) intents are never told.")
        }
        let suspended = Set(suspensions.filter { $0.lifted == nil }.map(\.intent)).union(dossier.ledger?.suspended ?? []).sorted()
        if !suspended.isEmpty {
            parts.append(
                "Suspended after a review, until they are approved again: \(suspended.map { name($0) }.joined(separator: ", ")).")
        }
        if let difference = dossier.groups?.difference { parts.append("By \(dossier.groups?.field ?? "group"): \(difference).") }
        return parts.joined(separator: " ")
    }

    private var suspensions: [IntentSuspensions.Entry] { dossier.taxonomy.suspensions ?? [] }

    private var whoApproved: String {
        var parts: [String] = []
        if let by = dossier.taxonomy.by {
            parts.append(
                "The words of the intents: \(by)\(dossier.taxonomy.at.map { ", \($0.prefix(10))" } ?? "")"
                    + (dossier.taxonomy.state == .approved ? "." : ", but not as they stand.")
                    + (dossier.taxonomy.note.map { " (\($0))" } ?? ""))
        } else {
            parts.append("The words of the intents: nobody.")
        }
        let signatures = dossier.inventory.signatures ?? []
        parts.append(
            signatures.isEmpty
                ? "The model: nobody has signed."
                : "The model: " + signatures.map { "\($0.by) (\($0.role), \($0.at): \($0.decision))" }.joined(separator: "; ") + ".")
        return parts.joined(separator: " ")
    }

    var inventory: [any Block] {
        let entry = dossier.inventory
        var blocks: [any Block] = [
            Table(
                caption: "Inventory entry", columns: [.init("What"), .init("Entry")],
                rows: [
                    ["Purpose", Self.said(entry.purpose)], ["Must not be used for", Self.said(entry.never?.joined(separator: "; "))],
                    ["Owner", Self.said(entry.owner)], ["Users", Self.said(entry.users)],
                    ["How much depends on it", Self.said(entry.tier)],
                    ["Why its design is sound", Self.said(entry.design)], ["Status", Self.said(entry.status)],
                    ["Validated by others", Self.said(entry.validation)], ["Who watches it and can stop it", Self.said(entry.oversight)],
                    ["Without it", Self.said(entry.fallback)], ["Ground for using people's data", Self.said(entry.ground)],
                    ["How long data and records are kept", Self.said(entry.retention)],
                    ["Precision that every intent must have", Self.said(entry.floor.map { Self.percent($0) })],
                ]),
            Table(
                caption: "Models", columns: [.init("Model"), .init("Id"), .init("Seed", .right), .init("Trained for")],
                rows: dossier.models.map { model in
                    [
                        model.kind, String(model.id.prefix(16)), "\(model.seed)",
                        model.purposes.isEmpty ? "no purpose was named" : model.purposes.map(\.rawValue).joined(separator: ", "),
                    ]
                }),
        ]
        if !entry.missing.isEmpty {
            blocks.append(
                Callout("Not said yet", "The inventory entry lacks: \(entry.missing.joined(separator: ", ")). Only people can say that."))
        }
        if let purpose = dossier.purpose {
            let rules = dossier.rules.map { "rules \($0.id) \($0.version) (\($0.digest.prefix(12)))" } ?? "no rules"
            blocks.append(
                Paragraph(
                    dossier.breaches.isEmpty
                        ? "Checked for \(purpose.rawValue) by \(rules): nothing that encoder or classifier use is refused."
                        : "Checked for \(purpose.rawValue) by \(rules): refused."))
            if !dossier.breaches.isEmpty {
                blocks.append(
                    Table(
                        caption: "What is refused", columns: [.init("What"), .init("Name"), .init("Why"), .init("What to do")],
                        rows: dossier.breaches.map { [$0.subject.rawValue, $0.name, $0.reason, $0.remedy] }))
            }
        } else {
            blocks.append(Paragraph("No purpose was named, so no purpose rules were applied (--rules, --purpose)."))
        }
        return blocks
    }

    var lineage: [any Block] {
        let data = dossier.lineage
        var blocks: [any Block] = [
            KeyFigures([
                .init("Events", NumberText.count(data.events)), .init("Sessions", NumberText.count(data.sessions)),
                .init("Visitors", NumberText.count(data.visitors)),
                .init("Rows refused", NumberText.count(data.rejects.values.reduce(0, +))),
                .init("Repetitions", NumberText.count(data.duplicates), note: "dropped"),
            ])
        ]
        blocks.append(
            data.files.isEmpty
                ? Paragraph("No export file was named, so their digests are not here (--export); the corpus has its own.")
                : Table(
                    caption: "Export files", columns: [.init("File"), .init("Bytes", .right), .init("SHA-256")],
                    rows: data.files.map { [$0.name, NumberText.count($0.bytes), $0.sha256] }))
        var rows = [
            ["Corpus", data.corpus], ["From", data.from ?? "no times"], ["To", data.to ?? "no times"],
            ["Fields that the encoder reads", data.fields.joined(separator: ", ")],
            ["Fields of plain facts, which the classifier reads beside", data.facts.map { $0.joined(separator: ", ") } ?? "none"],
            ["Ids replaced by keyed digests", data.pseudonymised.isEmpty ? "none" : data.pseudonymised.joined(separator: ", ")],
            ["Labels that taught", data.labels.isEmpty ? "not said" : data.labels],
            [
                "Annotators",
                data.annotators.sorted { $0.key < $1.key }.map { "\($0.key) (\(NumberText.count($0.value)))" }.joined(separator: ", "),
            ],
            [
                "Taught by", "\(NumberText.count(data.taughtSessions)) sessions of \(NumberText.count(data.taughtVisitors)) visitors",
            ],
        ]
        if !data.split.isEmpty { rows.append(["Taught from", data.split]) }
        blocks.append(Table(caption: "Where it comes from", columns: [.init("What"), .init("Value")], rows: rows))
        let lost = (data.rejects.map { ($0.key, $0.value, "refused") } + data.skipped.map { ($0.key, $0.value, "left out by a rule") })
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
        blocks.append(
            lost.isEmpty
                ? Paragraph("No row was refused or left out.")
                : Table(
                    caption: "Rows that are not in it", columns: [.init("Why"), .init("Rows", .right), .init("How")],
                    rows: lost.map { [$0.0, NumberText.count($0.1), $0.2] }))
        return blocks
    }

    var taxonomy: [any Block] {
        let own = dossier.taxonomy
        var blocks: [any Block] = [
            Table(
                caption: "Approval", columns: [.init("What"), .init("Record")],
                rows: [
                    ["Taxonomy", "\(own.reference.id) \(own.reference.version)"], ["Digest", own.reference.digest],
                    ["State", own.state.rawValue], ["By", own.by ?? "nobody"], ["At", own.at ?? "–"], ["Note", own.note ?? "–"],
                    ["Intents", "\(own.intents), of them \(own.sensitive) sensitive and \(own.prohibited) prohibited for some purpose"],
                ])
        ]
        if !own.heldBack.isEmpty {
            blocks.append(
                Table(
                    caption: "Intents that are never told", columns: [.init("Intent"), .init("Why")],
                    rows: own.heldBack.sorted { $0.key < $1.key }.map { [name($0.key), $0.value] }))
        }
        if let restricted = own.restricted, !restricted.isEmpty {
            blocks.append(
                Table(
                    caption: "Intents to be handled with care",
                    columns: [.init("Intent"), .init("Sensitive"), .init("Prohibited for"), .init("Told by this classifier")],
                    rows: restricted.map {
                        [
                            name($0.intent), $0.isSensitive ? "yes" : "no",
                            $0.prohibitedFor.isEmpty ? "nothing" : $0.prohibitedFor.joined(separator: ", "), $0.isTold ? "yes" : "no",
                        ]
                    }))
        }
        let unknown = Set(dossier.ledger?.suspended ?? []).subtracting(suspensions.filter { $0.lifted == nil }.map(\.intent)).sorted()
        if !unknown.isEmpty {
            blocks.append(
                Callout(
                    "The ledger and the classifier's folder differ",
                    "The ledger says that these are suspended, and the folder does not know it: \(unknown.map { name($0) }.joined(separator: ", ")). "
                        + "A program that does not read the ledger tells them."))
        }
        blocks.append(
            suspensions.isEmpty
                ? Paragraph(unknown.isEmpty ? "No intent was ever suspended after a review." : "The folder knows of no suspension.")
                : Table(
                    caption: "Suspended after a review", columns: [.init("Intent"), .init("Why"), .init("By"), .init("Until")],
                    rows: suspensions.map { entry in
                        [
                            name(entry.intent), entry.reason, "\(entry.by), \(entry.at.prefix(10))",
                            entry.lifted.map { "\($0.at.prefix(10)), by \($0.by)\($0.note.map { ": \($0)" } ?? "")" }
                                ?? "now: it is not told",
                        ]
                    }))
        return blocks
    }
}
