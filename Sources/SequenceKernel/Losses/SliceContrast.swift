/// Slices of one visitor's events belong together (CoLES: Babaev et al., 2022, equation 1, with hard negatives as in `ptls`).
///
///     loss = Σ_{i<j, same visitor} d²_ij + Σ_i Σ_{j in the hardest of other visitors} max(0, margin - d_ij)²
///
/// over distances between embeddings of unit length. For each anchor only the nearest few slices of other visitors count: most are far
/// apart anyway and teach nothing.
///
/// - Shapes: embeddings `[S, E]`, labels S. - Cost: 4 S² E operations; S² floats of scratch.
public struct SliceContrast: Sendable, Hashable, Codable {
    /// Distance beyond which different visitors are far enough apart.
    public var margin: Float = 0.5
    /// Nearest slices of other visitors that count for each slice.
    public var hardNegatives = 5

    /// Margin 0.5 and five hard negatives.
    public init() {}

    /// All settings.
    public init(margin: Float, hardNegatives: Int) {
        precondition(margin > 0 && hardNegatives > 0, "SliceContrast: margin \(margin), \(hardNegatives) hard negatives")
        self.margin = margin
        self.hardNegatives = hardNegatives
    }

    /// The loss and the embeddings' gradient `[S, E]` (overwritten), both times `factor`, such as 1 / S.
    public func loss(
        _ embeddings: Rows, labels: UnsafePointer<Int32>, factor: Float, gradient: Rows, _ workspace: Workspace, _ pool: WorkerPool
    ) -> Float {
        let count = embeddings.count, width = embeddings.width
        precondition(
            gradient.count == count && gradient.width == width,
            "SliceContrast: embeddings [\(count), \(width)], gradient [\(gradient.count), \(gradient.width)]")
        guard count > 0 else { return 0 }
        let transposed = workspace.rows(width, count)
        vectorLoops.transpose(count, width, embeddings.base, width, transposed.base, count)
        // pull[i, j]: half the derivative of the loss by d²_ij from anchor i, times 2: the gradient is pull · (z_i - z_j).
        let pull = workspace.rows(count, count)
        let squares = workspace.floats(count), losses = workspace.floats(count)
        for row in 0..<count { squares[row] = vectorLoops.dot(width, embeddings[row], embeddings[row]) }
        let near = workspace.integers(pool.threads * hardNegatives), distances = workspace.rows(pool.threads, count)
        pool.run(
            count,
            Judging(
                contrast: self, embeddings: embeddings, transposed: transposed, labels: labels, squares: squares, factor: factor,
                distances: distances, near: near, losses: losses, pull: pull))
        var total = 0.0
        for anchor in 0..<count { total += Double(losses[anchor]) }
        // An anchor also moves where it is another's partner.
        let both = workspace.rows(count, count)
        vectorLoops.transpose(count, count, pull.base, count, both.base, count)
        pool.run(count, Pulling(embeddings: embeddings, pull: pull, both: both, gradient: gradient))
        return Float(total)
    }

    /// Distances from one anchor, its loss and its pulls.
    private struct Judging: SharedWork {
        let contrast: SliceContrast
        let embeddings: Rows
        let transposed: Rows
        let labels: UnsafePointer<Int32>
        let squares: UnsafeMutablePointer<Float>
        let factor: Float
        /// Scratch, a part for each worker.
        let distances: Rows
        let near: UnsafeMutablePointer<Int32>
        let losses: UnsafeMutablePointer<Float>
        let pull: Rows

        func perform(_ anchor: Int, worker: Int) {
            let line = distances[worker], count = embeddings.count, width = embeddings.width
            vectorLoops.product(1, count, width, embeddings[anchor], width, 1, transposed.base, count, line, count, false, nil, nil, 0)
            for other in 0..<count { line[other] = max(0, squares[anchor] + squares[other] - 2 * line[other]) }
            losses[anchor] = Float(
                contrast.judge(
                    anchor, embeddings, labels, line, near + worker * contrast.hardNegatives, factor: factor, into: pull[anchor]))
        }
    }

    /// One embedding's gradient from all pulls, its own and its partners'.
    private struct Pulling: SharedWork {
        let embeddings: Rows
        let pull: Rows
        let both: Rows
        let gradient: Rows

        func perform(_ row: Int, worker: Int) {
            let count = embeddings.count, width = embeddings.width
            vectorLoops.add(count, both[row], pull[row], both[row])
            var sum: Float = 0
            for other in 0..<count { sum += both[row][other] }
            vectorLoops.product(1, width, count, both[row], count, 1, embeddings.base, width, gradient[row], width, false, nil, nil, 0)
            vectorLoops.scale(width, -1, gradient[row], gradient[row])
            vectorLoops.axpy(width, sum, embeddings[row], gradient[row])
        }
    }

    /// One anchor's pairs: its loss, and what each partner pulls with.
    private func judge(
        _ anchor: Int, _ embeddings: Rows, _ labels: UnsafePointer<Int32>, _ squares: UnsafePointer<Float>,
        _ near: UnsafeMutablePointer<Int32>, factor: Float, into pull: UnsafeMutablePointer<Float>
    ) -> Double {
        let count = embeddings.count
        pull.update(repeating: 0, count: count)
        var loss = 0.0
        var found = 0
        for other in 0..<count where other != anchor {
            if labels[other] == labels[anchor] {
                if other > anchor {
                    loss += Double(squares[other] * factor)
                    pull[other] = 2 * factor
                }
                continue
            }
            // Keeps the nearest few, nearest first; equal distances by the lower number.
            if found == hardNegatives && squares[other] >= squares[Int(near[found - 1])] { continue }
            if found < hardNegatives { found += 1 }
            var place = found - 1
            while place > 0 && squares[Int(near[place - 1])] > squares[other] {
                near[place] = near[place - 1]
                place -= 1
            }
            near[place] = Int32(other)
        }
        for index in 0..<found {
            let other = Int(near[index])
            // Anew from the difference: 2 - 2 cos has few digits left where vectors are close, and the pull divides by it.
            var square: Float = 0
            for column in 0..<embeddings.width {
                let difference = embeddings[anchor][column] - embeddings[other][column]
                square += difference * difference
            }
            let distance = max(square.squareRoot(), 1e-6)
            guard distance < margin else { continue }
            let lack = margin - distance
            loss += Double(lack * lack * factor)
            pull[other] = -2 * lack / distance * factor
        }
        return loss
    }
}
