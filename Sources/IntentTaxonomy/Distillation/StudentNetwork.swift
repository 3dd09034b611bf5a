public import SequenceKernel

/// The student: features `[N, F]` → logits `[N, K]`, by one linear map or by a perceptron with GELU.
public struct StudentNetwork: Sendable {
    /// Floats of a session (F).
    public let inputs: Int
    /// Hidden floats; 0 for a linear student.
    public let hidden: Int
    /// Intents (K).
    public let outputs: Int
    /// All declarations.
    public let parameters: ParameterScope
    private let inputDropout: Dropout
    let linear: Linear?
    let perceptron: FeedForward?

    /// Declares everything in `scope`.
    init(inputs: Int, hidden: Int, outputs: Int, inputDropout: Float = 0, dropout: Float = 0, in scope: inout ParameterScope) {
        (self.inputs, self.hidden, self.outputs) = (inputs, hidden, outputs)
        self.inputDropout = Dropout(inputDropout, name: "input", in: scope)
        linear = hidden == 0 ? Linear(inputs: inputs, outputs: outputs, in: &scope) : nil
        perceptron =
            hidden > 0 ? FeedForward(inputs: inputs, hidden: hidden, outputs: outputs, dropout: dropout, in: &scope) : nil
        parameters = scope
    }

    /// Declares a network in a scope of its own, under `head`.
    public init(inputs: Int, hidden: Int, outputs: Int, inputDropout: Float = 0, dropout: Float = 0) {
        var scope = ParameterScope()
        let network = scope.scope("head") {
            StudentNetwork(inputs: inputs, hidden: hidden, outputs: outputs, inputDropout: inputDropout, dropout: dropout, in: &$0)
        }
        self.init(network, scope)
    }

    private init(_ other: StudentNetwork, _ scope: ParameterScope) {
        (inputs, hidden, outputs) = (other.inputs, other.hidden, other.outputs)
        (inputDropout, linear, perceptron) = (other.inputDropout, other.linear, other.perceptron)
        parameters = scope
    }

    /// What backward needs.
    public enum Tape {
        case linear(Linear.Tape)
        case perceptron(FeedForward.Tape)
    }

    /// `[N, F]` → `[N, K]`. In training some of `features` are dropped, in place.
    public func forward(_ features: Rows, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let (rows, _) = inputDropout.forward(features, pass)
        if let linear {
            let (output, tape) = linear.forward(rows, pass)
            return (output, .linear(tape))
        }
        let (output, tape) = perceptron!.forward(rows, pass)
        return (output, .perceptron(tape))
    }

    /// Gradient of the logits → gradient of the features.
    public func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows {
        let gradient: Rows
        switch tape {
        case .linear(let tape): gradient = linear!.backward(upstream, tape, pass)
        case .perceptron(let tape): gradient = perceptron!.backward(upstream, tape, pass)
        }
        return inputDropout.backward(gradient, (), pass)
    }

    /// Several students as one whose logits are the mean of theirs: their hidden units side by side. `scale` is what features were
    /// brought to before training, so that the whole reads them as they are.
    package static func folded(_ members: [(network: StudentNetwork, weights: ParameterVector)], scale: FeatureScale) -> (
        network: StudentNetwork, weights: ParameterVector
    ) {
        let first = members[0].network
        let network = StudentNetwork(inputs: first.inputs, hidden: first.hidden * members.count, outputs: first.outputs)
        let weights = ParameterVector(zeros: network.parameters)
        let share = 1 / Float(members.count)
        let scaled = scale.means.count
        /// A member's first matrix for features as they are.
        func unscaled(_ member: ParameterVector, _ layer: Linear) -> (weight: [Float], bias: [Float]) {
            var weight = member[layer.weight], bias = member[layer.bias!]
            for row in 0..<layer.outputs {
                var shift = 0.0
                for column in 0..<scaled {
                    let place = row * layer.inputs + column
                    weight[place] /= scale.deviations[column]
                    shift += Double(weight[place]) * Double(scale.means[column])
                }
                bias[row] -= Float(shift)
            }
            return (weight, bias)
        }
        if let target = network.linear {
            var (weight, bias) = ([Float](repeating: 0, count: target.weight.count), [Float](repeating: 0, count: target.outputs))
            for member in members {
                let own = unscaled(member.weights, member.network.linear!)
                for index in weight.indices { weight[index] += own.weight[index] * share }
                for index in bias.indices { bias[index] += own.bias[index] * share }
            }
            weights[target.weight] = weight
            weights[target.bias!] = bias
        } else if let target = network.perceptron {
            var (up, upBias) = ([Float](), [Float]())
            var down = [Float](repeating: 0, count: target.down.weight.count)
            var downBias = [Float](repeating: 0, count: network.outputs)
            for (number, member) in members.enumerated() {
                let layers = member.network.perceptron!
                let own = unscaled(member.weights, layers.up)
                up += own.weight
                upBias += own.bias
                let (matrix, bias) = (member.weights[layers.down.weight], member.weights[layers.down.bias!])
                for row in 0..<network.outputs {
                    for column in 0..<first.hidden {
                        down[row * network.hidden + number * first.hidden + column] = matrix[row * first.hidden + column] * share
                    }
                    downBias[row] += bias[row] * share
                }
            }
            weights[target.up.weight] = up
            weights[target.up.bias!] = upBias
            weights[target.down.weight] = down
            weights[target.down.bias!] = downBias
        }
        return (network, weights)
    }
}

/// A student that has learnt: a network and its weights, which change no more.
public struct TrainedStudent: Sendable {
    /// The network.
    public let network: StudentNetwork
    /// Its weights.
    public let weights: ParameterVector
    private let transposes: TransposedWeights

    /// A student as read from a file or just trained.
    public init(_ network: StudentNetwork, _ weights: ParameterVector) {
        (self.network, self.weights) = (network, weights)
        transposes = TransposedWeights(of: weights)
    }

    /// Sessions that go through the network together.
    static let block = 256

    /// Logits `[N, K]` of features `[N, F]`, in the workspace. The features may be overwritten.
    public func logits(_ features: Rows, _ workspace: Workspace) -> Rows {
        network.forward(features, Pass(weights: weights, workspace: workspace, transposes: transposes)).output
    }

    /// Logits `[S * K]` of all sessions; the same at any number of threads.
    public func logits(_ features: StudentFeatures, pool: WorkerPool) -> [Float] {
        precondition(features.width == network.inputs, "TrainedStudent: \(features.width) features, the network reads \(network.inputs)")
        let (outputs, count) = (network.outputs, features.count)
        let workspaces = (0..<pool.threads).map { _ in Workspace() }
        return [Float](unsafeUninitializedCapacity: count * outputs) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress
            features.floats.withUnsafeBufferPointer { floats in
                nonisolated(unsafe) let source = floats.baseAddress
                pool.run((count + Self.block - 1) / Self.block) { block, worker in
                    let first = block * Self.block
                    let rows = min(Self.block, count - first)
                    let workspace = workspaces[worker]
                    workspace.reset()
                    let input = workspace.rows(rows, features.width)
                    input.base.update(from: source! + first * features.width, count: input.scalarCount)
                    let output = logits(input, workspace)
                    (base! + first * outputs).update(from: output.base, count: output.scalarCount)
                }
            }
            initialized = count * outputs
        }
    }
}
