internal import SequenceKernel

/// The profile interaction network: fully connected layers with PReLU and dropout between, and two logits at the end (equation 13; no
/// PReLU on the logits).
///
/// - Shapes: `[B, D]` → `[B, 2]`.
struct ProfileInteraction: Sendable {
    /// Maps; the last gives the logits.
    let maps: [Linear]
    let slopes: [PReLU]
    let dropouts: [Dropout]

    /// Declares `layers.0` and so on.
    init(inputs: Int, hidden: [Int], dropout: Float, in scope: inout ParameterScope) {
        let widths = [inputs] + hidden + [2]
        var (maps, slopes, dropouts): ([Linear], [PReLU], [Dropout]) = ([], [], [])
        scope.scope("layers") { scope in
            for index in 0..<widths.count - 1 {
                scope.scope("\(index)") { scope in
                    maps.append(Linear(inputs: widths[index], outputs: widths[index + 1], in: &scope))
                    guard index + 2 < widths.count else { return }
                    slopes.append(PReLU(in: &scope))
                    dropouts.append(Dropout(dropout, in: scope))
                }
            }
        }
        (self.maps, self.slopes, self.dropouts) = (maps, slopes, dropouts)
    }

    /// What backward needs: the input of each map, and what each PReLU was given.
    struct Tape {
        var inputs: WorkspaceList<Rows>
        var bent: WorkspaceList<Rows>
    }

    func forward(_ input: Rows, _ pass: Pass) -> (output: Rows, tape: Tape) {
        var tape = Tape(
            inputs: WorkspaceList(capacity: maps.count, in: pass.workspace), bent: WorkspaceList(capacity: maps.count, in: pass.workspace))
        var rows = input
        for index in maps.indices {
            tape.inputs.append(rows)
            let mapped = maps[index].forward(rows, pass).output
            guard index < slopes.count else { return (mapped, tape) }
            tape.bent.append(mapped)
            rows = dropouts[index].forward(slopes[index].forward(mapped, pass).output, pass).output
        }
        return (rows, tape)
    }

    func backward(_ upstream: Rows, _ tape: Tape, _ pass: Pass) -> Rows {
        var gradient = upstream
        for index in maps.indices.reversed() {
            if index < slopes.count {
                gradient = slopes[index].backward(dropouts[index].backward(gradient, (), pass), tape.bent[index], pass)
            }
            gradient = maps[index].backward(gradient, tape.inputs[index], pass)
        }
        return gradient
    }
}
