/// What the card says a scorecard must not be taken for.
extension CreditScorecard {
    /// - Parameter read: applicants without a known outcome whose records pre-training read.
    static func limits(_ parts: Parts, _ counts: CreditData.Counts, _ times: [String], read: Int) -> [String] {
        var limits = [
            "It orders applicants like those it learnt from; of people whom the policy of that time declined nothing is known.",
            "Reasons say which columns raise the score, not what would have happened otherwise.",
            "Whether it treats groups of people alike was not looked at: that is for people who may know the groups.",
        ]
        limits += times
        let leftOut = counts.withoutOutcome - read
        if leftOut > 0 { limits.append("\(leftOut) applicants had no known outcome and were left out.") }
        if counts.refused > 0 { limits.append("\(counts.refused) rows of the files could not be read and were left out.") }
        if parts.leftOut > 0 {
            limits.append(
                "\(parts.leftOut) decisions were neither learnt from nor judged: on the wrong side of the boundary for their customer.")
        }
        return limits
    }

    /// What is to be said of the times at which outcomes came to be known, a sentence each: of the boundary, and of what teachers may see.
    static func outcomeTimes(
        _ configuration: CreditConfiguration, _ data: CreditData, _ parts: Parts, _ judges: Judges
    ) -> [String] {
        let examples = data.examples, taught = parts.learnt + parts.validation + parts.calibration
        let untold = taught.count { examples.outcomeTimes[$0] == nil }
        var sentences: [String] = []
        if let unlabelled = SequenceTraining.unlabelled(configuration, data, judges) {
            sentences.append(
                "\(unlabelled.count) applicants without a known outcome were read in pre-training, and taught nothing of outcomes.")
        }
        let former = configuration.preset == .huihen && configuration.huihen.preTraining ? data.old : nil
        if let former {
            let setAside = judges.setAside(former)
            if setAside > 0 {
                sentences.append(
                    "\(setAside) applicants of former days taught nothing: they are customers set aside, or were decided after the boundary."
                )
            }
        }
        if let before = judges.before {
            let day = CreditModelCard.moment(before)
            let late = taught.count { judges.isLate(examples.outcomeTimes[$0]) }
            if late > 0 {
                sentences.append(
                    "Of those learnt from, \(late) outcomes became known only after the boundary: the model could not have been made then.")
            }
            if parts.knownLater > 0 {
                sentences.append(
                    "\(parts.knownLater) applicants decided before \(day), whose outcome was known only later, taught nothing.")
            }
            let old = former.map { judges.taughtNothing($0) } ?? 0
            if old > 0 {
                sentences.append(
                    "\(old) applicants of former days decided before \(day), whose outcome was known only later, taught nothing.")
            }
            let oldUntold = former.map { own in (0..<own.count).count { own.outcomeTimes[$0] == nil && judges.letTeach(own, $0) } } ?? 0
            if oldUntold > 0 {
                sentences.append("Of \(oldUntold) applicants of former days it is not told when their outcome became known: they taught.")
            }
            if untold > 0 {
                sentences.append("Of \(untold) applicants learnt from it is not told when their outcome became known: they taught.")
            }
        }
        if configuration.preset == .mgkd, untold > 0 {
            sentences.append(
                "Of \(untold) applicants learnt from it is not told when their outcome became known, so it was not checked that teachers saw "
                    + "nothing of it.")
        }
        if configuration.preset == .mgkd, let granted = configuration.stages?.granted {
            let without = StageTables.withoutGrant(examples.subset(taught), table: granted)
            if without > 0 {
                sentences.append(
                    "\(without) applicants learnt from have no record in \"\(granted)\" from the decision on: their window begins at the "
                        + "decision.")
            }
        }
        return sentences
    }
}
