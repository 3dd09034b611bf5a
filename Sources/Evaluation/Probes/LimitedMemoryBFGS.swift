/// Minimises a smooth convex function by L-BFGS with two-loop recursion (Nocedal and Wright, 2006, algorithm 7.4) and a backtracking
/// line search (Armijo). A pair without positive curvature is left out, which keeps every direction a descent.
package struct LimitedMemoryBFGS {
    package var memory = 10
    package var maximumIterations = 100
    /// Stops when the largest entry of the gradient is below.
    package var gradientTolerance = 1e-5
    /// Stops when the value falls by less than this share.
    package var relativeTolerance = 1e-8

    package init() {}

    /// Moves `point` to the minimum; `evaluate` gives the value and writes the gradient.
    /// - Returns: value at the end, and iterations taken.
    package func minimise(
        _ point: inout [Double], _ evaluate: (_ point: [Double], _ gradient: inout [Double]) -> Double
    ) -> (Double, Int) {
        let count = point.count
        var gradient = [Double](repeating: 0, count: count)
        var value = evaluate(point, &gradient)
        var (steps, changes, curvatures): ([[Double]], [[Double]], [Double]) = ([], [], [])
        var next = point
        var nextGradient = gradient
        for iteration in 0..<maximumIterations {
            if gradient.allSatisfy({ abs($0) < gradientTolerance }) { return (value, iteration) }
            var direction = gradient
            var factors = [Double](repeating: 0, count: steps.count)
            for pair in steps.indices.reversed() {
                factors[pair] = dot(steps[pair], direction) / curvatures[pair]
                add(-factors[pair], changes[pair], to: &direction)
            }
            if let last = steps.indices.last {
                let scale = curvatures[last] / dot(changes[last], changes[last])
                for index in 0..<count { direction[index] *= scale }
            }
            for pair in steps.indices {
                let factor = factors[pair] - dot(changes[pair], direction) / curvatures[pair]
                add(factor, steps[pair], to: &direction)
            }
            let slope = -dot(gradient, direction)
            // Without a model of curvature yet, the first step is short.
            var length = steps.isEmpty ? min(1, 1 / max(1e-12, gradient.reduce(0) { $0 + abs($1) })) : 1.0
            var nextValue = value
            var found = false
            for _ in 0..<30 {
                for index in 0..<count { next[index] = point[index] - length * direction[index] }
                nextValue = evaluate(next, &nextGradient)
                if nextValue <= value + 1e-4 * length * slope {
                    found = true
                    break
                }
                length /= 2
            }
            if !found { return (value, iteration) }
            var (step, change) = (next, nextGradient)
            for index in 0..<count {
                step[index] -= point[index]
                change[index] -= gradient[index]
            }
            let curvature = dot(step, change)
            if curvature > 1e-12 {
                if steps.count == memory {
                    steps.removeFirst()
                    changes.removeFirst()
                    curvatures.removeFirst()
                }
                steps.append(step)
                changes.append(change)
                curvatures.append(curvature)
            }
            let fall = value - nextValue
            swap(&point, &next)
            swap(&gradient, &nextGradient)
            value = nextValue
            if fall < relativeTolerance * max(1e-12, abs(value)) { return (value, iteration + 1) }
        }
        return (value, maximumIterations)
    }

    private func dot(_ a: [Double], _ b: [Double]) -> Double {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sums = SIMD4<Double>.zero
                var index = 0
                while index + 4 <= a.count {
                    let x = SIMD4(a[index], a[index + 1], a[index + 2], a[index + 3])
                    let y = SIMD4(b[index], b[index + 1], b[index + 2], b[index + 3])
                    sums += x * y
                    index += 4
                }
                var sum = sums.sum()
                while index < a.count {
                    sum += a[index] * b[index]
                    index += 1
                }
                return sum
            }
        }
    }

    private func add(_ factor: Double, _ a: [Double], to b: inout [Double]) {
        for index in b.indices { b[index] += factor * a[index] }
    }
}
