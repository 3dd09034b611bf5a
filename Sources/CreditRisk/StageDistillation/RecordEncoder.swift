internal import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Records of one stage → one row an applicant:
///
///     embeddings of the categories beside the numbers → linear → GRU, or places and Transformer → pooling
///
/// - Shapes: `[N, C · E + M]` → `[N, D]` → `[B, D]`; an applicant without records gets a row of zeros.
struct RecordEncoder: Sendable {
    private let tables: [Embedding]
    private let embeddingWidth: Int
    private let numberWidth: Int
    private let map: Linear
    private let sequence: Sequence
    private let pooling: Pooling

    private enum Sequence: Sendable {
        case recurrent(GRUEncoder)
        case attentive(PositionEncoding, TransformerEncoder)
    }

    fileprivate enum SequenceTape {
        case recurrent(GRUEncoder.Tape)
        case attentive(TransformerEncoder.Tape)
    }

    init(_ inputs: StreamInputs, _ settings: StageDistillationSettings, in scope: inout ParameterScope) {
        (embeddingWidth, numberWidth) = (settings.embeddingWidth, inputs.numberWidth)
        let (width, embedding) = (settings.recordWidth, settings.embeddingWidth)
        tables = inputs.words.enumerated().map { field, words in
            scope.scope("category.\(field)") {
                Embedding(count: words.count + 2, width: embedding, initializer: .normal(0.3), in: &$0)
            }
        }
        map = scope.scope("record") { [count = tables.count] in
            Linear(inputs: count * embedding + inputs.numberWidth, outputs: width, in: &$0)
        }
        sequence = scope.scope("sequence") { scope in
            guard settings.encoder == "transformer" else {
                return .recurrent(
                    GRUEncoder(inputs: width, width: width, layers: settings.layers, dropout: settings.dropout, in: &scope))
            }
            let places = scope.scope("places") {
                PositionEncoding(width: width, longest: min(inputs.longest, 512), origin: .end, in: &$0)
            }
            let layers = TransformerEncoder.Settings(
                width: width, heads: settings.heads, layers: settings.layers, dropout: settings.dropout)
            return .attentive(places, TransformerEncoder(layers, in: &scope))
        }
        pooling = scope.scope("pooling") { Pooling(PoolingKind(rawValue: settings.pooling) ?? .mean, width: width, in: &$0) }
    }

    /// What backward needs; nothing where no applicant has records.
    struct Tape {
        fileprivate let parts: (map: Linear.Tape, sequence: SequenceTape, pooling: Pooling.Tape)?
    }

    /// → a row an applicant `[B, D]`, and a state for each record `[N, D]`.
    func forward(_ input: StageInput.Records, _ pass: Pass) -> (output: Rows, states: Rows, tape: Tape) {
        let count = input.numbers.count
        guard count > 0 else {
            let zeros = pass.workspace.rows(input.offsets.count, map.outputs)
            zeros.clear()
            return (zeros, pass.workspace.rows(0, map.outputs), Tape(parts: nil))
        }
        let joined = pass.workspace.rows(count, map.inputs)
        for (field, table) in tables.enumerated() {
            table.forward(input.words[field], rows: count, into: joined.base + field * embeddingWidth, stride: map.inputs, pass)
        }
        let first = tables.count * embeddingWidth
        for row in 0..<count { (joined[row] + first).update(from: input.numbers[row], count: numberWidth) }
        let (rows, mapTape) = map.forward(joined, pass)
        let (states, sequenceTape) = run(rows, input.offsets, pass)
        let (output, poolingTape) = pooling.forward(states, input.offsets, pass)
        return (output, states, Tape(parts: (mapTape, sequenceTape, poolingTape)))
    }

    private func run(_ rows: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (Rows, SequenceTape) {
        switch sequence {
        case .recurrent(let encoder):
            let (states, tape) = encoder.forward(rows, offsets, pass)
            return (states, .recurrent(tape))
        case .attentive(let places, let encoder):
            let (states, tape) = encoder.forward(places.forward(rows, offsets, pass).output, offsets, pass)
            return (states, .attentive(tape))
        }
    }

    /// Weight of each of one applicant's states in what they become together: the pooling's if that attends, else all alike.
    func attention(_ states: Rows, _ pass: Pass) -> [Float] {
        guard let query = pooling.query else { return [Float](repeating: 1 / Float(max(1, states.count)), count: states.count) }
        let scale = 1 / Float(states.width).squareRoot()
        let products = (0..<states.count).map { row -> Float in
            var sum: Float = 0
            for column in 0..<states.width { sum += states[row][column] * pass.weights(query)[column] }
            return sum * scale
        }
        let highest = products.max() ?? 0
        let powers = products.map { exp($0 - highest) }, sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// Gradients of the rows `[B, D]`, and of the states beside what comes through those `[N, D]` → gradients of the weights.
    func backward(_ upstream: Rows, states: Rows?, _ input: StageInput.Records, _ tape: Tape, _ pass: Pass) {
        guard let parts = tape.parts else { return }
        var gradient = pooling.backward(upstream, input.offsets, parts.pooling, pass)
        if let states { for index in 0..<gradient.scalarCount { gradient.base[index] += states.base[index] } }
        switch (sequence, parts.sequence) {
        case (.recurrent(let encoder), .recurrent(let tape)): gradient = encoder.backward(gradient, input.offsets, tape, pass)
        case (.attentive(let places, let encoder), .attentive(let tape)):
            gradient = places.backward(encoder.backward(gradient, input.offsets, tape, pass), input.offsets, (), pass)
        default: preconditionFailure("RecordEncoder.backward: the tape is another encoder's")
        }
        let joined = map.backward(gradient, parts.map, pass)
        for (field, table) in tables.enumerated() {
            table.backward(joined.base + field * embeddingWidth, stride: map.inputs, input.words[field], rows: joined.count, pass)
        }
    }
}
