internal import SequenceKernel

/// What out-of-fold teachers made of each record before the decision, which the student reads as well.
///
/// - Shapes: `[B + 1]` starts; states `[N, D]`, weights `[N]` that sum to 1 for each applicant with records.
struct EventTargets: Sendable, Equatable {
    let starts: [Int]
    let width: Int
    var states: [Float]
    var weights: [Float]

    /// Nothing yet, with room for the records of each applicant that are read.
    init(_ columns: StageColumns, longest: Int, width: Int) {
        var starts = [0]
        for (start, end) in zip(columns.starts, columns.starts.dropFirst()) {
            starts.append(starts[starts.count - 1] + min(longest, end - start))
        }
        self.starts = starts
        self.width = width
        states = [Float](repeating: 0, count: starts[starts.count - 1] * width)
        weights = [Float](repeating: 0, count: starts[starts.count - 1])
    }

    private init(starts: [Int], width: Int, states: [Float], weights: [Float]) {
        (self.starts, self.width, self.states, self.weights) = (starts, width, states, weights)
    }

    /// Those of some applicants in their order.
    func ordered(_ order: [Int]) -> EventTargets {
        var sums = [0]
        for place in order { sums.append(sums[sums.count - 1] + starts[place + 1] - starts[place]) }
        return EventTargets(
            starts: sums, width: width, states: order.flatMap { states[starts[$0] * width..<starts[$0 + 1] * width] },
            weights: order.flatMap { weights[starts[$0]..<starts[$0 + 1]] })
    }

    /// Has a teacher fill in some applicants.
    mutating func fill(_ teacher: StageTraining.Result, rows: [Int]) {
        let workspace = Workspace(), transposes = TransposedWeights(of: teacher.weights)
        for applicant in rows {
            workspace.reset()
            let pass = Pass(weights: teacher.weights, workspace: workspace, transposes: transposes)
            let output = teacher.network.forward(teacher.reader.input([applicant], workspace), pass)
            guard let events = output.events else { continue }
            let own = starts[applicant]..<starts[applicant + 1]
            precondition(events.count == own.count, "EventTargets: \(events.count) states for \(own.count) records")
            for (place, record) in own.enumerated() {
                for column in 0..<width { states[record * width + column] = events[place][column] }
            }
            weights.replaceSubrange(own, with: teacher.network.attention(events, pass))
        }
    }
}
