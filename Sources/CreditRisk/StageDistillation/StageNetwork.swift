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

    /// → H `[B, R]` and logits `[B, 1]`.
    func forward(_ input: StageInput, _ pass: Pass) -> (representation: Rows, logits: Rows, tape: Tape) {
        let (own, profileTape) = profile.forward(input.profile, pass)
        let count = input.profile.count
        let joined = pass.workspace.rows(count, own.width + records.count * recordWidth)
        for row in 0..<count { joined[row].update(from: own[row], count: own.width) }
        var tapes: [RecordEncoder.Tape] = []
        for (place, encoder) in records.enumerated() {
            let (pooled, tape) = encoder.forward(input.streams[place], pass)
            tapes.append(tape)
            let first = own.width + place * recordWidth
            for row in 0..<count { (joined[row] + first).update(from: pooled[row], count: recordWidth) }
        }
        let (representation, fusionTape) = fusion.forward(joined, pass)
        let logits = head.forward(representation, pass).output
        return (
            representation, logits, Tape(profile: profileTape, records: tapes, fusion: fusionTape, representation: representation)
        )
    }

    /// Gradients of the logits `[B, 1]`, and of H beside what comes through them `[B, R]` → gradients of the weights.
    func backward(_ logits: Rows, _ representation: Rows?, _ input: StageInput, _ tape: Tape, _ pass: Pass) {
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
            encoder.backward(own, input.streams[place], tape.records[place], pass)
        }
        let own = pass.workspace.rows(joined.count, profileWidth)
        for row in 0..<joined.count { own[row].update(from: joined[row], count: profileWidth) }
        _ = profile.backward(own, tape.profile, pass)
    }
}
