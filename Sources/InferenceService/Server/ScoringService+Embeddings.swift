internal import DurableFiles
internal import EventStream
internal import FoundationEssentials

/// Embeddings as OpenAI's clients ask for them.
extension ScoringService {
    func embeddings(_ exchange: Exchange, _ body: [UInt8]) async throws(RequestFault) -> ServiceAnswer {
        try allow(exchange, .embed)
        var outcome: Result<EmbeddingsRequest, RequestFault>?
        let most = settings.limits.batch
        // Looked up once: a reload in between may bring other fields.
        var found: ServingBundle?
        body.withUnsafeBufferPointer { bytes in
            do throws(RequestFault) {
                let request = try EmbeddingsRequest(bytes, most: most) { name throws(RequestFault) in
                    let own = try self.bundle(name)
                    found = own
                    return try self.limits(own)
                }
                outcome = .success(request)
            } catch { outcome = .failure(error) }
        }
        let request: EmbeddingsRequest
        switch outcome! {
        case .success(let own): request = own
        case .failure(let fault): throw fault
        }
        let bundle = found!
        charge(exchange, sessions: request.records.count)
        var text: [UInt8] = Array("{\"object\":\"list\",\"model\":\(JSONString.quoted(bundle.name)),\"data\":[".utf8)
        var events = 0
        for (index, record) in request.records.enumerated() {
            if index > 0 { try await turn(exchange) }
            let score = try bundle.score(record, wants: .embedding, evidence: 0, all: false)
            metrics.inputValues(known: score.values.known, unknown: score.values.unknown)
            events += record.times.count
            text += "\(index > 0 ? "," : ""){\"object\":\"embedding\",\"index\":\(index),\"embedding\":".utf8
            if request.isBase64 {
                text += "\"\(Data(Self.littleEndian(score.embedding)).base64EncodedString())\"".utf8
            } else {
                ScoreText.append(score.embedding, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
        metrics.batch(sessions: request.records.count)
        text += "],\"usage\":{\"prompt_tokens\":\(events),\"total_tokens\":\(events)},\"bundle\":".utf8
        text += bundle.reference
        text.append(UInt8(ascii: "}"))
        return ServiceAnswer(json: text)
    }

    /// Floats as bytes, the lowest first.
    static func littleEndian(_ floats: [Float]) -> [UInt8] {
        floats.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    }
}
