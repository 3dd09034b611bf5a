internal import SequenceKernel

/// Numbers and floats of records → a vector of each field (systems.md 4.4):
///
///     category, bucket   e_k = T_k[code]
///     number, interval   e_k = v a_k + T_k[present]      missing: T_k[missing]
///     vector             e_k = V_k v + T_k[present]      missing: T_k[missing]
///
/// - Shapes: `[N, F]` codes and `[N, S]` floats → `[N, F E]`; all T_k are one table `[V, E]`, `a` is `[numbers, E]`.
struct FieldVectors: Sendable {
    /// Fields (F).
    let count: Int
    /// Floats of a field's vector (E).
    let width: Int
    private let floats: Int
    let table: Embedding
    private let slopes: Parameter?
    /// Where a number's float stands, and which field it is.
    private let scalars: [(field: Int, float: Int)]
    /// The same for vectors, with their maps.
    private let maps: [(field: Int, float: Int, map: Linear)]
    private let set: FieldSet

    /// Declares `values.weight`, `slopes` and a map of each vector.
    init(_ set: FieldSet, width: Int, in scope: inout ParameterScope) {
        (self.set, self.width, count, floats) = (set, width, set.fields.count, set.width)
        table = scope.scope("values") {
            let count = Int(set.bases[set.fields.count])
            return Embedding(
                count: count, width: width, initializer: .normal(0.3), isDense: count * width <= Embedding.smallTable, in: &$0)
        }
        var (scalars, maps, float) = ([(field: Int, float: Int)](), [(field: Int, float: Int, map: Linear)](), 0)
        for (field, own) in set.fields.enumerated() {
            switch own.source {
            case .category, .bucket: break
            case .number, .interval: scalars.append((field, float))
            case .vector:
                let map = scope.scope("vectors.\(maps.count)") { Linear(inputs: own.floats, outputs: width, bias: false, in: &$0) }
                maps.append((field, float, map))
            }
            float += own.floats
        }
        slopes = scalars.isEmpty ? nil : scope.declare("slopes", [scalars.count, width], .normal(0.3), decays: false)
        (self.scalars, self.maps) = (scalars, maps)
    }

    /// Vectors of what no record has, or none of those learnt from had, begin and stay at zero.
    func clearUnseen(_ weights: ParameterVector) {
        for field in 0..<count {
            let start = Int(set.bases[field]) * width
            (weights.pointer(table.table) + start).update(repeating: 0, count: Int(FieldCode.first) * width)
        }
    }

    /// What pre-training read in place of hidden fields is nothing again.
    func clearPadding(_ weights: ParameterVector) {
        for field in 0..<count {
            let start = (Int(set.bases[field]) + Int(FieldCode.padding)) * width
            (weights.pointer(table.table) + start).update(repeating: 0, count: width)
        }
    }

    func forward(_ input: FrameworkInput.Fields, _ pass: Pass) -> Rows {
        let result = pass.workspace.rows(input.count, count * width)
        guard input.count > 0 else { return result }
        table.forward(input.places, rows: input.count * count, into: result.base, stride: width, pass)
        if let slopes {
            let weights = pass.weights(slopes)
            for (place, scalar) in scalars.enumerated() {
                fieldLoops.addOuter(
                    input.count, width, input.floats + scalar.float, floats, weights + place * width, result.base + scalar.field * width,
                    result.width)
            }
        }
        for own in maps {
            let output = own.map.forward(vectors(own.map.inputs, own.float, input, pass), pass).output
            for row in 0..<input.count {
                let target = result[row] + own.field * width
                for column in 0..<width { target[column] += output[row][column] }
            }
        }
        return result
    }

    private func vectors(_ width: Int, _ float: Int, _ input: FrameworkInput.Fields, _ pass: Pass) -> Rows {
        let rows = pass.workspace.rows(input.count, width)
        for row in 0..<input.count { rows[row].update(from: input.floats + row * floats + float, count: width) }
        return rows
    }

    /// Whether nothing is noted for after the shards: the table is small.
    var isDense: Bool { table.isDense }

    /// Gradient `[N, F E]`; it must live until the notes of the tables are added up.
    func backward(_ upstream: Rows, _ input: FrameworkInput.Fields, _ pass: Pass) {
        guard input.count > 0 else { return }
        if let slopes {
            let gradient = pass.gradient(slopes)
            for (place, scalar) in scalars.enumerated() {
                fieldLoops.outerSums(
                    input.count, width, input.floats + scalar.float, floats, upstream.base + scalar.field * width, upstream.width,
                    gradient + place * width)
            }
        }
        for own in maps {
            let gradient = pass.workspace.rows(input.count, width)
            for row in 0..<input.count { gradient[row].update(from: upstream[row] + own.field * width, count: width) }
            own.map.backward(gradient, vectors(own.map.inputs, own.float, input, pass), into: nil, pass)
        }
        table.backward(upstream.base, stride: width, input.places, rows: input.count * count, pass)
    }
}
