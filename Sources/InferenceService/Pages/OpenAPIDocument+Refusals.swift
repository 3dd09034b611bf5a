extension OpenAPIDocument {
    /// An answer that many routes can give.
    private struct Refusal {
        let status: Int
        let code: String
        let name: String
        let what: String
        let message: String
        let remedy: String
        var header = ""

        init(_ status: Int, _ code: String, _ name: String, _ what: String, _ message: String, _ remedy: String, header: String = "") {
            (self.status, self.code, self.name, self.what) = (status, code, name, what)
            (self.message, self.remedy, self.header) = (message, remedy, header)
        }
    }

    private static let retryAfter = ##", "Retry-After": { "$ref": "#/components/headers/RetryAfter" }"##

    private static let refusals = [
        Refusal(
            400, "bad_request", "BadRequest", "The request is not well-formed: no JSON, or a parameter that cannot be.",
            "events[3]: a comma is missing (byte 211)", "send well-formed JSON in UTF-8"),
        Refusal(
            401, "unauthenticated", "Unauthenticated", "There is no key, or not one that is known.",
            "the request carries no key that is known here",
            "send Authorization: Bearer KEY, or X-Api-Key: KEY",
            header: ##", "WWW-Authenticate": { "$ref": "#/components/headers/Challenge" }"##),
        Refusal(
            403, "forbidden", "Forbidden", "The key may not ask for this.", "the key is not for intents",
            "ask who runs the service for a key of this scope"),
        Refusal(
            404, "not_found", "NotFound", "There is no such bundle, model, session or path.", "there is no bundle of this name",
            "see /v1/models for those there are"),
        Refusal(
            405, "method_not_allowed", "MethodNotAllowed", "The path has other methods.", "the route takes POST",
            "send one of these", header: ##", "Allow": { "$ref": "#/components/headers/Allow" }"##),
        Refusal(
            408, "timeout", "Timeout", "The body did not come in time.", "the body did not come in time", "send it at once"),
        Refusal(
            409, "reload_failed", "ReloadFailed", "A bundle could not be read; those that were served go on.",
            "bank.bundle/schema.json: it cannot be read; pack the bundle anew",
            "mend the bundle; those that were served go on"),
        Refusal(
            413, "too_large", "TooLarge", "The body is larger than the service takes.", "the body has more than 1048576 bytes",
            "send less at a time, or JSON Lines to /v1/sessions:batch, which has no limit but that of a line"),
        Refusal(
            415, "unsupported_media_type", "UnsupportedMediaType", "The body's Content-Type or Content-Encoding is not taken here.",
            "the route reads application/json", "send Content-Type: application/json"),
        Refusal(
            422, "unprocessable", "Unprocessable",
            "Well-formed, and not what is read here: a wrong type, an unknown member, disorder, too many, a part that the bundle lacks.",
            "want: the bundle has no intents", "ask for what /v1/schema lists as parts"),
        Refusal(
            429, "too_many_requests", "TooManyRequests", "The key's rate is used up.", "the key asks too often",
            "wait as Retry-After says", header: retryAfter),
        Refusal(
            503, "overloaded", "Unavailable",
            "The service has no room or no time (`overloaded`), or cannot keep the session (`storage_unavailable`) or record its answer"
                + " (`ledger_unavailable`).",
            "too much is being asked at the moment", "wait as Retry-After says", header: retryAfter),
    ]

    /// What every answer bears.
    static let requestIDHeader = ##""X-Request-Id": { "$ref": "#/components/headers/RequestID" }"##

    /// An answer with a schema of its own.
    static func answering(_ what: String, _ schema: String) -> String {
        ##"""
        { "description": "\##(what)", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/\##(schema)" } } } }
        """##
    }

    /// What routes of sessions refuse.
    static let scoring = [400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 503]
    /// What routes refuse that take no body.
    static let reading = [400, 401, 403, 404, 405, 429, 503]

    /// Members of a route's `responses`: references to these statuses. `open` for routes of the Open Inference Protocol, whose errors are
    /// a text each.
    static func refusing(_ statuses: [Int], open: Bool = false) -> String {
        statuses.map { status in
            guard let refusal = refusals.first(where: { $0.status == status }) else {
                preconditionFailure("OpenAPIDocument: no refusal has status \(status)")
            }
            return ##""\##(status)": { "$ref": "#/components/responses/\##(open ? "Open" : "")\##(refusal.name)" }"##
        }.joined(separator: ",\n      ")
    }

    /// All of them as components, those of the Open Inference Protocol after the service's own.
    static var refusalComponents: String {
        let own = refusals.map { refusal in
            ##"""
            "\##(refusal.name)": { "description": "\##(refusal.what)",
              "headers": { \##(requestIDHeader)\##(refusal.header) },
              "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" },
                "example": { "error": { "code": "\##(refusal.code)", "message": "\##(refusal.message)", "remedy": "\##(refusal.remedy)",
                  "request_id": "web-7f3a" } } } } }
            """##
        }
        let open = refusals.filter { $0.status != 409 }.map { refusal in
            ##"""
            "Open\##(refusal.name)": { "description": "\##(refusal.what)",
              "headers": { \##(requestIDHeader)\##(refusal.header) },
              "content": { "application/json": { "schema": { "$ref": "#/components/schemas/OpenError" },
                "example": { "error": "\##(refusal.message); \##(refusal.remedy)" } } } }
            """##
        }
        return (own + open).joined(separator: ",\n")
    }
}
