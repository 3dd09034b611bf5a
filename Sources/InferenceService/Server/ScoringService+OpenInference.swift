internal import DurableFiles
internal import EventStream

/// The Open Inference Protocol, version 2.
extension ScoringService {
    private func outputs(_ bundle: ServingBundle) -> [InferenceRequest.Output] {
        bundle.classifier == nil ? [.embedding] : [.embedding, .probabilities]
    }

    private func inferable(_ name: String) throws(RequestFault) -> ServingBundle {
        guard let bundle = parts.bundles.bundle(name), bundle.name == name, bundle.encoder != nil else {
            throw RequestFault(.notFound, "there is no model of this name", remedy: "see /v1/models for those there are")
        }
        return bundle
    }

    func inferenceReady(_ name: String) throws(RequestFault) -> ServiceAnswer {
        let bundle = try inferable(name)
        return ServiceAnswer(
            status: isReady ? 200 : 503, json: "{\"name\":\(JSONString.quoted(bundle.name)),\"ready\":\(isReady)}")
    }

    func inferenceModel(_ name: String) throws(RequestFault) -> ServiceAnswer {
        let bundle = try inferable(name)
        let told = bundle.told.map(JSONString.quoted).joined(separator: ",")
        let outputs = outputs(bundle).map { output in
            output == .embedding
                ? "{\"name\":\"embedding\",\"datatype\":\"FP32\",\"shape\":[-1,\(bundle.dimension)]}"
                : "{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[-1,\(bundle.told.count)],\"parameters\":{\"intents\":[\(told)]}}"
        }
        return ServiceAnswer(
            json: "{\"name\":\(JSONString.quoted(bundle.name)),\"versions\":[\"\(bundle.id)\"],\"platform\":\"tessera\","
                + "\"inputs\":[{\"name\":\"session\",\"datatype\":\"BYTES\",\"shape\":[-1]}],\"outputs\":[\(outputs.joined(separator: ","))]}"
        )
    }

    func infer(_ exchange: Exchange, _ name: String, _ body: [UInt8]) async throws(RequestFault) -> ServiceAnswer {
        let bundle = try inferable(name)
        let input = try limits(bundle)
        var headerLength: Int?
        if let text = exchange.request.inferenceHeaderLength {
            guard let length = Int(text), length >= 0 else {
                throw RequestFault(.badRequest, "Inference-Header-Content-Length is no length", remedy: "send the bytes of the JSON")
            }
            headerLength = length
        }
        var outcome: Result<InferenceRequest, RequestFault>?
        let (most, available) = (settings.limits.batch, outputs(bundle))
        body.withUnsafeBufferPointer { bytes in
            do throws(RequestFault) {
                outcome = .success(
                    try InferenceRequest(bytes, headerLength: headerLength, most: most, available: available, input))
            } catch { outcome = .failure(error) }
        }
        let request: InferenceRequest
        switch outcome! {
        case .success(let own): request = own
        case .failure(let fault): throw fault
        }
        var wants: ScoreRequest.Wants = []
        for (output, _) in request.outputs { wants.insert(output == .embedding ? .embedding : .intents) }
        try allow(exchange, wants)
        var values: [InferenceRequest.Output: [Float]] = [:]
        charge(exchange, sessions: request.records.count)
        for (index, record) in request.records.enumerated() {
            if index > 0 { try await turn(exchange) }
            let score = try bundle.score(record, wants: wants, evidence: 0, all: true)
            count(score, bundle)
            if let journal = parts.journal, let line = score.label {
                var own = ScoreRequest(remembered: record)
                (own.evidence, own.all) = (0, true)
                try await journal.record(bundle.decision(own, score, line), bundle.labelRun(own))
            }
            values[.embedding, default: []] += score.embedding
            values[.probabilities, default: []] += score.probabilities
        }
        metrics.batch(sessions: request.records.count)
        return told(request, bundle, values)
    }

    private func told(
        _ request: InferenceRequest, _ bundle: ServingBundle, _ values: [InferenceRequest.Output: [Float]]
    ) -> ServiceAnswer {
        var text: [UInt8] = Array("{\"model_name\":\(JSONString.quoted(bundle.name)),\"model_version\":\"\(bundle.id)\"".utf8)
        if let id = request.id { text += ",\"id\":\(JSONString.quoted(id))".utf8 }
        text += ",\"outputs\":[".utf8
        var binary: [UInt8] = []
        var isBinary = false
        for (number, (output, asBytes)) in request.outputs.enumerated() {
            let own = values[output] ?? []
            let width = output == .embedding ? bundle.dimension : bundle.told.count
            text += "\(number > 0 ? "," : ""){\"name\":\"\(output.rawValue)\",\"datatype\":\"FP32\",".utf8
            text += "\"shape\":[\(request.records.count),\(width)],".utf8
            if asBytes {
                isBinary = true
                binary += Self.littleEndian(own)
                text += "\"parameters\":{\"binary_data_size\":\(own.count * 4)}}".utf8
            } else {
                text += "\"data\":".utf8
                ScoreText.append(own, to: &text)
                text.append(UInt8(ascii: "}"))
            }
        }
        text += "]}".utf8
        guard isBinary else { return ServiceAnswer(json: text) }
        var answer = ServiceAnswer(contentType: "application/octet-stream", body: .bytes(text + binary))
        answer.fields.append(("Inference-Header-Content-Length", "\(text.count)"))
        return answer
    }
}
