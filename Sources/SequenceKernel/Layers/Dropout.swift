/// Sets each float to zero with a probability while training, and scales the others by 1 / (1 - probability).
///
/// No mask is stored: forward and backward make it from a key (run seed, step, shard, this layer's name) and the float's number.
public struct Dropout: Layer {
    /// Nothing is kept.
    public typealias Tape = Void

    /// Chance of a float to become zero; 0 switches the layer off.
    public let probability: Float
    private let identity: UInt64

    /// A dropout whose masks differ from those of every other name in `scope`.
    public init(_ probability: Float, name: String = "dropout", in scope: ParameterScope) {
        precondition(probability >= 0 && probability < 1, "Dropout: probability \(probability) must lie in 0 ..< 1")
        self.probability = probability
        var random = RandomSource(seed: 0, name: scope.fullName(name))
        identity = random.next()
    }

    /// The mask's key in this pass; nil when nothing is dropped.
    func key(_ pass: Pass) -> UInt64? {
        guard probability > 0, let stream = pass.dropout else { return nil }
        return RandomSource.mix(stream.key ^ identity)
    }

    /// In place: `input` itself is changed and returned.
    public func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Void) { (apply(input, pass), ()) }

    /// In place, as forward: the same mask.
    public func backward(_ upstream: Rows, _ tape: Void, _ pass: Pass) -> Rows { apply(upstream, pass) }

    private func apply(_ rows: Rows, _ pass: Pass) -> Rows {
        if let key = key(pass) { vectorLoops.dropout(rows.scalarCount, key, probability, rows.base, rows.base) }
        return rows
    }

    /// The mask applied to a copy; `rows` itself when nothing is dropped.
    func masked(_ rows: Rows, _ pass: Pass) -> Rows {
        guard let key = key(pass) else { return rows }
        let copy = pass.workspace.rows(rows.count, rows.width)
        vectorLoops.dropout(rows.scalarCount, key, probability, rows.base, copy.base)
        return copy
    }
}
