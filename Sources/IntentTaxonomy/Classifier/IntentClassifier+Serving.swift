/// The door to serving: only what was trained under an approved taxonomy goes through.
extension IntentClassifier {
    /// Refuses a classifier whose taxonomy nobody approved as it is.
    public func checkServable(place: String) throws(IntentClassifierError) {
        guard taxonomy.isApproved else {
            throw .unapproved(path: place, state: taxonomy.approvalState, taxonomy: settings.taxonomy)
        }
    }

    /// The same classifier with the approval of its taxonomy, ready to be served.
    /// - Parameter approved: the taxonomy as it was approved; nil where the classifier's own is.
    public func packed(approvedBy approved: Taxonomy?, place: String) throws(IntentClassifierError) -> IntentClassifier {
        var own = taxonomy
        if let approved {
            guard approved.digest == settings.taxonomy.digest else {
                throw .otherTaxonomy(path: place, wanted: settings.taxonomy, given: TaxonomyReference(approved))
            }
            own.approval = approved.approval
        }
        let packed = IntentClassifier(
            settings, taxonomy: own, student: student, facts: facts, encoderWeights: encoderWeights, card: card,
            heldOut: heldOut, suspensions: suspensions)
        try packed.checkServable(place: place)
        return packed
    }
}
