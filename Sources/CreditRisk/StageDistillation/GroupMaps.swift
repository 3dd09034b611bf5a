internal import SequenceKernel

/// Rows that each go through the linear map of their group: a student's rows on the way to the axes of the teacher that did not learn from
/// their applicant.
///
/// - Shapes: `[n, I]` → `[m, O]` of the m rows that have a group, group by group.
struct GroupMaps: Sendable {
    /// One a group, one for all groups, or none for the rows themselves.
    let maps: [Linear]

    /// Declares `NAME.0` and so on.
    /// - Parameter kind: `fold`, `shared` or `none`.
    init(_ name: String, kind: String, groups: Int, inputs: Int, outputs: Int, in scope: inout ParameterScope) {
        maps = (0..<(kind == "none" ? 0 : kind == "shared" ? 1 : groups)).map { group in
            scope.scope("\(name).\(group)") { Linear(inputs: inputs, outputs: outputs, in: &$0) }
        }
    }

    /// What backward needs.
    struct Tape {
        /// Where each row that has a group came from, `[m]`.
        let places: UnsafeMutablePointer<Int32>
        /// First row of each map, `[maps + 1]`, or `[2]` without maps.
        let bounds: UnsafeMutablePointer<Int32>
        /// The rows before their maps, `[m, I]`.
        let gathered: Rows
        /// All rows (n).
        let count: Int
    }

    /// - Parameter groups: of each row, negative for one that is left out, `[n]`.
    func forward(_ rows: Rows, groups: UnsafePointer<Int32>, _ pass: Pass) -> (output: Rows, tape: Tape) {
        let parts = max(1, maps.count)
        let places = pass.workspace.integers(max(1, rows.count)), bounds = pass.workspace.integers(parts + 1)
        var kept = 0
        for part in 0..<parts {
            bounds[part] = Int32(kept)
            for row in 0..<rows.count where groups[row] >= 0 && (parts == 1 || groups[row] == Int32(part)) {
                places[kept] = Int32(row)
                kept += 1
            }
        }
        bounds[parts] = Int32(kept)
        let gathered = pass.workspace.rows(kept, rows.width)
        for row in 0..<kept { gathered[row].update(from: rows[Int(places[row])], count: rows.width) }
        let tape = Tape(places: places, bounds: bounds, gathered: gathered, count: rows.count)
        guard let first = maps.first else { return (gathered, tape) }
        let output = pass.workspace.rows(kept, first.outputs)
        for part in maps.indices {
            let range = Int(bounds[part])..<Int(bounds[part + 1])
            if !range.isEmpty { maps[part].apply(gathered.rows(range), into: output.rows(range), pass) }
        }
        return (output, tape)
    }

    /// Gradient `[m, O]` → gradient of all rows `[n, I]`, zero for those that were left out.
    func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows {
        let result = pass.workspace.rows(tape.count, tape.gathered.width)
        result.clear()
        var gradient = upstream
        if !maps.isEmpty {
            gradient = pass.workspace.rows(tape.gathered.count, tape.gathered.width)
            for part in maps.indices {
                let range = Int(tape.bounds[part])..<Int(tape.bounds[part + 1])
                guard !range.isEmpty else { continue }
                maps[part].backward(upstream.rows(range), tape.gathered.rows(range), into: gradient.rows(range), pass)
            }
        }
        for row in 0..<gradient.count { result[Int(tape.places[row])].update(from: gradient[row], count: result.width) }
        return result
    }
}
