extension OpenAPIDocument {
    /// What callers send, and the one form of errors.
    static func requestSchemas(_ limits: Limits) -> String {
        ##"""
        "Error": { "type": "object", "required": ["error"], "additionalProperties": false,
          "properties": { "error": { "$ref": "#/components/schemas/Refusal" } } },
        "Refusal": { "type": "object", "required": ["code", "message"],
          "properties": {
            "code": { "type": "string", "enum": ["bad_request", "unauthenticated", "forbidden", "not_found", "method_not_allowed",
              "timeout",
              "reload_failed", "too_large", "unsupported_media_type", "unprocessable", "too_many_requests", "internal", "overloaded",
                "storage_unavailable",
              "ledger_unavailable"] },
            "message": { "type": "string", "description": "Where and what, never the value." },
            "remedy": { "type": "string", "description": "What to do." },
            "request_id": { "type": "string", "description": "As in X-Request-Id." } } },
        "Value": { "description": "Text, a number, or null for unknown.",
          "anyOf": [{ "type": "string", "maxLength": \##(limits.fieldBytes) }, { "type": "number" }, { "type": "null" }] },
        "Time": { "type": "string", "format": "date-time", "maxLength": 64, "description": "RFC 3339, with its zone." },
        "WholeTime": { "type": "integer", "format": "int64", "minimum": 0 },
        "Event": { "type": "object", "additionalProperties": { "$ref": "#/components/schemas/Value" },
          "description": "Something a visitor did. Members are the fields of the bundle's schema (GET /v1/schema): text or null for \##
        `categorical`, `text` and `url`, a number or null for `numeric`; a member that is no field is refused with 422. The members \##
        described here are reserved; a field of such a name goes into `fields`. `gap_s`, `dwell_s`, `hour` and `weekday` are computed \##
        from the times (UTC) where they are left out; null says unknown.",
          "properties": {
            "time": { "$ref": "#/components/schemas/Time" },
            "time_us": { "$ref": "#/components/schemas/WholeTime", "description": "In place of `time`: microseconds since 1970." },
            "time_ms": { "$ref": "#/components/schemas/WholeTime", "description": "In place of `time`: milliseconds since 1970." },
            "gap_s": { "type": ["number", "null"], "description": "Seconds since the event before." },
            "dwell_s": { "type": ["number", "null"], "description": "Seconds until the next event." },
            "hour": { "type": ["integer", "null"], "minimum": 0, "maximum": 23 },
            "weekday": { "type": ["integer", "null"], "minimum": 0, "maximum": 6, "description": "0 is Monday." },
            "fields": { "type": "object", "additionalProperties": { "$ref": "#/components/schemas/Value" },
              "description": "Fields whose names are reserved." } } },
        "Events": { "type": "array", "minItems": 1, "maxItems": \##(limits.events), "description": "In the order of time.",
          "items": { "$ref": "#/components/schemas/Event" } },
        "SessionName": { "type": "string", "maxLength": 512, "default": "session", "description": "The session's id, at most 512 bytes." },
        "Visitor": { "type": "string", "maxLength": 512, "description":
          "Who it was, as a pseudonym: the subject under which a ledger seals the input." },
        "Session": { "type": "object", "required": ["events"], "additionalProperties": false,
          "properties": {
            "session": { "$ref": "#/components/schemas/SessionName" },
            "visitor": { "$ref": "#/components/schemas/Visitor" },
            "events": { "$ref": "#/components/schemas/Events" } } },
        "Want": { "type": "array", "minItems": 1, "uniqueItems": true, "default": ["intents"],
          "items": { "type": "string", "enum": ["intents", "embedding", "conversion"] },
          "description": "Parts of the answer. `conversion` needs a predictor in the bundle." },
        "Consent": { "type": "string", "enum": ["given", "refused", "withdrawn", "not-needed", "unknown"],
          "description": "What the person agreed to, for the ledger." },
        "Evidence": { "type": "integer", "minimum": 0, "maximum": 100, "default": 3, "description":
          "Events shown for an intent, at most." },
        "Customer": { "type": "object", "required": ["customer_id"], "maxProperties": 200,
          "additionalProperties": { "$ref": "#/components/schemas/Value" },
          "properties": { "customer_id": { "anyOf": [
            { "type": "string", "minLength": 1, "maxLength": \##(limits.fieldBytes) }, { "type": "number" }] } },
          "description": "Features of a customer, by the columns that the model was taught with; those left out are unknown." },
        "ScoreRequest": { "type": "object", "required": ["events"], "additionalProperties": false,
          "properties": {
            "session": { "$ref": "#/components/schemas/SessionName" },
            "visitor": { "$ref": "#/components/schemas/Visitor" },
            "events": { "$ref": "#/components/schemas/Events" },
            "want": { "$ref": "#/components/schemas/Want" },
            "evidence": { "$ref": "#/components/schemas/Evidence" },
            "all": { "type": "boolean", "default": false, "description": "Whether the probabilities of all intents are told." },
            "customer": { "$ref": "#/components/schemas/Customer" },
            "time": { "$ref": "#/components/schemas/Time",
              "description": "Of the decision, for `conversion`; a microsecond after the last event where it is left out." },
            "time_us": { "$ref": "#/components/schemas/WholeTime", "description": "In place of `time`." },
            "time_ms": { "$ref": "#/components/schemas/WholeTime", "description": "In place of `time`." },
            "consent": { "$ref": "#/components/schemas/Consent" } } },
        "AppendRequest": { "type": "object", "required": ["events"], "additionalProperties": false,
          "properties": {
            "visitor": { "$ref": "#/components/schemas/Visitor" },
            "events": { "$ref": "#/components/schemas/Events" },
            "want": { "$ref": "#/components/schemas/Want" },
            "evidence": { "$ref": "#/components/schemas/Evidence" },
            "all": { "type": "boolean", "default": false, "description": "Whether the probabilities of all intents are told." },
            "customer": { "$ref": "#/components/schemas/Customer" },
            "time": { "$ref": "#/components/schemas/Time", "description": "Of the decision, for `conversion`." },
            "time_us": { "$ref": "#/components/schemas/WholeTime", "description": "In place of `time`." },
            "time_ms": { "$ref": "#/components/schemas/WholeTime", "description": "In place of `time`." },
            "consent": { "$ref": "#/components/schemas/Consent" } } },
        "RankRequest": { "type": "object", "required": ["impression_id", "customer"], "additionalProperties": false,
          "properties": {
            "impression_id": { "type": "string", "minLength": 1, "maxLength": 512 },
            "time": { "$ref": "#/components/schemas/Time",
              "description": "Of the decision: a microsecond after the last event where it is left out; now where there is no session." },
            "time_us": { "$ref": "#/components/schemas/WholeTime", "description": "In place of `time`." },
            "time_ms": { "$ref": "#/components/schemas/WholeTime", "description": "In place of `time`." },
            "customer": { "$ref": "#/components/schemas/Customer" },
            "sessions": { "type": "array", "maxItems": 64, "default": [], "items": { "$ref": "#/components/schemas/Session" },
              "description": "The customer's sessions, all before the time of the decision." },
            "tiles": { "description": "The tiles to order; all of the catalogue where they are left out.",
              "anyOf": [
                { "type": "array", "minItems": 1, "maxItems": 1000, "uniqueItems": true,
                  "items": { "type": "string", "minLength": 1, "maxLength": \##(limits.fieldBytes) } },
                { "type": "array", "minItems": 1, "maxItems": 1000, "items": { "$ref": "#/components/schemas/ShownTile" } }] },
            "top": { "type": "integer", "minimum": 1, "maximum": 1000, "description": "Tiles told, at most; all where it is left out." },
            "consent": { "$ref": "#/components/schemas/Consent" } } },
        "ShownTile": { "type": "object", "required": ["tile"], "additionalProperties": { "type": ["number", "null"] },
          "properties": { "tile": { "type": "string", "minLength": 1, "maxLength": \##(limits.fieldBytes) } },
          "description": "A tile with numbers of this impression, such as a price." },
        "Row": { "type": "object", "maxProperties": 200, "additionalProperties": { "$ref": "#/components/schemas/Value" } },
        "CreditRequest": { "type": "object", "required": ["tables"], "additionalProperties": false,
          "properties": {
            "tables": { "type": "object", "required": ["applicants"], "maxProperties": 64,
              "description": "Rows by table; the tables are those of the model's configuration.",
              "properties": { "applicants": { "type": "array", "minItems": 1, "maxItems": 1, "items": { "$ref":
                "#/components/schemas/Row" } } },
              "additionalProperties": { "type": "array", "items": { "$ref": "#/components/schemas/Row" } } },
            "reasons": { "type": "integer", "minimum": 0, "maximum": 100, "default": 4, "description": "Reasons told, at most." },
            "consent": { "$ref": "#/components/schemas/Consent" } } }
        """##
    }
}
