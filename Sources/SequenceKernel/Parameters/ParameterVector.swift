/// All weights of a model in one block of floats: the dense space first, the tables behind it. Gradients and both moments of
/// the optimiser have the same layout, so that the optimiser is one loop, a checkpoint one write, clipping one norm.
///
/// A reference, because hundreds of megabytes are shared by every worker and by every request of a server. Only a trainer
/// writes to it, between passes.
public final class ParameterVector: @unchecked Sendable {
    /// The declarations, in order.
    public let parameters: [Parameter]
    /// Floats in the dense space.
    public let denseCount: Int
    /// Floats in the table space.
    public let tableCount: Int
    /// `denseCount + tableCount` floats, 64-byte aligned.
    public let base: UnsafeMutablePointer<Float>

    /// Zero everywhere, laid out as `scope` declared.
    public init(zeros scope: ParameterScope) {
        parameters = scope.parameters
        denseCount = scope.denseCount
        tableCount = scope.tableCount
        let count = scope.denseCount + scope.tableCount
        let memory = LargePages.allocate(max(count, 1) * 4)
        base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
        base.initialize(repeating: 0, count: max(count, 1))
    }

    /// Filled by each parameter's initialiser from (seed, name): a layer more or less leaves the others' start unchanged.
    public convenience init(_ scope: ParameterScope, seed: UInt64) {
        self.init(zeros: scope)
        for parameter in parameters { fill(parameter, seed: seed) }
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    /// All floats, both spaces.
    public var count: Int { denseCount + tableCount }

    /// The floats of one parameter.
    public func pointer(_ parameter: Parameter) -> UnsafeMutablePointer<Float> {
        base + (parameter.kind == .dense ? parameter.offset : denseCount + parameter.offset)
    }

    /// One parameter as a copy, for tests, files and messages.
    public subscript(_ parameter: Parameter) -> [Float] {
        get { Array(UnsafeBufferPointer(start: pointer(parameter), count: parameter.count)) }
        set {
            precondition(newValue.count == parameter.count, "\(parameter.name): \(newValue.count) floats for shape \(parameter.shape)")
            newValue.withUnsafeBufferPointer { pointer(parameter).update(from: $0.baseAddress!, count: $0.count) }
        }
    }

    private func fill(_ parameter: Parameter, seed: UInt64) {
        let floats = pointer(parameter)
        var random = RandomSource(seed: seed, name: parameter.name)
        switch parameter.initializer {
        case .zeros: floats.update(repeating: 0, count: parameter.count)
        case .ones: floats.update(repeating: 1, count: parameter.count)
        case .constant(let value): floats.update(repeating: value, count: parameter.count)
        case .fanIn(let inputs): fillUniform(floats, parameter.count, 1 / Float(inputs).squareRoot(), &random)
        case .uniform(let bound): fillUniform(floats, parameter.count, bound, &random)
        case .normal(let deviation):
            // Sum of twelve uniforms: mean 0, variance 1, no libm call whose last bit could differ between machines.
            for index in 0..<parameter.count {
                var sum: Float = -6
                for _ in 0..<12 { sum += random.uniform() }
                floats[index] = sum * deviation
            }
        }
    }

    private func fillUniform(_ floats: UnsafeMutablePointer<Float>, _ count: Int, _ bound: Float, _ random: inout RandomSource) {
        for index in 0..<count { floats[index] = (2 * random.uniform() - 1) * bound }
    }
}
