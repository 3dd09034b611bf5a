package import SequenceKernel

/// The unified time-series network (DataFunTalk, 2021; systems.md 4): every history becomes a vector, vectors and fixed features stand beside
/// one another, and a linear map (or a small perceptron) gives one logit.
///
/// - Shapes: `[B, histories E + profile fields E]` → `[B, 1]`.
package struct FrameworkNetwork: Sendable {
    /// All declarations.
    package let parameters: ParameterScope
    private let width: Int
    let histories: [HistoryEncoder]
    let profile: FieldVectors?
    private let head: Head

    private enum Head: Sendable {
        case linear(Linear)
        case perceptron(FeedForward)
    }

    package init(_ encoder: FrameworkEncoder, _ settings: FrameworkSettings) {
        var scope = ParameterScope()
        self.init(encoder, settings, in: &scope)
    }

    /// Declares its parameters among others.
    init(_ encoder: FrameworkEncoder, _ settings: FrameworkSettings, in scope: inout ParameterScope) {
        var histories: [HistoryEncoder] = []
        for (place, history) in encoder.histories.enumerated() {
            scope.scope("histories.\(place)") {
                histories.append(HistoryEncoder(history, encoder.members[place], encoder.fields, settings, in: &$0))
            }
        }
        profile =
            encoder.profile.fields.isEmpty
            ? nil : scope.scope("profile") { FieldVectors(encoder.profile, width: settings.width, in: &$0) }
        let inputs = (histories.count + encoder.profile.fields.count) * settings.width
        head = scope.scope("head") { scope in
            settings.headWidth == 0
                ? .linear(Linear(inputs: inputs, outputs: 1, in: &scope))
                : .perceptron(
                    FeedForward(inputs: inputs, hidden: settings.headWidth, outputs: 1, dropout: settings.dropout, in: &scope))
        }
        (self.histories, parameters, width) = (histories, scope, settings.width)
    }

    /// Whether no table's gradient is noted for after the shards: all are small.
    var notesNoRows: Bool { (profile?.isDense ?? true) && histories.allSatisfy { $0.vectors.allSatisfy(\.isDense) } }

    /// Weights as training begins with them.
    package func weights(seed: UInt64) -> ParameterVector {
        let weights = ParameterVector(parameters, seed: seed)
        for history in histories { for vectors in history.vectors { vectors.clearUnseen(weights) } }
        profile?.clearUnseen(weights)
        return weights
    }

    /// What backward needs; its lists are reused from step to step.
    package struct Tape {
        var input: FrameworkInput?
        var attention: [FieldAttention.Tape] = []
        var histories: [HistoryEncoder.Tape] = []
        var joined: Rows?
        var head: FeedForward.Tape?

        package init() {}
    }

    /// → logits `[B, 1]`.
    package func forward(_ input: FrameworkInput, _ pass: Pass, _ tape: inout Tape) -> Rows {
        tape.attention.removeAll(keepingCapacity: true)
        tape.histories.removeAll(keepingCapacity: true)
        tape.input = input
        let fields = profile?.count ?? 0
        let joined = pass.workspace.rows(input.count, (histories.count + fields) * width)
        for (place, history) in histories.enumerated() {
            let (output, own) = history.forward(input, input.histories[place], pass, &tape.attention)
            if pass.isTraining { tape.histories.append(own) }
            for row in 0..<input.count { (joined[row] + place * width).update(from: output[row], count: width) }
        }
        if let profile {
            let vectors = profile.forward(input.profile, pass)
            for row in 0..<input.count { (joined[row] + histories.count * width).update(from: vectors[row], count: fields * width) }
        }
        tape.joined = joined
        switch head {
        case .linear(let map): return map.forward(joined, pass).output
        case .perceptron(let map):
            let (output, own) = map.forward(joined, pass)
            tape.head = own
            return output
        }
    }

    /// Gradient of the logits `[B, 1]` → gradients of the weights.
    package func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) {
        guard let input = tape.input, let joined = tape.joined else { return }
        let gradient: Rows
        switch head {
        case .linear(let map): gradient = map.backward(upstream, joined, pass)
        case .perceptron(let map):
            guard let own = tape.head else { return }
            gradient = map.backward(upstream, own, pass)
        }
        var first = 0
        for (place, history) in histories.enumerated() {
            let own = pass.workspace.rows(input.count, width)
            for row in 0..<input.count { own[row].update(from: gradient[row] + place * width, count: width) }
            let last = first + history.members.count
            history.backward(own, input, input.histories[place], tape.histories[place], tape.attention[first..<last], pass)
            first = last
        }
        guard let profile else { return }
        let own = pass.workspace.rows(input.count, profile.count * width)
        for row in 0..<input.count { own[row].update(from: gradient[row] + histories.count * width, count: own.width) }
        profile.backward(own, input.profile, pass)
    }

    /// How much attention each field of each record gets, `[N, F]`, by table: sums to 1 over a record's fields.
    package func attention(_ input: FrameworkInput, table: Int, _ pass: Pass) -> Rows? {
        for history in histories {
            guard let place = history.members.firstIndex(of: table) else { continue }
            let vectors = history.vectors[place].forward(input.tables[table], pass)
            return history.attentions[place].forward(vectors, pass).tape.weights
        }
        return nil
    }
}
