import SequenceKernel
import Testing

@Suite struct WorkerPoolTests {
    /// Every index once, on a worker that exists, for few and many indices and more threads than processors.
    @Test(arguments: [1, 2, 3, 8]) func everyIndexOnce(threads: Int) {
        let pool = WorkerPool(threads: threads)
        for count in [0, 1, 2, 7, 100] {
            let seen = UnsafeMutablePointer<Int32>.allocate(capacity: count + 1)
            defer { seen.deallocate() }
            seen.initialize(repeating: 0, count: count + 1)
            pool.run(count) { index, worker in
                seen[index] += 1
                if worker < 0 || worker >= threads { seen[index] += 100 }
            }
            #expect((0..<count).allSatisfy { seen[$0] == 1 }, "\(count) indices, \(threads) threads")
        }
    }

    /// Thousands of short rounds, some after a pause long enough for the threads to sleep: a missed wake-up would hang.
    @Test func manyRounds() {
        let pool = WorkerPool(threads: 3)
        let sums = UnsafeMutablePointer<Int>.allocate(capacity: 4)
        defer { sums.deallocate() }
        sums.initialize(repeating: 0, count: 4)
        for round in 0..<3_000 {
            pool.run(4) { index, _ in sums[index] += round }
            if round % 300 == 0 { spin(microseconds: 2_000) }
        }
        #expect((0..<4).allSatisfy { sums[$0] == 3_000 * 2_999 / 2 })
    }

    /// A pool that is let go ends its threads: otherwise hundreds would pile up, and the last reference would never fall.
    @Test func poolsEnd() {
        weak var gone: WorkerPool?
        for _ in 0..<200 {
            let pool = WorkerPool(threads: 4)
            pool.run(4) { _, _ in }
            gone = pool
        }
        #expect(gone == nil)
    }

    private func spin(microseconds: Int) {
        let clock = ContinuousClock()
        let end = clock.now + .microseconds(microseconds)
        while clock.now < end {}
    }
}
