internal import Synchronization

/// A fixed number of counts that any thread may raise without a lock.
final class AtomicCounts: @unchecked Sendable {
    /// How many.
    let count: Int
    // Never moved and never freed before deinit; each is atomic by itself.
    private let values: UnsafeMutablePointer<Atomic<Int>>

    init(_ count: Int) {
        precondition(count > 0, "AtomicCounts: \(count) counts")
        self.count = count
        values = .allocate(capacity: count)
        for index in 0..<count { (values + index).initialize(to: Atomic(0)) }
    }

    deinit {
        values.deinitialize(count: count)
        values.deallocate()
    }

    subscript(_ index: Int) -> Int {
        precondition(index >= 0 && index < count, "AtomicCounts: \(index) of \(count)")
        return values[index].load(ordering: .relaxed)
    }

    func add(_ amount: Int, at index: Int) {
        precondition(index >= 0 && index < count, "AtomicCounts: \(index) of \(count)")
        values[index].wrappingAdd(amount, ordering: .relaxed)
    }

    func set(_ value: Int, at index: Int) {
        precondition(index >= 0 && index < count, "AtomicCounts: \(index) of \(count)")
        values[index].store(value, ordering: .relaxed)
    }
}
