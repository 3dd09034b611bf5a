internal import DurableFiles
internal import EventStream

/// The Open Inference Protocol, version 2.
extension ScoringService {
    private func outputs(_ bundle: ServingBundle) -> [OpenInferenceRequest.Output] {
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

    func inferenceModel(_ exchange: Exchange, _ name: String) throws(RequestFault) -> ServiceAnswer {
        try allow(exchange, anyOf: .predictions)
        let bundle = try inferable(name)
        let outputs = outputs(bundle).map { output in
            output == .embedding
                ? "{\"name\":\"embedding\",\"datatype\":\"FP32\",\"shape\":[-1,\(bundle.dimension)]}"
                : "{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[-1,\(bundle.told.count)],"
                    + "\"parameters\":{\(bundle.columns)}}"
        }
        return ServiceAnswer(
            json: "{\"name\":\(JSONString.quoted(bundle.name)),\"versions\":[\"\(bundle.version)\"],"
                + "\"platform\":\"tessera\",\"inputs\":[{\"name\":\"session\",\"datatype\":\"BYTES\",\"shape\":[-1]}],"
                + "\"outputs\":[\(outputs.joined(separator: ","))]}"
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
        var outcome: Result<OpenInferenceRequest, RequestFault>?
        let (most, available) = (settings.limits.batch, outputs(bundle))
        body.withUnsafeBufferPointer { bytes in
            do throws(RequestFault) {
                outcome = .success(
                    try OpenInferenceRequest(bytes, headerLength: headerLength, most: most, available: available, input))
            } catch { outcome = .failure(error) }
        }
        let request: OpenInferenceRequest
        switch outcome! {
        case .success(let own): request = own
        case .failure(let fault): throw fault
        }
        var wants: ScoreRequest.Wants = []
        for (output, _) in request.outputs { wants.insert(output == .embedding ? .embedding : .intents) }
        try allow(exchange, wants)
        var values: [OpenInferenceRequest.Output: [Float]] = [:]
        var entries: [DecisionJournal.Entry] = []
        charge(exchange, sessions: request.records.count)
        for (index, record) in request.records.enumerated() {
            if index > 0 { try await turn(exchange) }
            let score = try bundle.score(record, wants: wants, evidence: 0, all: true)
            count(score, bundle)
            if parts.journal != nil, let line = score.label {
                var own = ScoreRequest(remembered: record)
                (own.evidence, own.all) = (0, true)
                entries.append((bundle.decision(own, score, line, id: exchange.id), bundle.labelRun(own)))
            }
            values[.embedding, default: []] += score.embedding
            values[.probabilities, default: []] += score.probabilities
        }
        metrics.batch(sessions: request.records.count)
        let answer = told(request, bundle, values)
        try await self.record(exchange) { entries }
        return answer
    }

    private func told(
        _ request: OpenInferenceRequest, _ bundle: ServingBundle, _ values: [OpenInferenceRequest.Output: [Float]]
    ) -> ServiceAnswer {
        var text: [UInt8] = Array("{\"model_name\":\(JSONString.quoted(bundle.name)),\"model_version\":\"\(bundle.version)\"".utf8)
        if let id = request.id { text += ",\"id\":\(JSONString.quoted(id))".utf8 }
        text += ",\"outputs\":[".utf8
        var binary: [UInt8] = []
        var isBinary = false
        for (number, (output, asBytes)) in request.outputs.enumerated() {
            let own = values[output] ?? []
            let width = output == .embedding ? bundle.dimension : bundle.told.count
            text += "\(number > 0 ? "," : ""){\"name\":\"\(output.rawValue)\",\"datatype\":\"FP32\",".utf8
            text += "\"shape\":[\(request.records.count),\(width)],".utf8
            // Which intents may be told changes; who reads columns sees of which they are.
            let columns = output == .probabilities ? bundle.columns : nil
            if asBytes {
                isBinary = true
                binary += Self.littleEndian(own)
                text += "\"parameters\":{\"binary_data_size\":\(own.count * 4)\(columns.map { ",\($0)" } ?? "")}}".utf8
            } else {
                if let columns { text += "\"parameters\":{\(columns)},".utf8 }
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

extension ServingBundle {
    /// `"intents":[…]`: whose probabilities the columns of the Open Inference Protocol's output are.
    fileprivate var columns: String { "\"intents\":[\(told.map(JSONString.quoted).joined(separator: ","))]" }
}
