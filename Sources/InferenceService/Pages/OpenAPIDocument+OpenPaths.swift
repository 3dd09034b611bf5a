extension OpenAPIDocument {
    private static func modelPath(_ suffix: String, _ id: String, _ summary: String, _ schema: String, isVersion: Bool) -> String {
        let version = isVersion ? ##"{ "$ref": "#/components/parameters/Version" }, "## : ""
        let scopes = schema == "ModelReady" ? "Any key will do." : "Needs a scope of predictions, as /v1/schema does."
        return ##"""
            "/v2/models/{model}\##(isVersion ? "/versions/{version}" : "")\##(suffix)": {
              "parameters": [{ "$ref": "#/components/parameters/Model" }, \##(version){ "$ref": "#/components/parameters/RequestID" }],
              "get": { "operationId": "\##(id)\##(isVersion ? "Version" : "")", "tags": ["compatible"], "summary": "\##(summary)",
                "description": "\##(scopes)",
                "responses": {
                  "200": \##(answering("So it is.", schema)),
                  \##(schema == "ModelReady" ? isReady : refusing([400, 401, 403, 404, 405, 429, 503], open: true)) } } }
            """##
    }

    /// Where a model is asked whether it is ready, a 503 is an answer, too.
    private static let isReady = ##"""
        "503": { "description": "The service ends (an answer like that of 200), or has no room (an error).",
                    "headers": { \##(requestIDHeader) },
                    "content": { "application/json": { "schema": { "anyOf": [{ "$ref": "#/components/schemas/ModelReady" },
                      { "$ref": "#/components/schemas/OpenError" }] } } } },
                  \##(refusing([400, 401, 404, 405, 429], open: true))
        """##

    private static func inferPath(isVersion: Bool) -> String {
        let version = isVersion ? ##"{ "$ref": "#/components/parameters/Version" }, "## : ""
        return ##"""
            "/v2/models/{model}\##(isVersion ? "/versions/{version}" : "")/infer": {
              "parameters": [{ "$ref": "#/components/parameters/Model" }, \##(version){ "$ref": "#/components/parameters/RequestID" }],
              "post": { "operationId": "infer\##(isVersion ? "Version" : "")", "tags": ["compatible"], "summary":
                "Embeddings and probabilities of sessions",
                "description": "Open Inference Protocol v2. The input `session` is BYTES, each element the JSON of a session. With \##
            binary tensors the body is the JSON, as long as Inference-Header-Content-Length says, and the tensors after it in the \##
            order of the inputs: an element of BYTES is its length in four bytes, the lowest first, and its bytes; FP32 is \##
            little-endian. Outputs come as binary where `binary_data` or `binary_data_output` asks for it. The columns of \##
            `probabilities` are the intents that may be told, named in its parameters. `embedding` needs the scope `embed`, \##
            `probabilities` the scope `intents`.",
                "parameters": [{ "$ref": "#/components/parameters/JSONLength" }],
                "requestBody": { "required": true, "content": {
                  "application/json": { "schema": { "$ref": "#/components/schemas/InferRequest" }, "example": \##(inferExample) },
                  "application/octet-stream": { "schema": { "type": "string", "contentMediaType": "application/octet-stream" } } } },
                "responses": {
                  "200": { "description": "The outputs asked for.",
                    "headers": { \##(requestIDHeader), "Inference-Header-Content-Length": { "$ref": "#/components/headers/JSONLength" } },
                    "content": {
                      "application/json": { "schema": { "$ref": "#/components/schemas/InferAnswer" } },
                      "application/octet-stream": { "schema": { "type": "string", "contentMediaType": "application/octet-stream" } } } },
                  \##(refusing(scoring, open: true)) } } }
            """##
    }

    private static let inferExample = #"""
        { "id": "r1", "inputs": [{ "name": "session", "datatype": "BYTES", "shape": [1],
                    "data": ["{\"session\":\"s1\",\"events\":[{\"time\":\"2026-01-05T09:00:00Z\",\"url\":\"/mortgages\"}]}"] }],
                    "outputs": [{ "name": "embedding" }, { "name": "probabilities" }] }
        """#

    /// What other programs speak already: OpenAI's embeddings and the Open Inference Protocol.
    static func openPaths(_ limits: Limits) -> String {
        let models = [false, true].flatMap { isVersion in
            [
                modelPath("", "describeModel", "Inputs and outputs of a model", "ModelMetadata", isVersion: isVersion),
                modelPath("/ready", "isModelReady", "Is the model loaded?", "ModelReady", isVersion: isVersion),
                inferPath(isVersion: isVersion),
            ]
        }
        return ([embeddingsPath, serverPath] + models).joined(separator: ",\n")
    }

    private static let embeddingsPath = ##"""
        "/v1/embeddings": {
          "parameters": [{ "$ref": "#/components/parameters/RequestID" }],
          "post": { "operationId": "embedSessions", "tags": ["compatible"], "summary": "Embeddings, in OpenAI's shape",
            "description": "`input` holds sessions in place of texts; `usage` counts events in place of tokens. Needs the scope `embed`.",
            "requestBody": { "required": true, "content": { "application/json": {
              "schema": { "$ref": "#/components/schemas/EmbeddingRequest" },
              "example": { "model": "bank", "encoding_format": "float",
                "input": [{ "session": "s1", "events": [{ "time": "2026-01-05T09:00:00Z", "url": "/mortgages", "event": "view" }] }]
                  } } } },
            "responses": {
              "200": { "description": "An embedding a session.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/EmbeddingList" } } } },
              \##(refusing(scoring)) } } }
        """##

    private static let serverPath = ##"""
        "/v2": {
          "parameters": [{ "$ref": "#/components/parameters/RequestID" }],
          "get": { "operationId": "describeServer", "tags": ["compatible"], "summary": "Name, version and extensions of the server",
            "security": [],
            "responses": {
              "200": { "description": "What answers.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/ServerMetadata" } } } },
              \##(refusing([400, 405], open: true)) } } }
        """##
}
