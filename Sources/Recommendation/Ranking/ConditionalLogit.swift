internal import Evaluation
internal import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Scores of tiles as plain sums: `s(c, t) = W[t] · c + v · f(t)`, with a row of weights for each tile of the catalogue (conditional logit,
/// McFadden, 1974). Where clicks are few and features many, its L2 penalty holds it together better than a network is held by decay of weights.
///
/// - Shapes: `c` `[C]` and `f` `[F]` as ``RankerInputs`` write them, `W` `[M, C]` over the catalogue, `v` `[F]`. A tile that is not in the
///   catalogue has no row: it stands where an average tile stands.
package struct ConditionalLogit: Sendable, Equatable {
    /// `[M, C]`.
    package let context: [Float]
    /// `[F]`.
    package let tile: [Float]
    /// C.
    let contextWidth: Int

    /// Tiles with a row (M).
    var catalogue: Int { contextWidth == 0 ? 0 : context.count / contextWidth }

    /// Adds `share` × scores of rows to `output`.
    /// - Parameters:
    ///   - ids: places in the catalogue; others have no row of their own.
    package func add(_ share: Float, of input: TileNetwork.Input, into output: UnsafeMutablePointer<Float>) {
        let catalogue = catalogue
        context.withUnsafeBufferPointer { context in
            tile.withUnsafeBufferPointer { tile in
                for impression in 0..<input.offsets.count {
                    let own = input.context[impression]
                    for row in input.offsets[impression] {
                        var sum = Self.dot(input.tiles[row], tile.baseAddress!, tile.count)
                        let id = Int(input.ids[row])
                        if id < catalogue { sum += Self.dot(own, context.baseAddress! + id * contextWidth, contextWidth) }
                        output[row] += share * sum
                    }
                }
            }
        }
    }

    /// Eight partial sums, added in a fixed order: the same on every machine with the same rounding.
    private static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
        var sums = SIMD8<Float>.zero
        var index = 0
        while index + 8 <= count {
            sums +=
                UnsafeRawPointer(a + index).loadUnaligned(as: SIMD8<Float>.self)
                * UnsafeRawPointer(b + index).loadUnaligned(as: SIMD8<Float>.self)
            index += 8
        }
        var sum = sums.sum()
        while index < count {
            sum += a[index] * b[index]
            index += 1
        }
        return sum
    }
}

