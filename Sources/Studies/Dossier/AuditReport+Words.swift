internal import ReportPage

/// What the page's words mean.
extension AuditReport {
    var words: [any Block] {
        [
            Table(
                columns: [.init("Word"), .init("What it means here")],
                rows: [
                    ["told, label", "an intent whose probability reaches its threshold, so that the session is given it"],
                    [
                        "precision, recall",
                        "of the labels given the share that is right; of those that annotators give the share that is found",
                    ],
                    ["F1", "the harmonic mean of both: 1 is perfect. Micro: of all labels together; macro: the mean over intents"],
                    ["average precision", "how well sessions are ordered by the probability of an intent, whatever the threshold"],
                    ["calibration error", "how far probabilities are from how often they come true, on average"],
                    ["interval", "made so that in 95 of 100 such studies it holds the true value"],
                    ["seed", "the number that the chances of a training come from; another seed is the same training with other chances"],
                    ["direction", "one of the five lines along which the embeddings of sessions differ most (principal components)"],
                    ["keyed digest", "a pseudonym that only who has the key can make from an id, the same everywhere"],
                    [
                        "chain, head, anchor",
                        "each entry of the ledger holds the hash of the one before; a head is the signed end of a commit; an anchor is a head "
                            + "that was kept elsewhere",
                    ],
                ])
        ]
    }
}
