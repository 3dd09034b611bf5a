/// L-BFGS with ten remembered steps and a halving line search (Nocedal and Wright 2006, algorithm 7.5), for smooth convex functions of
/// some hundred variables.
enum LimitedMemoryMinimiser {
    /// The point after at most `rounds` steps from `start`. `function` adds the gradient to an array of zeros and returns the value.
    static func minimise(
        _ start: [Double], rounds: Int, _ function: (_ point: [Double], _ gradient: inout [Double]) -> Double
    ) -> [Double] {
        let count = start.count
        var point = start
        var gradient = [Double](repeating: 0, count: count)
        var value = function(point, &gradient)
        var steps: [(move: [Double], change: [Double], inverse: Double)] = []
        for _ in 0..<rounds {
            var direction = gradient.map { -$0 }
            var shares: [Double] = []
            for step in steps.reversed() {
                let share = step.inverse * dot(step.move, direction)
                shares.append(share)
                for index in 0..<count { direction[index] -= share * step.change[index] }
            }
            if let last = steps.last {
                let scale = 1 / (last.inverse * dot(last.change, last.change))
                for index in 0..<count { direction[index] *= scale }
            }
            for (step, share) in zip(steps, shares.reversed()) {
                let other = step.inverse * dot(step.change, direction)
                for index in 0..<count { direction[index] += (share - other) * step.move[index] }
            }
            let slope = dot(direction, gradient)
            guard slope < -1e-14 else { break }
            var length = 1.0
            var accepted = false
            for _ in 0..<30 {
                var next = point
                for index in 0..<count { next[index] += length * direction[index] }
                var nextGradient = [Double](repeating: 0, count: count)
                let nextValue = function(next, &nextGradient)
                if nextValue <= value + 1e-4 * length * slope {
                    let move = (0..<count).map { next[$0] - point[$0] }
                    let change = (0..<count).map { nextGradient[$0] - gradient[$0] }
                    let curvature = dot(move, change)
                    if curvature > 1e-16 {
                        steps.append((move, change, 1 / curvature))
                        if steps.count > 10 { steps.removeFirst() }
                    }
                    (point, gradient, value) = (next, nextGradient, nextValue)
                    accepted = true
                    break
                }
                length *= 0.5
            }
            if !accepted { break }
        }
        return point
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for index in a.indices { sum += a[index] * b[index] }
        return sum
    }
}