/// The loss that a ``ConditionalLogit`` is fitted by, over all its impressions at once:
///
///     L = mean over d of w_d Σ_t y_t (log Σ exp s − s_t) / Σ_t y_t  +  λ/2 (‖W‖² + ‖v‖²)
///
/// with an effect of each place added to the scores in training, as ``TileNetwork`` has it. The input that is always 1 (a tile's own
/// popularity) and the effects of places carry a hundredth of the penalty.
package struct ConditionalLogitFit: Sendable {
    /// More weights for tiles than this are not fitted: a sum over the features of tiles is left.
    package static let mostWeights = 2_000_000
    /// Tiles of a catalogue that get a row of weights: all or none.
    static func rows(catalogue: Int, contextWidth: Int) -> Int { catalogue <= mostWeights / max(1, contextWidth) ? catalogue : 0 }

    /// Impressions that go through one product.
    private static let block = 512

    private let examples: RankingExamples
    private let decisions: [Int]
    private let weights: [Float]
    private let (contextWidth, tileWidth, catalogue, positions): (Int, Int, Int, Int)
    /// `[N, C]` and `[T, F]`, standardised.
    private let context: [Float]
    private let tiles: [Float]
    private let rows: [Range<Int>]

    /// - Parameters:
    ///   - weights: of each decision of the examples; empty for all alike.
    ///   - positions: places with an effect of their own.
    ///   - limit: more impressions than this are thinned evenly: all of them are held at once.
    package init(
        _ examples: RankingExamples, _ decisions: [Int], _ inputs: (context: RankerInputs, tile: RankerInputs), weights: [Float],
        positions: Int, limit: Int
    ) {
        let decisions =
            decisions.count <= limit ? decisions : (0..<limit).map { decisions[$0 * decisions.count / limit] }
        (self.examples, self.decisions, self.weights, self.positions) = (examples, decisions, weights, positions)
        (contextWidth, tileWidth) = (inputs.context.width, inputs.tile.width)
        catalogue = Self.rows(catalogue: examples.catalogue.count, contextWidth: inputs.context.width)
        var rows: [Range<Int>] = []
        var next = 0
        for decision in decisions {
            rows.append(next..<next + examples.rows(decision).count)
            next += examples.rows(decision).count
        }
        self.rows = rows
        let (wide, narrow, own, others) = (contextWidth, tileWidth, examples.contextNames.count, examples.tileFeatureNames.count)
        context = [Float](unsafeUninitializedCapacity: decisions.count * wide) { buffer, count in
            examples.context.withUnsafeBufferPointer { source in
                for (place, decision) in decisions.enumerated() {
                    guard let target = buffer.baseAddress else { continue }
                    Self.write(inputs.context, source, decision * own, to: target + place * wide)
                }
            }
            count = decisions.count * wide
        }
        tiles = [Float](unsafeUninitializedCapacity: next * narrow) { buffer, count in
            examples.tileFeatures.withUnsafeBufferPointer { source in
                for (place, decision) in decisions.enumerated() {
                    guard let target = buffer.baseAddress else { continue }
                    for (row, target) in zip(examples.rows(decision), rows[place].map { target + $0 * narrow }) {
                        Self.write(inputs.tile, source, row * others, to: target)
                    }
                }
            }
            count = next * narrow
        }
    }

    /// A table without features has no memory to point at, and a row still has its 1.
    private static func write(
        _ inputs: RankerInputs, _ source: UnsafeBufferPointer<Float>, _ start: Int, to target: UnsafeMutablePointer<Float>
    ) {
        if let base = source.baseAddress {
            inputs.write(base + start, to: target)
        } else {
            var none: Float = 0
            inputs.write(&none, to: target)
        }
    }

    /// One fit for each penalty, from the strongest to the weakest, each starting where the last ended (L-BFGS: nothing depends on chance).
    /// - Complexity: O(penalties × iterations × N M C).
    package func path(_ penalties: [Double], iterations: Int = 40) -> [ConditionalLogit] {
        var parameters = [Double](repeating: 0, count: parameterCount)
        var solver = LimitedMemoryBFGS()
        (solver.maximumIterations, solver.relativeTolerance) = (iterations, 1e-6)
        let work = Work(self)
        return penalties.sorted(by: >).map { penalty in
            _ = solver.minimise(&parameters) { point, gradient in work.loss(point, penalty: penalty, gradient: &gradient) }
            let split = catalogue * contextWidth
            return ConditionalLogit(
                context: parameters[..<split].map(Float.init), tile: parameters[split..<split + tileWidth].map(Float.init),
                contextWidth: contextWidth)
        }
    }

    /// Floats of `W`, of `v`, and effects of places, in this order.
    package var parameterCount: Int { catalogue * contextWidth + tileWidth + positions }

    /// The loss at a point, and its gradient.
    package func loss(_ point: [Double], penalty: Double, gradient: inout [Double]) -> Double {
        Work(self).loss(point, penalty: penalty, gradient: &gradient)
    }

    /// Memory of one fit, used again in each evaluation.
    private final class Work {
        let fit: ConditionalLogitFit
        private let workspace = Workspace()
        private var own: [Float]
        private var others: [Float]
        private var all: [Float]
        private var upstream: [Float]
        private var gradient: [Float]
        private var tileGradient: [Float]
        private let total: Double

        init(_ fit: ConditionalLogitFit) {
            self.fit = fit
            let count = fit.decisions.count
            own = [Float](repeating: 0, count: fit.catalogue * fit.contextWidth)
            others = [Float](repeating: 0, count: fit.tileWidth)
            all = [Float](repeating: 0, count: min(count, ConditionalLogitFit.block) * fit.catalogue)
            upstream = all
            gradient = own
            tileGradient = others
            total = Double(max(1, count))
        }

        func loss(_ point: [Double], penalty: Double, gradient result: inout [Double]) -> Double {
            let (wide, narrow, catalogue) = (fit.contextWidth, fit.tileWidth, fit.catalogue)
            let split = catalogue * wide
            // Stored as [C, M] for the product, as [M, C] in the parameters.
            for tile in 0..<catalogue { for column in 0..<wide { own[column * catalogue + tile] = Float(point[tile * wide + column]) } }
            for column in 0..<narrow { others[column] = Float(point[split + column]) }
            let count = fit.decisions.count
            for index in gradient.indices { gradient[index] = 0 }
            for column in 0..<narrow { tileGradient[column] = 0 }
            for index in result.indices { result[index] = 0 }
            var sum = 0.0
            var scores: [Float] = []
            for start in stride(from: 0, to: count, by: ConditionalLogitFit.block) {
                let block = start..<min(start + ConditionalLogitFit.block, count)
                if catalogue > 0 {
                    product(block)
                    for index in 0..<block.count * catalogue { upstream[index] = 0 }
                }
                for place in block {
                    let decision = fit.decisions[place]
                    let weight = fit.weights.isEmpty ? 1 : fit.weights[decision]
                    sum += Double(weight) * impression(place, place - start, decision, weight, point, split + narrow, &scores, &result)
                }
                if catalogue > 0 { transposedProduct(block) }
            }
            if catalogue > 0 {
                for tile in 0..<catalogue {
                    for column in 0..<wide { result[tile * wide + column] = Double(gradient[column * catalogue + tile]) }
                }
            }
            for column in 0..<narrow { result[split + column] = Double(tileGradient[column]) }
            var value = sum / total
            for index in result.indices {
                let isFree = index >= split + narrow || (index < split ? index % wide == wide - 1 : false)
                let own = isFree ? penalty / 100 : penalty
                result[index] = result[index] / total + own * point[index]
                value += own / 2 * point[index] * point[index]
            }
            return value
        }

        /// Loss of one impression; its part of the gradients is added, times the weight.
        /// - Parameter line: its place in the block.
        private func impression(
            _ place: Int, _ line: Int, _ decision: Int, _ weight: Float, _ point: [Double], _ positionStart: Int, _ scores: inout [Float],
            _ result: inout [Double]
        ) -> Double {
            let (narrow, catalogue) = (fit.tileWidth, fit.catalogue)
            let rows = fit.rows[place]
            let first = fit.examples.rows(decision).lowerBound
            scores.removeAll(keepingCapacity: true)
            var clicks: Float = 0
            for row in rows {
                let index = first + row - rows.lowerBound
                var score: Float = 0
                for column in 0..<narrow { score += fit.tiles[row * narrow + column] * others[column] }
                let tile = Int(fit.examples.tile[index])
                if tile >= 0, catalogue > 0 { score += all[line * catalogue + tile] }
                if let position = position(index) { score += Float(point[positionStart + position]) }
                scores.append(score)
                if fit.examples.clicked[index] { clicks += 1 }
            }
            let greatest = scores.max() ?? 0
            var sum: Float = 0
            for score in scores { sum += exp(score - greatest) }
            var loss: Float = 0
            for (k, row) in rows.enumerated() {
                let index = first + k
                let probability = exp(scores[k] - greatest) / sum
                let target = fit.examples.clicked[index] ? 1 / clicks : 0
                if target > 0 { loss += target * (log(sum) + greatest - scores[k]) }
                let slope = weight * (probability - target)
                for column in 0..<narrow { tileGradient[column] += slope * fit.tiles[row * narrow + column] }
                let tile = Int(fit.examples.tile[index])
                if tile >= 0, catalogue > 0 { upstream[line * catalogue + tile] += slope }
                if let position = position(index) { result[positionStart + position] += Double(slope) }
            }
            return Double(loss)
        }

        /// From 0; nil where a place is unknown or has no effect.
        private func position(_ row: Int) -> Int? {
            let position = Int(fit.examples.position[row])
            return position > 0 && fit.positions > 0 ? min(position, fit.positions) - 1 : nil
        }

        /// Scores of all tiles for the contexts of a block.
        private func product(_ block: Range<Int>) {
            with(block, own, &all) { context, own, all in MatrixProduct.multiply(context, own, into: all) }
        }

        /// Adds to the gradient what a block brings.
        private func transposedProduct(_ block: Range<Int>) {
            let catalogue = fit.catalogue
            with(block, gradient: &gradient, upstream) { context, upstream, gradient in
                MatrixProduct.multiply(
                    transposing: context, upstream, into: Rows(gradient, count: context.width, width: catalogue), accumulates: true)
            }
        }

        /// The kernel's rows are mutable memory; what is only read is not written.
        private func with(_ block: Range<Int>, _ own: [Float], _ all: inout [Float], _ body: (Rows, Rows, Rows) -> Void) {
            let (wide, catalogue) = (fit.contextWidth, fit.catalogue)
            fit.context.withUnsafeBufferPointer { context in
                own.withUnsafeBufferPointer { own in
                    all.withUnsafeMutableBufferPointer { all in
                        guard let context = context.baseAddress, let own = own.baseAddress, let all = all.baseAddress else { return }
                        body(
                            Rows(UnsafeMutablePointer(mutating: context) + block.lowerBound * wide, count: block.count, width: wide),
                            Rows(UnsafeMutablePointer(mutating: own), count: wide, width: catalogue),
                            Rows(all, count: block.count, width: catalogue))
                    }
                }
            }
        }

        private func with(
            _ block: Range<Int>, gradient: inout [Float], _ upstream: [Float], _ body: (Rows, Rows, UnsafeMutablePointer<Float>) -> Void
        ) {
            let (wide, catalogue) = (fit.contextWidth, fit.catalogue)
            fit.context.withUnsafeBufferPointer { context in
                upstream.withUnsafeBufferPointer { upstream in
                    gradient.withUnsafeMutableBufferPointer { gradient in
                        guard let context = context.baseAddress, let upstream = upstream.baseAddress, let gradient = gradient.baseAddress
                        else { return }
                        body(
                            Rows(UnsafeMutablePointer(mutating: context) + block.lowerBound * wide, count: block.count, width: wide),
                            Rows(UnsafeMutablePointer(mutating: upstream), count: block.count, width: catalogue), gradient)
                    }
                }
            }
        }
    }
}
