internal import IntentTaxonomy
internal import SequenceEmbedding

extension VisitorFolds {
    /// The fold of each training session of a baseline: five, or one a visitor where there are fewer.
    /// - Throws: ``StudyError/tooLittle(what:found:needed:)`` where there is one visitor only.
    static func ofBaseline(_ sessions: [Int], _ table: any EventTable) throws(StudyError) -> [Int] {
        let visitors = sessions.map { table.visitor(ofSession: $0) }
        let count = Set(visitors).count
        guard count > 1, let folds = try? VisitorFolds(visitors: visitors, count: min(5, count), seed: 0) else {
            throw .tooLittle(what: "visitors of the sessions to learn intents from", found: count, needed: 2)
        }
        return folds.fold
    }
}
