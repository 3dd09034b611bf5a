extension OpenAPIDocument {
    static let version = #"""
        { "type": "string", "description": "What answers alike has one: the digest, and where intents are suspended a dash and twelve \#
        digits that are others when others are." }
        """#
    private static let probability = #"{ "type": "number", "minimum": 0, "maximum": 1 }"#

    /// What callers get.
    static func answerSchemas(_ limits: Limits) -> String {
        ##"""
        "Bundle": { "type": "object", "required": ["name", "version", "digest"], "description": "The models that answered.",
          "properties": {
            "name": { "type": "string" },
            "version": \##(version),
            "digest": { "type": "string", "description": "Of all files of the bundle." },
            "taxonomy": { "type": "string", "description": "The digest of the taxonomy, where there are intents." } } },
        "Score": { "type": "object", "required": ["session", "bundle"],
          "properties": {
            "session": { "type": "string" },
            "label": { "$ref": "#/components/schemas/Label" },
            "embedding": { "type": "array", "items": { "type": "number" } },
            "conversion": { "$ref": "#/components/schemas/Forecast" },
            "bundle": { "$ref": "#/components/schemas/Bundle" } } },
        "LiveScore": { "type": "object", "required": ["session", "bundle", "events"],
          "properties": {
            "session": { "type": "string" },
            "label": { "$ref": "#/components/schemas/Label" },
            "embedding": { "type": "array", "items": { "type": "number" } },
            "conversion": { "$ref": "#/components/schemas/Forecast" },
            "bundle": { "$ref": "#/components/schemas/Bundle" },
            "events": { "type": "integer", "minimum": 1, "description": "Events that the session has." } } },
        "BatchLine": { "description": "A line of an answer to a batch.",
          "anyOf": [
            { "$ref": "#/components/schemas/Score" },
            { "type": "object", "required": ["error"],
              "properties": { "session": { "type": ["string", "null"] }, "error": { "$ref": "#/components/schemas/Refusal" } } }] },
        "Label": { "type": "object", "required": ["session", "status", "intents", "set", "taxonomy", "encoder", "classifier"],
          "description": "The line that `tessera label` writes, byte for byte.",
          "properties": {
            "session": { "type": "string" },
            "status": { "type": "string", "enum": ["labelled", "abstained"] },
            "reason": { "type": "string", "enum": ["below_thresholds", "suspended", "no_events"], "description":
              "Why there is no intent." },
            "intents": { "type": "array", "items": { "$ref": "#/components/schemas/AssignedIntent" }, "description":
              "The most probable first." },
            "set": { "type": "array", "items": { "type": "string" },
              "description": "Intents that are possible: the set holds every intent that is present in the promised share of sessions." },
            "groups": { "type": "object", "additionalProperties": \##(probability), "description":
              "The most probable intent of each group." },
            "probabilities": { "type": "object", "additionalProperties": \##(probability), "description":
              "Of all intents, where `all` asked." },
            "suspended": { "type": "array", "items": { "type": "string" }, "description": "Intents that are withheld from every session." },
            "taxonomy": { "type": "object", "required": ["id", "version", "digest"],
              "properties": { "id": { "type": "string" }, "version": { "type": "string" }, "digest": { "type": "string" } } },
            "encoder": { "type": "string", "description": "Digest of the encoder." },
            "classifier": { "type": "string", "description": "Digest of the classifier." } } },
        "AssignedIntent": { "type": "object", "required": ["id", "definition", "name", "threshold", "probability"],
          "properties": {
            "id": { "type": "string" },
            "definition": { "type": "string", "description": "The id and the digest of the words that define it." },
            "name": { "type": "string" },
            "threshold": { "type": "number", "minimum": 0 },
            "probability": \##(probability),
            "evidence": { "type": "array", "items": { "$ref": "#/components/schemas/EvidenceEvent" } } } },
        "EvidenceEvent": { "type": "object", "required": ["place", "event", "effect"],
          "properties": {
            "place": { "type": "integer", "minimum": 1, "description": "In the session, from 1." },
            "event": { "type": "string" },
            "effect": { "type": ["number", "null"], "description": "How much less probable the intent is without this event." } } },
        "Forecast": { "type": "object", "required": ["decision_id", "offer", "probabilities"],
          "properties": {
            "decision_id": { "type": "string" },
            "offer": { "type": ["string", "null"] },
            "probabilities": { "type": "object", "additionalProperties": \##(probability), "description": "By product, with `none`." } } },
        "Ranking": { "type": "object", "required": ["impression_id", "tiles", "removed", "bundle"],
          "properties": {
            "impression_id": { "type": "string" },
            "tiles": { "type": "array", "items": { "type": "object", "required": ["tile", "probability"],
              "properties": { "tile": { "type": "string" }, "probability": \##(probability) } } },
            "removed": { "type": "array", "description": "A tile for every rule that removes it.",
              "items": { "type": "object", "required": ["tile", "rule", "part", "reason"],
                "properties": { "tile": { "type": "string" }, "rule": { "type": "string" }, "part": { "type": "string" },
                  "reason": { "type": ["string", "null"] } } } },
            "bundle": { "$ref": "#/components/schemas/Bundle" } } },
        "CreditScore": { "type": "object", "required": ["customer", "probability", "points", "reasons", "bundle"],
          "properties": {
            "customer": { "type": "string" },
            "probability": \##(probability),
            "points": { "type": "integer", "description": "The more the better." },
            "reasons": { "type": "array", "items": { "type": "object", "required": ["code", "text"],
              "properties": { "code": { "type": "string" }, "text": { "type": "string" },
                "contribution": { "type": "number", "description": "Log odds that it adds." } } } },
            "bundle": { "$ref": "#/components/schemas/Bundle" } } },
        "BundleSchema": { "type": "object", "required": ["bundle", "version", "digest", "fields", "has_time", "parts", "limits"],
          "properties": {
            "bundle": { "type": "string" },
            "version": \##(version),
            "digest": { "type": "string" },
            "fields": { "type": "array", "items": { "type": "object", "required": ["name", "kind"],
              "properties": { "name": { "type": "string" }, "kind": { "type": "string", "examples": ["categorical", "numeric",
                "text", "url"] } } } },
            "has_time": { "type": "boolean" },
            "intents": { "type": "array", "items": { "type": "object", "required": ["id", "name", "definition"],
              "properties": { "id": { "type": "string" }, "name": { "type": "string" }, "definition": { "type": "string" } } } },
            "tiles": { "type": "array", "items": { "type": "string" } },
            "products": { "type": "array", "items": { "type": "string" } },
            "parts": { "type": "array", "uniqueItems": true,
              "items": { "type": "string", "enum": ["encoder", "intents", "ranker", "conversion", "credit"] } },
            "examples": { "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } },
              "description": "Common values by field, for people who try." },
            "limits": { "type": "object", "required": ["events_per_session", "batch", "body_bytes"],
              "properties": { "events_per_session": { "type": "integer" }, "fields_per_event": { "type": "integer" },
                "field_bytes": { "type": "integer" }, "batch": { "type": "integer" }, "body_bytes": { "type":
                "integer" } } } } },
        "Reloaded": { "type": "object", "required": ["reloaded"],
          "properties": { "reloaded": { "type": "array", "items": { "type": "object",
            "required": ["bundle", "version", "digest", "changed"],
            "properties": { "bundle": { "type": "string" }, "version": \##(version), "digest": { "type": "string" },
              "changed": { "type": "boolean", "description": "Whether the version is another one than before." } } } } } },
        "Live": { "type": "object", "required": ["live"], "properties": { "live": { "const": true } } },
        "Ready": { "type": "object", "required": ["ready"], "properties": { "ready": { "type": "boolean" } } }
        """##
    }
}
