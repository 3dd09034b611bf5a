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

    /// Work that is a value, and closures between, of another type and size each time.
    @Test(arguments: [1, 2, 3]) func valuesAsWork(threads: Int) {
        struct Count: SharedWork {
            let target: UnsafeMutablePointer<Int>
            func perform(_ index: Int, worker: Int) { target[index] += 1 }
        }
        struct Weighted: SharedWork {
            let (target, weights): (UnsafeMutablePointer<Int>, [Int])
            func perform(_ index: Int, worker: Int) { target[index] += weights[index] }
        }
        let pool = WorkerPool(threads: threads)
        let sums = UnsafeMutablePointer<Int>.allocate(capacity: 9)
        defer { sums.deallocate() }
        sums.initialize(repeating: 0, count: 9)
        for _ in 0..<500 {
            pool.run(9, Count(target: sums))
            pool.run(9, Weighted(target: sums, weights: Array(0..<9)))
            pool.run(9) { index, _ in sums[index] += 100 }
        }
        #expect((0..<9).allSatisfy { sums[$0] == 500 * (101 + $0) })
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
