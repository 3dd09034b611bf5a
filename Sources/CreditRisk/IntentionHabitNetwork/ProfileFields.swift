internal import SequenceKernel

/// Profile groups → one vector each: a map of each group (equation 1), or, without maps by field, one map of all of them together.
///
/// - Shapes: `[B, C]` a group → `[B, 3 E]`: applicant, device, product. A group without features gives zeros.
struct ProfileFields: Sendable {
    /// Floats of a group's vector (E).
    let width: Int
    /// Columns of the groups.
    private let columns: [Int]
    /// One for each group, nil for one without features; or a single one for all of them.
    private let maps: [FieldMap?]
    private let isByField: Bool

    init(columns: [Int], width: Int, byField: Bool, in scope: inout ParameterScope) {
        (self.columns, self.width, isByField) = (columns, width, byField)
        let all = columns.reduce(0, +)
        if byField {
            var maps: [FieldMap?] = []
            for (group, count) in zip(ProfileTable.Group.allCases, columns) {
                maps.append(
                    count == 0 ? nil : scope.scope(group.rawValue) { FieldMap(fields: 1, inputs: count, outputs: width, in: &$0) })
            }
            self.maps = maps
        } else {
            maps = [all == 0 ? nil : scope.scope("all") { FieldMap(fields: 1, inputs: all, outputs: columns.count * width, in: &$0) }]
        }
    }

    /// What backward needs, by map.
    struct Tape {
        var maps: (FieldMap.Tape?, FieldMap.Tape?, FieldMap.Tape?) = (nil, nil, nil)
    }

    /// Writes to columns `first ..< first + 3 E` of `target`.
    func forward(_ profile: (user: Rows, device: Rows, item: Rows), into target: Rows, column first: Int, _ pass: Pass) -> Tape {
        var tape = Tape()
        guard isByField else {
            guard let map = maps[0] else {
                clear(target, first, columns.count * width)
                return tape
            }
            let joined = pass.workspace.rows(target.count, columns.reduce(0, +))
            for row in 0..<target.count {
                var column = joined[row]
                for rows in [profile.user, profile.device, profile.item] {
                    column.update(from: rows[row], count: rows.width)
                    column += rows.width
                }
            }
            tape.maps.0 = run(map, joined, target, first, pass)
            return tape
        }
        tape.maps.0 = group(0, profile.user, target, first, pass)
        tape.maps.1 = group(1, profile.device, target, first + width, pass)
        tape.maps.2 = group(2, profile.item, target, first + 2 * width, pass)
        return tape
    }

    private func group(_ index: Int, _ rows: Rows, _ target: Rows, _ first: Int, _ pass: Pass) -> FieldMap.Tape? {
        if let map = maps[index] { return run(map, rows, target, first, pass) }
        clear(target, first, width)
        return nil
    }

    private func clear(_ target: Rows, _ first: Int, _ count: Int) {
        for row in 0..<target.count { (target[row] + first).update(repeating: 0, count: count) }
    }

    private func run(_ map: FieldMap, _ rows: Rows, _ target: Rows, _ first: Int, _ pass: Pass) -> FieldMap.Tape {
        let (output, tape) = map.forward(rows, pass)
        for row in 0..<target.count { (target[row] + first).update(from: output[row], count: output.width) }
        return tape
    }

    /// The gradient stands in columns `first ..< first + 3 E` of `upstream`.
    func backward(_ upstream: Rows, column first: Int, _ tape: Tape, _ pass: Pass) {
        back(0, tape.maps.0, upstream, first, pass)
        guard isByField else { return }
        back(1, tape.maps.1, upstream, first + width, pass)
        back(2, tape.maps.2, upstream, first + 2 * width, pass)
    }

    private func back(_ index: Int, _ tape: FieldMap.Tape?, _ upstream: Rows, _ first: Int, _ pass: Pass) {
        guard let tape, let map = maps[index] else { return }
        let own = pass.workspace.rows(upstream.count, map.outputs)
        for row in 0..<own.count { own[row].update(from: upstream[row] + first, count: own.width) }
        _ = map.backward(own, tape, pass)
    }
}
