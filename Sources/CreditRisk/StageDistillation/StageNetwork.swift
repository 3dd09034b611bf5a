package import SequenceKernel

/// The network of either stage (`f = h ∘ g`, systems.md 2.2):
///
///     g: perceptron over the profile, an encoder for each stage's records → perceptron → representation H
///     h: linear → logit
///
/// - Shapes: `[B, C]` and packed records → `H [B, R]` → `[B, 1]`.
package struct StageNetwork: Sendable {
    /// All declarations, without what only distillation needs.
    package let parameters: ParameterScope
    /// Floats of the representation (R).
    let width: Int
    private let profile: FeedForward
    private let records: [RecordEncoder]
    private let fusion: FeedForward
    private let head: Linear
    private let recordWidth: Int

    package init(_ inputs: StageInputs, width: Int, _ settings: StageDistillationSettings) {
        var scope = ParameterScope()
        self.width = width
        recordWidth = settings.recordWidth
        profile = scope.scope("profile") {
            FeedForward(
                inputs: inputs.profile.width, hidden: settings.profileWidth, outputs: settings.profileWidth, dropout: settings.dropout,
                in: &$0)
        }
        // The stage by its place: a teacher's encoder of what was before starts as the student's.
        records = inputs.streams.enumerated().map { place, stream in
            scope.scope("records.\(place)") { RecordEncoder(stream, settings, in: &$0) }
        }
        let joined = settings.profileWidth + inputs.streams.count * settings.recordWidth
        fusion = scope.scope("fusion") {
            FeedForward(inputs: joined, hidden: settings.fusionWidth, outputs: width, dropout: settings.dropout, in: &$0)
        }
        head = scope.scope("head") { Linear(inputs: width, outputs: 1, in: &$0) }
        parameters = scope
    }

    /// What backward needs.
    struct Tape {
        fileprivate let profile: FeedForward.Tape
        fileprivate let records: [RecordEncoder.Tape]
        fileprivate let fusion: FeedForward.Tape
        fileprivate let representation: Rows
    }

    /// What forward gives.
    struct Output {
        /// H, `[B, R]`.
        let representation: Rows
        /// `[B, 1]`.
        let logits: Rows
        /// A state for each record of the first stage that is read, `[N, D]`; nil where none is.
        let events: Rows?
        let tape: Tape
    }

    func forward(_ input: StageInput, _ pass: Pass) -> Output {
        let (own, profileTape) = profile.forward(input.profile, pass)
        let count = input.profile.count
        let joined = pass.workspace.rows(count, own.width + records.count * recordWidth)
        for row in 0..<count { joined[row].update(from: own[row], count: own.width) }
        var tapes: [RecordEncoder.Tape] = []
        var events: Rows?
        for (place, encoder) in records.enumerated() {
            let (pooled, states, tape) = encoder.forward(input.streams[place], pass)
            tapes.append(tape)
            if place == 0 { events = states }
            let first = own.width + place * recordWidth
            for row in 0..<count { (joined[row] + first).update(from: pooled[row], count: recordWidth) }
        }
        let (representation, fusionTape) = fusion.forward(joined, pass)
        let logits = head.forward(representation, pass).output
        return Output(
            representation: representation, logits: logits, events: events,
            tape: Tape(profile: profileTape, records: tapes, fusion: fusionTape, representation: representation))
    }

    /// Weight of each of one applicant's states of the first stage.
    func attention(_ events: Rows, _ pass: Pass) -> [Float] { records[0].attention(events, pass) }

    /// Gradients of the logits `[B, 1]`, and beside what comes through them of H `[B, R]` and of the records' states `[N, D]` → gradients of
    /// the weights.
    func backward(_ logits: Rows, _ representation: Rows?, events: Rows?, _ input: StageInput, _ tape: Tape, _ pass: Pass) {
        let gradient = pass.workspace.rows(logits.count, width)
        if let representation { gradient.base.update(from: representation.base, count: gradient.scalarCount) }
        head.backward(logits, tape.representation, into: gradient, accumulates: representation != nil, pass)
        let joined = fusion.backward(gradient, tape.fusion, pass)
        let profileWidth = joined.width - records.count * recordWidth
        for (place, encoder) in records.enumerated() {
            let own = pass.workspace.rows(joined.count, recordWidth)
            for row in 0..<joined.count {
                own[row].update(from: joined[row] + profileWidth + place * recordWidth, count: recordWidth)
            }
            encoder.backward(own, states: place == 0 ? events : nil, input.streams[place], tape.records[place], pass)
        }
        let own = pass.workspace.rows(joined.count, profileWidth)
        for row in 0..<joined.count { own[row].update(from: joined[row], count: profileWidth) }
        _ = profile.backward(own, tape.profile, pass)
    }
}
