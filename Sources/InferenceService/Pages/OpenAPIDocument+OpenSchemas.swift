extension OpenAPIDocument {
    private static let columns = #"""
        { "type": "array", "items": { "type": "string" }, "description": "Whose probabilities the columns are: ids of intents." }
        """#

    /// Shapes that others have laid down: OpenAI's embeddings and the Open Inference Protocol. Requests are strict here, too, except
    /// for parameters of the Open Inference Protocol, which may be any.
    static func openSchemas(_ limits: Limits) -> String {
        ##"""
        "EmbeddingRequest": { "type": "object", "required": ["input"], "additionalProperties": false,
          "properties": {
            "model": { "type": "string", "maxLength": 64, "description": "The name of a bundle; the first by name where it is left out." },
            "user": { "type": "string", "maxLength": 512, "description": "OpenAI's clients may send it; it changes nothing." },
            "input": { "anyOf": [
              { "$ref": "#/components/schemas/Session" },
              { "type": "array", "minItems": 1, "maxItems": \##(limits.batch), "items": { "$ref": "#/components/schemas/Session" } }] },
            "encoding_format": { "type": "string", "enum": ["float", "base64"], "default": "float",
              "description": "`base64` is that of little-endian 32-bit floats." } } },
        "EmbeddingList": { "type": "object", "required": ["object", "model", "data", "usage"],
          "properties": {
            "object": { "const": "list" },
            "model": { "type": "string" },
            "data": { "type": "array", "items": { "type": "object", "required": ["object", "index", "embedding"],
              "properties": {
                "object": { "const": "embedding" },
                "index": { "type": "integer", "minimum": 0 },
                "embedding": { "anyOf": [{ "type": "array", "items": { "type": "number" } }, { "type": "string", "contentEncoding":
                  "base64" }] } } } },
            "usage": { "type": "object", "required": ["prompt_tokens", "total_tokens"], "description": "Events.",
              "properties": { "prompt_tokens": { "type": "integer", "minimum": 0 }, "total_tokens": { "type": "integer", "minimum": 0
                } } } } },
        "ModelList": { "type": "object", "required": ["object", "data"],
          "properties": {
            "object": { "const": "list" },
            "data": { "type": "array", "items": { "type": "object", "required": ["id", "object"],
              "properties": { "id": { "type": "string" }, "object": { "const": "model" }, "created": { "type": "integer" },
                "owned_by": { "type": "string" }, "version": \##(version), "digest": { "type": "string" } } } } } },
        "OpenError": { "type": "object", "required": ["error"], "properties": { "error": { "type": "string" } } },
        "ServerMetadata": { "type": "object", "required": ["name", "version", "extensions"],
          "properties": { "name": { "const": "tessera" }, "version": { "type": "string" },
            "extensions": { "type": "array", "items": { "type": "string" } } } },
        "ModelReady": { "type": "object", "required": ["name", "ready"],
          "properties": { "name": { "type": "string" }, "ready": { "type": "boolean" } } },
        "Tensor": { "type": "object", "required": ["name", "datatype", "shape"],
          "properties": { "name": { "type": "string" }, "datatype": { "type": "string" },
            "shape": { "type": "array", "items": { "type": "integer" } },
            "parameters": { "type": "object", "properties": { "intents": \##(columns) } } } },
        "ModelMetadata": { "type": "object", "required": ["name", "inputs", "outputs"],
          "properties": { "name": { "type": "string" }, "versions": { "type": "array", "items": \##(version) },
            "platform": { "type": "string" },
            "inputs": { "type": "array", "items": { "$ref": "#/components/schemas/Tensor" } },
            "outputs": { "type": "array", "items": { "$ref": "#/components/schemas/Tensor" } } } },
        "InferRequest": { "type": "object", "required": ["inputs"], "additionalProperties": false,
          "properties": {
            "id": { "type": "string", "maxLength": 128 },
            "parameters": { "type": "object", "properties": { "binary_data_output": { "type": "boolean" } } },
            "inputs": { "type": "array", "minItems": 1, "maxItems": 1, "items": { "$ref": "#/components/schemas/InputTensor" } },
            "outputs": { "type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true,
              "items": { "type": "object", "required": ["name"], "additionalProperties": false,
              "properties": { "name": { "type": "string", "enum": ["embedding", "probabilities"] },
                "parameters": { "type": "object", "properties": { "binary_data": { "type": "boolean" } } } } } } } },
        "InputTensor": { "type": "object", "required": ["name", "datatype", "shape"], "additionalProperties": false,
          "properties": {
            "name": { "const": "session" },
            "datatype": { "const": "BYTES" },
            "shape": { "type": "array", "minItems": 1, "maxItems": 1, "items": { "type": "integer", "minimum": 1, "maximum":
              \##(limits.batch) } },
            "data": { "type": "array", "minItems": 1, "maxItems": \##(limits.batch), "items": { "type": "string" },
              "description": "Each the JSON of a session; left out where the tensor is binary." },
            "parameters": { "type": "object", "properties": { "binary_data_size": { "type": "integer", "minimum": 0 } } } } },
        "InferAnswer": { "type": "object", "required": ["model_name", "outputs"],
          "properties": {
            "model_name": { "type": "string" },
            "model_version": \##(version),
            "id": { "type": "string" },
            "outputs": { "type": "array", "items": { "type": "object", "required": ["name", "datatype", "shape"],
              "properties": {
                "name": { "type": "string", "enum": ["embedding", "probabilities"] },
                "datatype": { "const": "FP32" },
                "shape": { "type": "array", "items": { "type": "integer", "minimum": 0 } },
                "data": { "type": "array", "items": { "type": "number" } },
                "parameters": { "type": "object", "properties": { "binary_data_size": { "type": "integer", "minimum": 0 },
                  "intents": \##(columns) } } } } } } }
        """##
    }
}
