internal import DurableFiles
internal import EventStream
internal import IntentTaxonomy
internal import SequenceEmbedding

/// What the service says of itself.
extension ScoringService {
    /// Refuses a principal that has none of these scopes.
    func allow(_ exchange: Exchange, anyOf scopes: ScopeSet) throws(RequestFault) {
        guard exchange.principal.scopes.overlaps(scopes) else {
            throw RequestFault(
                .forbidden, "the key is for none of \(scopes)", remedy: "ask who runs the service for a key of such a scope")
        }
    }

    /// The fields, intents, tiles and products of a bundle: what a caller needs to ask.
    func schema(_ exchange: Exchange) throws(RequestFault) -> ServiceAnswer {
        let bundle = try bundle(exchange)
        try allow(exchange, anyOf: .predictions)
        func list(_ items: some Sequence<String>) -> String { "[\(items.joined(separator: ","))]" }
        let fields = (bundle.schema?.fields ?? []).filter { $0.role == .input }.map {
            "{\"name\":\(JSONString.quoted($0.name)),\"kind\":\"\($0.kind.rawValue)\"}"
        }
        let taxonomy = bundle.classifier?.classifier.taxonomy
        let intents = bundle.told.map { id in
            let intent = taxonomy?[id]
            return "{\"id\":\(JSONString.quoted(id)),\"name\":\(JSONString.quoted(intent?.name ?? id)),"
                + "\"definition\":\(JSONString.quoted(intent?.definition ?? ""))}"
        }
        let parts = BundleFolder.Part.allCases.filter { bundle.folder.has($0) }.map {
            JSONString.quoted($0 == .predictor ? "conversion" : $0.rawValue)
        }
        let limits = settings.limits
        var text =
            "{\"bundle\":\(JSONString.quoted(bundle.name)),\"version\":\"\(bundle.version)\",\"digest\":\"\(bundle.id)\""
        text += ",\"parts\":\(list(parts)),\"fields\":\(list(fields))"
        text += ",\"has_time\":\(bundle.schema?.hasTime ?? false),\"intents\":\(list(intents)),\"examples\":\(examples(bundle))"
        text += ",\"tiles\":\(list(bundle.tiles.map(JSONString.quoted))),\"products\":\(list(bundle.products.map(JSONString.quoted)))"
        text += ",\"limits\":{\"events_per_session\":\(limits.eventsPerSession),\"fields_per_event\":\(limits.fieldsPerEvent),"
        text += "\"field_bytes\":\(limits.fieldBytes),\"body_bytes\":\(limits.bodyBytes),\"batch\":\(limits.batch)}}"
        return ServiceAnswer(json: text)
    }

    /// Some values of each field, the most frequent of training, as far as enough visitors had every word of them: vocabularies count
    /// events, and one visitor alone can fill an entry.
    private func examples(_ bundle: ServingBundle) -> String {
        guard let words = bundle.words, let schema = bundle.schema, let encoder = bundle.encoder else { return "{}" }
        let lists = schema.fields.filter { $0.role == .input }.compactMap { field -> String? in
            guard let vocabulary = encoder.encoding.vocabularies[field.name] else { return nil }
            let values = vocabulary.entries.prefix(200).compactMap { words.shown($0, of: field) }.prefix(40)
            return values.isEmpty
                ? nil : "\(JSONString.quoted(field.name)):[\(values.map(JSONString.quoted).joined(separator: ","))]"
        }
        return "{\(lists.joined(separator: ","))}"
    }

    /// The bundles in the shape that OpenAI's clients read.
    func models() -> ServiceAnswer {
        let list = parts.bundles.all.map {
            "{\"id\":\(JSONString.quoted($0.name)),\"object\":\"model\",\"created\":0,\"owned_by\":\"tessera\","
                + "\"version\":\"\($0.version)\",\"digest\":\"\($0.id)\"}"
        }
        return ServiceAnswer(json: "{\"object\":\"list\",\"data\":[\(list.joined(separator: ","))]}")
    }
}
