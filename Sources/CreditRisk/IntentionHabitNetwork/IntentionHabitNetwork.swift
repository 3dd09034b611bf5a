package import SequenceKernel

/// The network of intentions and habits (Guo et al., 2020, arXiv:2008.07796; systems.md 3):
///
///     behaviours × amounts, weekday, day of month → embeddings (EN) → a map of each field (FAN)
///       → time-aware recurrence over each session → intention (SUIE)
///       → recurrence over intentions that knows applicant and product → habit (LHUHE)
///     [last intention; habit; applicant; device; product] → profile interaction (UPI) → two logits
///
/// - Shapes: B applicants, S sessions, N behaviours; embeddings E, states H: `[N]` ids → `[N, E]` → `[S, H]` → `[B, H]`; UPI reads
///   `[B, 2 H + 3 E]`. An applicant without sessions has both sequence slots zero.
package struct IntentionHabitNetwork: Sendable {
    /// E and H.
    let width: Int
    let stateWidth: Int
    /// All declarations.
    package let parameters: ParameterScope
    let profile: ProfileFields
    let interaction: ProfileInteraction
    let behaviours: SessionEncoder
    /// s of α = guidance · e^-s, `[1]`; nil where α is fixed.
    let uncertainty: Parameter?

    /// - Parameters:
    ///   - columns: of the profile groups as the network reads them.
    ///   - vocabulary: behaviours.
    package init(_ settings: IntentionHabitSettings, columns: [Int], vocabulary: Int) {
        var scope = ParameterScope()
        let (width, stateWidth) = (settings.embeddingWidth, settings.stateWidth)
        (self.width, self.stateWidth) = (width, stateWidth)
        profile = scope.scope("profile") { ProfileFields(columns: columns, width: width, byField: settings.fieldMaps, in: &$0) }
        behaviours = SessionEncoder(settings, vocabulary: vocabulary, in: &scope)
        interaction = scope.scope("interaction") {
            ProfileInteraction(inputs: 2 * stateWidth + 3 * width, hidden: settings.hidden, dropout: settings.dropout, in: &$0)
        }
        uncertainty = settings.learnsGuidance ? scope.declare("guidance.uncertainty", [1], .zeros, decays: false) : nil
        parameters = scope
    }

    /// Whether no table's gradient is noted for after the shards: all are small.
    var notesNoRows: Bool { behaviours.notesNoRows }

    /// What backward needs.
    package struct Tape {
        let profile: ProfileFields.Tape
        let interaction: ProfileInteraction.Tape
        let history: (input: IntentionHabitInput.History, tape: SessionEncoder.Tape)?
    }

    /// → logits `[B, 2]`.
    package func forward(_ input: IntentionHabitInput, _ pass: Pass) -> (logits: Rows, tape: Tape) {
        let (joined, profile, history) = joined(input, pass)
        let (logits, interaction) = interaction.forward(joined, pass)
        return (logits, Tape(profile: profile, interaction: interaction, history: history))
    }

    private func joined(
        _ input: IntentionHabitInput, _ pass: Pass
    ) -> (rows: Rows, profile: ProfileFields.Tape, history: (input: IntentionHabitInput.History, tape: SessionEncoder.Tape)?) {
        let count = input.profile.user.count
        let joined = pass.workspace.rows(count, 2 * stateWidth + 3 * width)
        let tape = profile.forward(input.profile, into: joined, column: 2 * stateWidth, pass)
        guard let own = input.history else {
            for row in 0..<count { joined[row].update(repeating: 0, count: 2 * stateWidth) }
            return (joined, tape, nil)
        }
        let context = pass.workspace.rows(count, 2 * width)
        for row in 0..<count {
            let vectors = joined[row] + 2 * stateWidth
            context[row].update(from: vectors, count: width)
            (context[row] + width).update(from: vectors + 2 * width, count: width)
        }
        let (intention, habit, history) = behaviours.forward(own, context: context, pass)
        for row in 0..<count {
            joined[row].update(from: intention[row], count: stateWidth)
            (joined[row] + stateWidth).update(from: habit[row], count: stateWidth)
        }
        return (joined, tape, (own, history))
    }

    /// What the profile interaction reads, `[B, 2 H + 3 E]`: last intention, habit, applicant, device, product.
    package func vectors(_ input: IntentionHabitInput, _ pass: Pass) -> Rows { joined(input, pass).rows }

    /// Vectors of the behaviours as the recurrence reads them, `[N, E]`.
    package func behaviourVectors(_ input: IntentionHabitInput.History, _ pass: Pass) -> Rows { behaviours.vectors(input, pass) }

    /// Gradient of the logits `[B, 2]` → gradients of the weights.
    func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) {
        let gradient = interaction.backward(upstream, tape.interaction, pass)
        if let history = tape.history {
            let intention = pass.workspace.rows(upstream.count, stateWidth), habit = pass.workspace.rows(upstream.count, stateWidth)
            for row in 0..<upstream.count {
                intention[row].update(from: gradient[row], count: stateWidth)
                habit[row].update(from: gradient[row] + stateWidth, count: stateWidth)
            }
            if let context = behaviours.backward(intention, habit, history.input, history.tape, pass) {
                for row in 0..<upstream.count {
                    let vectors = gradient[row] + 2 * stateWidth
                    for column in 0..<width {
                        vectors[column] += context[row][column]
                        vectors[2 * width + column] += context[row][width + column]
                    }
                }
            }
        }
        profile.backward(gradient, column: 2 * stateWidth, tape.profile, pass)
    }

    /// Overdue probability of two logits: softmax, of which one value is enough.
    @inline(__always)
    static func logit(_ logits: UnsafePointer<Float>) -> Float { logits[1] - logits[0] }
}
