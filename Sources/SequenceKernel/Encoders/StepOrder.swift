/// The rows of packed sequences in the order of their steps: step 0 of all sequences, longest first, then step 1 of those that
/// have one, and so on.
struct StepOrder {
    /// Steps: the length of the longest sequence.
    let count: Int
    private let rowCount: Int
    /// Where each step begins; `count + 1` numbers.
    private let starts: UnsafeMutablePointer<Int32>
    /// The packed row of each row in step order.
    private let packed: UnsafeMutablePointer<Int32>
    /// The sequences, longest first: row `i` of every step belongs to sequence `sequences[i]`.
    let sequences: UnsafePointer<Int32>

    init(_ offsets: SequenceOffsets, _ workspace: Workspace) {
        var longest = 0
        for sequence in 0..<offsets.count { longest = max(longest, offsets[sequence].count) }
        count = longest
        rowCount = offsets.rowCount
        starts = workspace.integers(longest + 2)
        packed = workspace.integers(max(1, rowCount))
        let order = workspace.integers(max(1, offsets.count))
        sequences = UnsafePointer(order)
        // Sequences by falling length, equal ones in the batch's order: counting sort, whose counts are also the steps' sizes.
        let place = workspace.integers(longest + 2)
        place.update(repeating: 0, count: longest + 2)
        for sequence in 0..<offsets.count { place[offsets[sequence].count] += 1 }
        // place[l] := number of sequences longer than l = where those of length l begin.
        var longer: Int32 = 0
        for length in stride(from: longest, through: 0, by: -1) {
            let here = place[length]
            place[length] = longer
            longer += here
        }
        starts[0] = 0
        for step in 0..<longest { starts[step + 1] = starts[step] + place[step] }
        for sequence in 0..<offsets.count {
            let length = offsets[sequence].count
            order[Int(place[length])] = Int32(sequence)
            place[length] += 1
        }
        for step in 0..<longest {
            let start = Int(starts[step])
            for index in 0..<Int(starts[step + 1]) - start {
                packed[start + index] = Int32(offsets[Int(order[index])].lowerBound + step)
            }
        }
    }

    /// The rows of a step.
    subscript(_ step: Int) -> Range<Int> { Int(starts[step])..<Int(starts[step + 1]) }

    /// Packed order → step order.
    func gather(_ rows: Rows, _ workspace: Workspace) -> Rows {
        let result = workspace.rows(rowCount, rows.width)
        vectorLoops.gatherRows(rowCount, rows.width, rows.base, packed, result.base, rows.width)
        return result
    }

    /// Step order → packed order.
    func scatter(_ rows: Rows, _ workspace: Workspace) -> Rows {
        let result = workspace.rows(rowCount, rows.width)
        for row in 0..<rowCount { result[Int(packed[row])].update(from: rows[row], count: rows.width) }
        return result
    }

    /// Copies the states that the rows of `step` start from to their place in `previous`, and gives that place.
    func statesBefore(_ step: Int, of states: Rows, into previous: Rows) -> Rows {
        let before = previous.rows(self[step])
        if step == 0 {
            before.clear()
        } else {
            before.base.update(from: states[self[step - 1].lowerBound], count: before.scalarCount)
        }
        return before
    }
}
