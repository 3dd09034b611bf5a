/// The service's contract as OpenAPI 3.1: what `/openapi.json` answers, what `/docs` renders and what tests send requests by.
///
/// Answers are described as far as a caller may rely on them; further members may come, and callers pass over what they do not know.
/// Requests are described strictly: a member that is not named here is refused.
enum OpenAPIDocument {
    /// The limits that a caller has to keep.
    typealias Limits = (bodyBytes: Int, batch: Int, events: Int, fieldBytes: Int)

    /// The document of a service with these limits, as JSON.
    static func json(version: String, limits: Limits) -> String {
        """
        \(head(version: version, limits: limits))
        "paths": {
        \([servicePaths(limits), sessionPaths(limits), openPaths(limits)].joined(separator: ",\n"))
        },
        "components": {
        "securitySchemes": {
        \(securitySchemes)
        },
        "parameters": {
        \(parameters)
        },
        "headers": {
        \(headers)
        },
        "responses": {
        \(refusalComponents)
        },
        "schemas": {
        \([requestSchemas(limits), answerSchemas(limits), openSchemas(limits)].joined(separator: ",\n"))
        }
        }
        }

        """
    }

    private static func head(version: String, limits: Limits) -> String {
        #"""
        {
        "openapi": "3.1.0",
        "info": {
          "title": "Tessera",
          "version": "\#(version)",
          "summary": "Embeddings, intents, tiles, forecasts and credit scores of customer journeys.",
          "description": "Send the events of a session; get back what the visit was about, with the events that say so.\n\nJSON is \#
        UTF-8. A body has at most \#(limits.bodyBytes) bytes, a request at most \#(limits.batch) sessions, a session at most \#
        \#(limits.events) events, a value at most \#(limits.fieldBytes) bytes. Values of a request are never repeated in an error.\n\n\#
        Answers may gain members: pass over those that you do not know. Requests are strict: a member that is not described here is \#
        refused.",
          "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": "/", "description": "The service that gave this document." }],
        "security": [{}, { "bearer": [] }, { "apiKey": [] }],
        "tags": [
          { "name": "sessions", "description": "Score whole sessions, one or many." },
          { "name": "live sessions", "description": "Sessions whose events come one after another; the service remembers them for a \#
        while." },
          { "name": "applicants", "description": "Credit scores, by a model that knows nothing of browsing." },
          { "name": "compatible", "description": "The same models in the shapes of OpenAI's API and of the Open Inference Protocol." },
          { "name": "service", "description": "What is served, how it fares, and pages for people." }
        ],
        """#
    }

    private static let securitySchemes = #"""
        "bearer": { "type": "http", "scheme": "bearer",
          "description": "An API key (`tsk_…`) or a JSON Web Token. Not needed where the service has neither a key file nor a JWKS file." },
        "apiKey": { "type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same API key in a header of its own." }
        """#

    private static let parameters = #"""
        "Bundle": { "name": "bundle", "in": "query", "required": false,
          "description": "The bundle of models that answers; the first by name where it is left out.",
          "schema": { "type": "string" }, "example": "bank" },
        "RequestID": { "name": "X-Request-Id", "in": "header", "required": false,
          "description": "An id for logs, repeated in the answer: 1 to 128 of A-Z, a-z, 0-9, `.`, `_` and `-`. Any other is replaced.",
          "schema": { "type": "string" }, "example": "web-7f3a" },
        "SessionID": { "name": "id", "in": "path", "required": true,
          "description": "The session's id, at most 200 bytes.",
          "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9._~-]+$" }, "example": "s1" },
        "Model": { "name": "model", "in": "path", "required": true, "description": "The name of a bundle.",
          "schema": { "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9._-]+$" }, "example": "bank" },
        "Version": { "name": "version", "in": "path", "required": true, "description":
          "Anything: there is one version of each model, the one that answers.",
          "schema": { "type": "string", "minLength": 1 }, "example": "1" },
        "JSONLength": { "name": "Inference-Header-Content-Length", "in": "header", "required": false,
          "description": "Bytes of JSON before the binary tensors.", "schema": { "type": "integer", "minimum": 0 } }
        """#

    private static let headers = #"""
        "RequestID": { "description": "The request's id: the caller's own if it is well-formed, otherwise a new one.",
          "schema": { "type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$" } },
        "RetryAfter": { "description": "Seconds to wait before trying again.", "schema": { "type": "integer", "minimum": 0 } },
        "Challenge": { "description": "How to authenticate.", "schema": { "type": "string", "pattern": "^Bearer" } },
        "Allow": { "description": "The methods that this path has.", "schema": { "type": "string" } },
        "JSONLength": { "description": "Bytes of JSON before the binary tensors, where there are any.",
          "schema": { "type": "integer", "minimum": 0 } }
        """#
}
