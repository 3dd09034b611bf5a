internal import Evaluation
internal import IntentTaxonomy
internal import ReportPage

extension IntentReport {
    func labelBlocks(_ part: LabelPart) -> [any Block] {
        let (manifest, agreement) = (part.manifest, part.agreement)
        let held = settings.heldBack
        var blocks: [any Block] = []
        if synthetic {
            blocks.append(
                Callout(
                    "Simulated annotators",
                    "No person and no language model gave these labels. The simulator makes them from the best possible guess "
                        + "of the hidden need, blurred and often wrong: a teacher that a student may beat."))
        }
        blocks.append(
            Paragraph(
                "\(agreement.sources.count) annotators labelled \(NumberText.count(agreement.sessions)) sessions, "
                    + "\(NumberText.count(agreement.sharedSessions)) of them at least two did. A session shows "
                    + "\(NumberText.fixed(agreement.intentsPerSession, digits: 2)) intents on average. Agreement is Krippendorff's alpha: "
                    + "1 is the same word every time, 0 is what chance gives."
                    + (part.isTeacher ? "" : " The classifier was taught by another label set than this one.")))
        blocks.append(
            KeyFigures([
                .init("Labelled sessions", NumberText.count(manifest.sessions)),
                .init("Annotations", NumberText.count(manifest.annotations)),
                .init("Refused rows", NumberText.count(manifest.rejects.values.reduce(0, +))),
                .init(
                    "“Other” or nothing",
                    agreement.shareOfOther.estimate.isFinite ? NumberText.percent(agreement.shareOfOther.estimate) : "–",
                    note:
                        "of sessions, 95 %: \(NumberText.percent(agreement.shareOfOther.lower)) to "
                        + NumberText.percent(agreement.shareOfOther.upper)
                ),
                .init("Held back", "\(held.count)", note: "of \(agreement.intents.count) intents, by the gate"),
            ]))
        blocks.append(
            Table(
                caption: "Annotators\(remark)", columns: [.init("Annotator"), .init("Sessions", .right)],
                rows: manifest.annotators.sorted { $0.key < $1.key }.map { [$0.key, NumberText.count($0.value)] }))
        if !held.isEmpty {
            blocks.append(
                Table(
                    caption: "Held back from teaching", columns: [.init("Intent"), .init("Why")],
                    rows: held.map { [name($0.intent), Self.reasons($0)] }))
        }
        if agreement.intents.contains(where: { $0.krippendorff != nil }) { blocks.append(agreementPlot(agreement)) }
        return blocks
    }

    private func agreementPlot(_ agreement: LabelAgreement) -> DotPlot {
        let rows = agreement.intents.sorted { a, b in
            (b.krippendorff?.estimate ?? -1, a.intent) < (a.krippendorff?.estimate ?? -1, b.intent)
        }
        let held = Set(settings.heldBack.map(\.intent))
        return DotPlot(
            "Agreement by intent\(remark)",
            note: "Krippendorff's alpha in per cent of full agreement, whiskers: 95 %, resampling sessions. Below 0 is drawn at 0.",
            label: "Krippendorff's alpha × 100", rowLabel: "Intent", noteLabel: "sessions", series: ["Krippendorff's alpha"],
            rows: rows.map { row in
                let alpha = row.krippendorff.map { DotPlot.Value($0.estimate, interval: Self.ends($0)) } ?? DotPlot.Value(.nan)
                return DotPlot.Row(
                    name(row.intent) + (held.contains(row.intent) ? " (held back)" : ""), note: NumberText.count(row.positives), [alpha])
            })
    }
}
