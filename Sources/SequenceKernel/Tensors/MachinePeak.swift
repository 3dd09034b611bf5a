private import VectorLoopsAVX2
private import VectorLoopsAVX512

/// What the processor gives at this moment: the rate of single-precision multiply-adds that touch no memory.
public enum MachinePeak {
    /// Thousand million operations a second over all threads of the pool (two for each multiply-add): the median of some short looks.
    public static func gigaflops(_ pool: WorkerPool, seconds: Double = 0.05, looks: Int = 5) -> Double {
        let rates = (0..<max(1, looks)).map { _ in look(pool, seconds) }.sorted()
        return rates[rates.count / 2]
    }

    private static func look(_ pool: WorkerPool, _ seconds: Double) -> Double {
        let wide = vectorLoops.name == "avx512"
        let operations = UnsafeMutablePointer<Double>.allocate(capacity: pool.threads)
        operations.initialize(repeating: 0, count: pool.threads)
        defer { operations.deallocate() }
        nonisolated(unsafe) let sums = operations
        let start = ContinuousClock.now
        // Every body runs for the same time; a thread that comes late finds its body taken, so the sum is divided by the whole time.
        pool.run(pool.threads) { index, _ in
            var done = 0
            repeat {
                let part = wide ? VectorLoopsAVX512.multiplyAddPeak(20_000, 1e-3) : VectorLoopsAVX2.multiplyAddPeak(20_000, 1e-3)
                // The comparison is never true; it keeps the loop from being dropped.
                done += part.value == .infinity ? 0 : part.operations
            } while ContinuousClock.now - start < .seconds(seconds)
            sums[index] = Double(done)
        }
        let passed = (ContinuousClock.now - start) / .seconds(1)
        return (0..<pool.threads).reduce(0) { $0 + operations[$1] } / passed / 1e9
    }
}
