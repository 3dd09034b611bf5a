package import EventStream

/// A request of the Open Inference Protocol, version 2 (https://github.com/open-inference/open-inference-protocol), with its binary tensors.
///
/// The one input is `session`, `BYTES`, `[N]`: each element a session as JSON. Binary elements have their length before them, four bytes,
/// the lowest first.
package struct OpenInferenceRequest: Sendable {
    /// What can be asked for.
    package enum Output: String, Sendable, CaseIterable {
        /// `FP32`, `[N, D]`.
        case embedding
        /// `FP32`, `[N, K]`.
        case probabilities
    }

    /// What the caller calls it.
    package var id: String?
    /// The sessions.
    package var records: [SessionRecord] = []
    /// What is asked for, and whether as bytes behind the JSON.
    package var outputs: [(output: Output, isBinary: Bool)] = []

    /// The input tensor while it is read.
    private struct Tensor {
        var name: String?
        var datatype: String?
        var shape: [Int64]?
        var binarySize: Int64?
        var data: Range<Int>?
    }

    private let most: Int

    /// Reads a request.
    /// - Parameters:
    ///   - headerLength: bytes of the JSON where binary tensors follow; nil where nothing does.
    ///   - most: sessions of one request.
    package init(
        _ body: UnsafeBufferPointer<UInt8>, headerLength: Int?, most: Int, available: [Output], _ input: SessionInput
    ) throws(RequestFault) {
        self.most = most
        let length = headerLength ?? body.count
        guard (0...body.count).contains(length) else {
            throw RequestFault(
                .badRequest, "Inference-Header-Content-Length is beyond the body", remedy: "send the bytes of the JSON before the tensors")
        }
        var reader = JSONReader(body, 0..<length)
        var tensor: Tensor?
        var allBinary = false
        var asked: [(output: Output, isBinary: Bool?)]?
        var seen: Set<String> = []
        try reader.beginObject()
        while let name = try reader.nextName() {
            guard seen.insert(name).inserted else { throw reader.repeated() }
            switch name {
            case "id": id = try reader.text(limit: 128)
            case "parameters": allBinary = try Self.parameters(&reader, flag: "binary_data_output").flag ?? false
            case "inputs": tensor = try Self.inputs(&reader)
            case "outputs": asked = try Self.outputs(&reader, available)
            default: throw reader.unknown("id, parameters, inputs, outputs")
            }
        }
        try reader.finish()
        guard let tensor else { throw RequestFault(.unprocessable, at: "inputs", "it is missing", remedy: "give the input `session`") }
        let count = try Self.check(tensor, most)
        if let size = tensor.binarySize {
            try readBinary(body, length, Int(size), count, input)
        } else {
            guard length == body.count else {
                throw RequestFault(.badRequest, "bytes follow the JSON and no tensor is of them", remedy: "say their binary_data_size")
            }
            try readJSON(body, tensor, count, input)
        }
        outputs = (asked ?? available.map { ($0, nil) }).map { ($0.output, $0.isBinary ?? allBinary) }
    }

    // MARK: JSON

    /// An object of parameters: one flag and one size that mean something; others of any kind may stand there.
    private static func parameters(
        _ reader: inout JSONReader, flag: String
    ) throws(RequestFault) -> (flag: Bool?, size: Int64?) {
        var (found, size): (Bool?, Int64?) = (nil, nil)
        try reader.beginObject()
        while let name = try reader.nextName() {
            switch name {
            case flag:
                guard found == nil else { throw reader.repeated() }
                found = try reader.boolean()
            case "binary_data_size":
                guard size == nil else { throw reader.repeated() }
                size = try reader.integer(0...(1 << 40))
            default: try reader.skip()
            }
        }
        return (found, size)
    }

    private static func inputs(_ reader: inout JSONReader) throws(RequestFault) -> Tensor {
        var found: Tensor?
        try reader.beginArray()
        while try reader.nextElement() {
            guard found == nil else { throw reader.fault(.unprocessable, "there is one input", remedy: "give `session` alone") }
            var tensor = Tensor()
            var seen: Set<String> = []
            try reader.beginObject()
            while let name = try reader.nextName() {
                guard seen.insert(name).inserted else { throw reader.repeated() }
                switch name {
                case "name": tensor.name = try reader.text(limit: 64)
                case "datatype": tensor.datatype = try reader.text(limit: 16)
                case "shape":
                    var shape: [Int64] = []
                    try reader.beginArray()
                    while try reader.nextElement() {
                        guard shape.count < 8 else { throw reader.fault(.unprocessable, "too many dimensions", remedy: "send [N]") }
                        shape.append(try reader.integer(0...(1 << 40)))
                    }
                    tensor.shape = shape
                case "parameters": tensor.binarySize = try parameters(&reader, flag: "binary_data").size
                case "data": tensor.data = try reader.raw()
                default: throw reader.unknown("name, datatype, shape, parameters, data")
                }
            }
            found = tensor
        }
        guard let found else { throw reader.fault(.unprocessable, "there is no input", remedy: "give the input `session`") }
        return found
    }

    private static func outputs(
        _ reader: inout JSONReader, _ available: [Output]
    ) throws(RequestFault) -> [(output: Output, isBinary: Bool?)] {
        var outputs: [(output: Output, isBinary: Bool?)] = []
        try reader.beginArray()
        while try reader.nextElement() {
            var (own, isBinary): (Output?, Bool?) = (nil, nil)
            var seen: Set<String> = []
            try reader.beginObject()
            while let name = try reader.nextName() {
                guard seen.insert(name).inserted else { throw reader.repeated() }
                switch name {
                case "name":
                    own = Output(rawValue: try reader.text(limit: 64))
                    guard let own, available.contains(own) else {
                        throw reader.fault(
                            .unprocessable, "there is no such output",
                            remedy: "choose from \(available.map(\.rawValue).joined(separator: ", "))")
                    }
                case "parameters": isBinary = try parameters(&reader, flag: "binary_data").flag
                default: throw reader.unknown("name, parameters")
                }
            }
            guard let own else { throw reader.fault(.unprocessable, "the output has no name", remedy: "name it") }
            guard !outputs.contains(where: { $0.output == own }) else { throw reader.repeated() }
            outputs.append((own, isBinary))
        }
        guard !outputs.isEmpty else { throw reader.fault(.unprocessable, "there are no outputs", remedy: "name one, or leave them out") }
        return outputs
    }

    private static func check(_ tensor: Tensor, _ most: Int) throws(RequestFault) -> Int {
        func refuse(_ member: String, _ reason: String, _ remedy: String) -> RequestFault {
            RequestFault(.unprocessable, at: "inputs[0]\(member)", reason, remedy: remedy)
        }
        guard tensor.name == "session" else { throw refuse(".name", "the input is `session`", "name it so") }
        guard tensor.datatype == "BYTES" else { throw refuse(".datatype", "the input is of BYTES", "send sessions as JSON texts") }
        guard let shape = tensor.shape, shape.count == 1, (1...Int64(most)).contains(shape[0]) else {
            throw refuse(".shape", "it must be [N] with N from 1 to \(most)", "send as many sessions as the shape says")
        }
        guard (tensor.data == nil) != (tensor.binarySize == nil) else {
            throw refuse("", "there must be either data or a binary_data_size", "send one of the two")
        }
        return Int(shape[0])
    }

    private mutating func readJSON(
        _ body: UnsafeBufferPointer<UInt8>, _ tensor: Tensor, _ count: Int, _ input: SessionInput
    ) throws(RequestFault) {
        var reader = JSONReader(body, tensor.data)
        try reader.beginArray()
        while try reader.nextElement() {
            guard records.count < count else { break }
            records.append(try Self.session(Array(try reader.text(limit: .max).utf8), records.count, input))
        }
        guard records.count == count else {
            throw RequestFault(
                .unprocessable, at: "inputs[0].data", "it has another number of elements than the shape says", remedy: "send as many")
        }
    }

    // MARK: Bytes

    private mutating func readBinary(
        _ body: UnsafeBufferPointer<UInt8>, _ start: Int, _ size: Int, _ count: Int, _ input: SessionInput
    ) throws(RequestFault) {
        let fault = RequestFault(
            .badRequest, at: "inputs[0]", "the binary tensor is not of the length that is said",
            remedy: "send binary_data_size bytes: each element with its length before it, four bytes, the lowest first")
        guard body.count - start == size else { throw fault }
        var place = start
        while records.count < count {
            guard body.count - place >= 4 else { throw fault }
            let length = (0..<4).reduce(0) { $0 | Int(body[place + $1]) << (8 * $1) }
            place += 4
            guard body.count - place >= length else { throw fault }
            records.append(try Self.session(Array(body[place..<(place + length)]), records.count, input))
            place += length
        }
        guard place == body.count else { throw fault }
    }

    private static func session(_ text: [UInt8], _ number: Int, _ input: SessionInput) throws(RequestFault) -> SessionRecord {
        do throws(RequestFault) {
            return try ScoringService.read(text) { reader throws(RequestFault) in try input.record(&reader) }
        } catch {
            var fault = error
            fault.place = "inputs[0].data[\(number)]" + (fault.place.isEmpty ? "" : ".\(fault.place)")
            throw fault
        }
    }
}
