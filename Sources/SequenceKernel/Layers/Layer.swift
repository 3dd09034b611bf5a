/// What a layer needs besides its input: weights, where gradients go, scratch memory, and whether this is training.
///
/// One worker owns one pass. Layers themselves are immutable descriptions and are shared by all.
public struct Pass: @unchecked Sendable {
    /// The model's weights, read only during a pass.
    public let weights: ParameterVector
    /// This shard's gradient of the dense space (`weights.denseCount` floats), added to by backward passes; nil at inference.
    public let gradients: UnsafeMutablePointer<Float>?
    /// Scratch memory; a tape's rows live here until the step ends.
    public let workspace: Workspace
    /// Gradients of table rows found by this shard, added to the shared gradient when all shards are through.
    public let scatter: GradientScatter?
    /// Dropout, when training: nil switches it off.
    public let dropout: DropoutStream?
    /// Transposed copies of the weights, up to date; without them each layer makes its own in the workspace.
    public let transposes: TransposedWeights?
    /// Copies of the wide matrices in bfloat16, at inference only: products with them take half the time and round their factors.
    public let reduced: BFloat16Weights?

    /// A pass of training when `gradients` is given, of inference otherwise.
    public init(
        weights: ParameterVector, workspace: Workspace, gradients: UnsafeMutablePointer<Float>? = nil,
        scatter: GradientScatter? = nil, dropout: DropoutStream? = nil, transposes: TransposedWeights? = nil,
        reduced: BFloat16Weights? = nil
    ) {
        self.weights = weights
        self.workspace = workspace
        self.gradients = gradients
        self.scatter = scatter
        self.dropout = dropout
        self.transposes = transposes
        self.reduced = reduced
    }

    /// The same pass in other memory.
    func with(_ workspace: Workspace) -> Pass {
        Pass(
            weights: weights, workspace: workspace, gradients: gradients, scatter: scatter, dropout: dropout, transposes: transposes,
            reduced: reduced)
    }

    /// True when tapes must be kept for a backward pass.
    public var isTraining: Bool { gradients != nil }

    /// The floats of a parameter.
    public func weights(_ parameter: Parameter) -> UnsafeMutablePointer<Float> { weights.pointer(parameter) }

    /// Where a dense parameter's gradient is added up. Traps at inference.
    public func gradient(_ parameter: Parameter) -> UnsafeMutablePointer<Float> {
        precondition(parameter.kind == .dense, "\(parameter.name) is a table: its gradient goes through GradientScatter")
        guard let gradients else { preconditionFailure("\(parameter.name): no gradients in a pass of inference") }
        return gradients + parameter.offset
    }
}

/// Keys the dropout masks of one shard in one step, so that backward can make the same mask again instead of storing it.
public struct DropoutStream: Sendable {
    /// Mixed from run seed, step and shard.
    public let key: UInt64

    /// The stream of one shard in one step.
    public init(seed: UInt64, step: Int, shard: Int) {
        key = RandomSource.mix(RandomSource.mix(seed ^ 0xD6E8_FEB8_6659_FD93) ^ RandomSource.mix(UInt64(step) << 16 | UInt64(shard)))
    }
}

/// A position-wise function with weights: forward and backward side by side, with a named tape between.
///
/// `forward` keeps on the tape what `backward` needs and nothing more. `backward` takes the gradient of the loss with respect to
/// the output, adds to the weights' gradients in `pass`, and returns the gradient with respect to the input. Both work on
/// packed rows `[N, width]`; memory comes from `pass.workspace`. `backward` may overwrite `upstream`.
public protocol Layer: Sendable {
    /// What backward needs from forward.
    associatedtype Tape
    /// `[N, inputs]` → `[N, outputs]`.
    func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Tape)
    /// Gradient of the output → gradient of the input.
    func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows
}

/// A function over whole sequences: attention, recurrence, and stacks of them.
public protocol SequenceEncoder: Sendable {
    /// What backward needs from forward.
    associatedtype Tape
    /// Floats in an output row (H).
    var width: Int { get }
    /// `[N, D]` packed rows of B sequences → `[N, H]`.
    func forward(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Tape)
    /// Gradient of the output → gradient of the input.
    func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass) -> Rows
}
