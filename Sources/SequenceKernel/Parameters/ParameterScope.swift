/// How a parameter's floats start. Filling happens once, from (run seed, parameter name): see ``ParameterVector``.
public enum Initializer: Sendable, Hashable {
    /// All zero.
    case zeros
    /// All one.
    case ones
    /// All the same.
    case constant(Float)
    /// Uniform in ±1/√fan-in, as PyTorch's `nn.Linear`.
    case fanIn(Int)
    /// Uniform in ±bound.
    case uniform(Float)
    /// Normal with mean 0.
    case normal(Float)
}

/// Where a parameter's gradient is made and how its weights are updated.
public enum ParameterKind: Sendable, Hashable {
    /// Every shard has its own gradient; they are added in shard order.
    case dense
    /// Rows of an embedding table. One gradient is shared by all shards and written only between the shards' passes:
    /// see ``GradientScatter``.
    case table
}

/// One named block of floats: where it lies, its shape, how it starts.
public struct Parameter: Sendable, Hashable {
    /// Full name with dots, such as `encoder.layers.0.attention.output.weight`.
    public let name: String
    /// Sizes, outermost first. A linear weight is `[outputs, inputs]`.
    public let shape: [Int]
    /// Which of the two gradient spaces it lies in.
    public let kind: ParameterKind
    /// First float within the space of its kind.
    public let offset: Int
    /// How it starts.
    public let initializer: Initializer
    /// False for biases, norms and others that weight decay leaves alone.
    public let decays: Bool

    /// Floats in it.
    public var count: Int { shape.reduce(1, *) }
}

/// Collects declarations while layers are constructed: each layer declares name, shape and initialiser in one line.
///
/// ```swift
/// weight = scope.declare("weight", [outputs, inputs], .fanIn(inputs))
/// let head = scope.scope("head") { Linear(inputs: 64, outputs: 12, in: &$0) }   // "head.weight", "head.bias"
/// ```
public struct ParameterScope: Sendable {
    /// All declarations so far, in order.
    public private(set) var parameters: [Parameter] = []
    private var prefix: [String] = []
    private var counts: [ParameterKind: Int] = [.dense: 0, .table: 0]

    /// An empty scope.
    public init() {}

    /// Declares a parameter under the current prefix. Traps on a name declared twice.
    public mutating func declare(
        _ name: String, _ shape: [Int], _ initializer: Initializer, kind: ParameterKind = .dense, decays: Bool = true
    ) -> Parameter {
        let full = (prefix + [name]).joined(separator: ".")
        precondition(!parameters.contains { $0.name == full }, "ParameterScope: \(full) is declared twice")
        precondition(shape.allSatisfy { $0 > 0 }, "ParameterScope: \(full) has shape \(shape)")
        let offset = counts[kind]!
        let parameter = Parameter(name: full, shape: shape, kind: kind, offset: offset, initializer: initializer, decays: decays)
        // Every parameter starts on a cache line, so that vector loops never straddle two.
        counts[kind] = offset + (parameter.count + 15) & ~15
        parameters.append(parameter)
        return parameter
    }

    /// Declares everything in `body` under `name.`.
    public mutating func scope<Result>(_ name: String, _ body: (inout ParameterScope) -> Result) -> Result {
        prefix.append(name)
        defer { prefix.removeLast() }
        return body(&self)
    }

    /// `name` with the current prefix before it, for what is named like a parameter but has no floats, such as a dropout.
    public func fullName(_ name: String) -> String { (prefix + [name]).joined(separator: ".") }

    /// Floats of the dense space, rounded up so that each parameter is aligned.
    public var denseCount: Int { counts[.dense]! }
    /// Floats of the table space.
    public var tableCount: Int { counts[.table]! }
}
