extension OpenAPIDocument {
    private static let common = ##""parameters": [{ "$ref": "#/components/parameters/RequestID" }]"##

    private static func page(_ path: String, _ id: String, _ summary: String) -> String {
        ##"""
        "\##(path)": { \##(common),
          "get": { "operationId": "\##(id)", "tags": ["service"], "summary": "\##(summary)", "security": [],
            "responses": {
              "200": { "description": "A page that needs nothing from elsewhere.", "headers": { \##(requestIDHeader) },
                "content": { "text/html": { "schema": { "type": "string" } } } },
              \##(refusing([400, 405])) } } }
        """##
    }

    private static func health(_ path: String, _ id: String, _ summary: String, _ schema: String, or busy: String = "") -> String {
        ##"""
        "\##(path)": { \##(common),
          "get": { "operationId": "\##(id)", "tags": ["service", "compatible"], "summary": "\##(summary)", "security": [],
            "responses": {
              "200": \##(answering("It is.", schema)),
              \##(busy)
              \##(refusing([400, 405])) } } }
        """##
    }

    /// Pages, health, metrics, schema, models and administration.
    static func servicePaths(_ limits: Limits) -> String {
        [
            page("/", "tryJourney", "A page to try a journey on"),
            page("/docs", "readDocumentation", "This document, readable"),
            health("/v2/health/live", "isLive", "Does the process answer?", "Live"),
            health(
                "/v2/health/ready", "isReady", "Are models loaded and requests taken?", "Ready",
                or: #""503": \#(answering("It ends: send no more requests.", "Ready")),"#),
            machinePaths,
        ].joined(separator: ",\n")
    }

    private static let machinePaths = ##"""
        "/openapi.json": { \##(common),
          "get": { "operationId": "readContract", "tags": ["service"], "summary": "This document", "security": [],
            "responses": {
              "200": { "description": "OpenAPI 3.1.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "type": "object", "required": ["openapi", "info", "paths"] } } } },
              \##(refusing([400, 405])) } } },
        "/metrics": { \##(common),
          "get": { "operationId": "readMetrics", "tags": ["service"], "summary": "Metrics for Prometheus",
            "description": "Needs the scope `metrics`.",
            "responses": {
              "200": { "description": "Prometheus' text format.", "headers": { \##(requestIDHeader) },
                "content": { "text/plain": { "schema": { "type": "string" } } } },
              \##(refusing([400, 401, 403, 405, 429])) } } },
        "/v1/schema": {
          "parameters": [{ "$ref": "#/components/parameters/RequestID" }, { "$ref": "#/components/parameters/Bundle" }],
          "get": { "operationId": "readSchema", "tags": ["service"], "summary": "What a bundle reads and can answer",
            "description": "Fields of an event, intents, tiles, products, parts and limits. Needs a scope of predictions: `embed`, \##
        `intents`, `rank`, `convert` or `credit`.",
            "responses": {
              "200": { "description": "The bundle's schema.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/BundleSchema" } } } },
              \##(refusing(reading)) } } },
        "/v1/models": { \##(common),
          "get": { "operationId": "listModels", "tags": ["compatible"], "summary": "Bundles, in the shape of OpenAI's list of models",
            "description": "Any key will do.",
            "responses": {
              "200": { "description": "The bundles.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/ModelList" } } } },
              \##(refusing([400, 401, 405, 429, 503])) } } },
        "/v1/admin:reload": { \##(common),
          "post": { "operationId": "reloadBundles", "tags": ["service"], "summary": "Read all bundles anew, and keys and certificates before them",
            "description": "Requests go on meanwhile; a bundle is exchanged whole. Where one fails all bundles stay as they were, and keys and \##
        certificates that were read before it are the new ones. Suspensions of intents are read anew, too. Needs the scope `admin`, which no \##
        caller without a key has.",
            "responses": {
              "200": { "description": "All were read.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Reloaded" } } } },
              \##(refusing([400, 401, 403, 405, 408, 409, 413, 415, 429, 503])) } } }
        """##
}
