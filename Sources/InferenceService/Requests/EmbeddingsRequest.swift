package import EventStream

/// A request in the shape of OpenAI's embeddings (https://platform.openai.com/docs/api-reference/embeddings), with sessions in place of
/// texts.
package struct EmbeddingsRequest: Sendable {
    /// The bundle's name; nil for the usual one.
    package var model: String?
    /// Whether vectors are wanted as base64 of little-endian floats.
    package var isBase64 = false
    /// The sessions.
    package var records: [SessionRecord] = []

    /// Reads a request; the input is read by the fields of the bundle that it names, wherever in the object that stands.
    package init(
        _ body: UnsafeBufferPointer<UInt8>, most: Int, _ input: (String?) throws(RequestFault) -> SessionInput
    ) throws(RequestFault) {
        var reader = JSONReader(body)
        var place: Range<Int>?
        var seen: Set<String> = []
        try reader.beginObject()
        while let name = try reader.nextName() {
            guard seen.insert(name).inserted else { throw reader.repeated() }
            switch name {
            case "model": model = try reader.text(limit: 64)
            case "input": place = try reader.raw()
            case "encoding_format":
                switch try reader.text(limit: 16) {
                case "float": break
                case "base64": isBase64 = true
                default: throw reader.fault(.unprocessable, "it is no encoding", remedy: "choose float or base64")
                }
            // What OpenAI's clients may send beside; it changes nothing.
            case "user": _ = try reader.text(limit: 512)
            default: throw reader.unknown("model, input, encoding_format, user")
            }
        }
        try reader.finish()
        guard let place else {
            throw RequestFault(.unprocessable, at: "input", "it is missing", remedy: "give a session or a list of them")
        }
        let own = try input(model)
        var sessions = JSONReader(body, place)
        if try sessions.kind() == .object {
            records = [try own.record(&sessions)]
        } else {
            try sessions.beginArray()
            while try sessions.nextElement() {
                guard records.count < most else {
                    throw sessions.fault(.unprocessable, "more than \(most) sessions", remedy: "send fewer at a time")
                }
                records.append(try own.record(&sessions))
            }
        }
        guard !records.isEmpty else {
            throw RequestFault(.unprocessable, at: "input", "there are no sessions", remedy: "give at least one")
        }
    }
}
