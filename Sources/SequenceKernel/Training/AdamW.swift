/// How rows of embedding tables are updated.
public enum TableUpdate: Sendable, Hashable, Codable {
    /// Every row at every step: the same as PyTorch's dense `AdamW`.
    case dense
    /// Only rows that were looked up in this step. The difference from ``dense``: a row that was not looked up neither decays
    /// nor moves on by momentum, and its moments do not fade until it is seen again. Bias correction counts the run's steps,
    /// not the row's. With every row looked up in every step the two are the same to the last bit.
    case touchedRows
    /// ``touchedRows`` for tables of more floats than `above`, ``dense`` for the others.
    case bySize(above: Int)
}

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2), with the arithmetic of `torch.optim.AdamW`:
///
///     θ ← θ − η λ θ
///     m ← m + (1 − β₁)(g − m)        v ← β₂ v + (1 − β₂) g²
///     θ ← θ − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
///
/// Only parameters whose declaration `decays` do so, unless ``decayEverything`` (which is what PyTorch does by default).
public struct AdamW: Sendable, Hashable, Codable {
    /// Fading of the first moment.
    public var beta1: Double = 0.9
    /// Fading of the second moment.
    public var beta2: Double = 0.999
    /// Added to the root of the second moment.
    public var epsilon: Double = 1e-8
    /// Decoupled weight decay (λ); multiplied by the learning rate.
    public var weightDecay: Double = 0.01
    /// True: biases, norms and tables decay too.
    public var decayEverything = false
    /// How tables are updated.
    public var tables: TableUpdate = .bySize(above: 1 << 24)

    /// The defaults of systems.md 1.8.
    public init() {}

    /// All settings.
    public init(
        beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01,
        decayEverything: Bool = false, tables: TableUpdate = .bySize(above: 1 << 24)
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.decayEverything = decayEverything
        self.tables = tables
    }

    /// Whether a table is updated at touched rows only.
    func updatesTouchedRowsOnly(_ table: Parameter) -> Bool {
        switch tables {
        case .dense: false
        case .touchedRows: true
        case .bySize(let above): table.count > above
        }
    }

    /// The numbers of one step; `step` counts from 1.
    func constants(step: Int, learningRate: Double, gradientScale: Double) -> AdamWStep {
        let correction1 = 1 - Self.power(beta1, step)
        let correction2 = 1 - Self.power(beta2, step)
        return AdamWStep(
            gradientScale: Float(gradientScale), keep: Float(1 - learningRate * weightDecay), beta1: Float(beta1), beta2: Float(beta2),
            rate: Float(learningRate / correction1),
            inverseRoot: Float(1 / correction2.squareRoot()), epsilon: Float(epsilon))
    }

    /// By squaring: the same on every machine, which `pow` does not promise.
    static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var factor = base
        var left = exponent
        while left > 0 {
            if left & 1 == 1 { result *= factor }
            factor *= factor
            left >>= 1
        }
        return result
    }
}

/// What one step of ``AdamW`` multiplies with.
struct AdamWStep {
    let gradientScale: Float
    let keep: Float
    let beta1: Float
    let beta2: Float
    let rate: Float
    let inverseRoot: Float
    let epsilon: Float

    /// Updates `count` weights and their moments, and leaves the gradient zero for the next step.
    func update(
        _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, count: Int, decays: Bool
    ) {
        vectorLoops.adamW(
            count, weights, gradient, first, second, gradientScale, beta1, beta2, rate, inverseRoot, epsilon, decays ? keep : 1)
        gradient.update(repeating: 0, count: count)
    }
}

extension SIMD8<Float> {
    @inline(__always) init(loading pointer: UnsafePointer<Float>) {
        self = UnsafeRawPointer(pointer).loadUnaligned(as: Self.self)
    }
    @inline(__always) func store(_ pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Self.self)
    }
}
