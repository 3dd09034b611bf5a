public import EventStream
public import SequenceEmbedding

/// What models of sessions use.
extension ModelUse {
    /// What an encoder about to be trained on a corpus would read.
    public static func encoder(_ configuration: ModelConfiguration, corpus: EventSchema) -> ModelUse {
        let read = corpus.fields.filter { $0.role == .input && configuration.fields.overrides[$0.name]?.ignored != true }
        return ModelUse(
            fields: read.map { field in
                Field(
                    field.name, table: "events", reader: "the encoder",
                    remedy: "leave it out: `fields: {overrides: {\(field.name): {ignored: true}}}` in --config")
            })
    }

    /// What a trained encoder reads.
    public static func encoder(_ artifact: ModelArtifact, place: String) throws(PurposeError) -> ModelUse {
        encoder(artifact, place: place, name: "the encoder in \(place)", record: try PurposeRecord.read(ofModelAt: place))
    }

    /// The same, by what is known of its purposes.
    /// - Parameter name: what a breach calls it.
    public static func encoder(_ artifact: ModelArtifact, place: String, name: String, record: PurposeRecord?) -> ModelUse {
        ModelUse(
            fields: artifact.encoding.plan.units.map { unit in
                Field(
                    unit.field, table: "events", reader: name,
                    remedy: "train an encoder without it: `tessera pretrain` with `fields: {overrides: {\(unit.field): {ignored: true}}}`")
            }, models: [Model(.encoder, id: artifact.id, place: place, record: record)])
    }

    /// What the facts of a classifier about to be trained would read.
    public static func facts(_ settings: FactSettings, corpus: EventSchema) -> ModelUse {
        let paired = settings.pairs.flatMap { [$0.of, $0.by] }
        let read = corpus.fields.filter { field in
            field.role == .input && (settings.fields[field.name]?.ignored != true || paired.contains(field.name))
        }
        return ModelUse(
            fields: read.map { field in
                Field(
                    field.name, table: "events", reader: "facts",
                    remedy: "leave it out: `facts: {fields: {\(field.name): {ignored: true}}}` in --config"
                        + (paired.contains(field.name) ? ", and no pair of it" : "") + ", or --inputs embedding")
            })
    }

    /// Intents with the groups above them.
    /// - Parameter remedy: how to leave one out, as a demand.
    public static func intents(_ ids: [String], of taxonomy: Taxonomy, remedy: String) -> ModelUse {
        ModelUse(
            intents: ids.compactMap { taxonomy[$0] },
            groups: Dictionary(ids.map { ($0, taxonomy.ancestors(of: $0)) }, uniquingKeysWith: { own, _ in own }), intentRemedy: remedy)
    }

    /// What a trained classifier reads and gives out.
    public static func classifier(
        _ classifier: IntentClassifier, place: String, remedy: String = packing
    ) throws(PurposeError) -> ModelUse {
        self.classifier(
            classifier, place: place, name: "the classifier in \(place)", record: try PurposeRecord.read(ofModelAt: place), remedy: remedy)
    }

    /// How a classifier loses a banned intent.
    public static let packing = "pack the classifier for this purpose with `tessera intents pack --leave-out-banned`"

    /// The same, by what is known of its purposes.
    /// - Parameter name: what a breach calls it.
    public static func classifier(
        _ classifier: IntentClassifier, place: String, name: String, record: PurposeRecord?, remedy: String = packing
    ) -> ModelUse {
        let facts = classifier.facts.map { plan in Set(plan.fields.map(\.name) + plan.pairs.flatMap { [$0.of, $0.by] }) } ?? []
        var use = intents(classifier.settings.intents, of: classifier.taxonomy, remedy: remedy)
        use.fields = facts.sorted().map { field in
            Field(
                field, table: "events", reader: name,
                remedy: "train one without it: `tessera intents train` with `facts: {fields: {\(field): {ignored: true}}}`")
        }
        use.models = [Model(.intents, id: classifier.id, place: place, record: record)]
        return use
    }
}
