/// Work for the threads of a ``WorkerPool``, as a value of its own.
///
/// A closure does the same with fewer words, but one that other threads call is put on the heap anew at every call. A value stays
/// where it is, so that a training step, which shares work some ten times, asks for no memory.
public protocol SharedWork {
    /// Does piece `index` on worker `worker`; called once for each index, by several threads at once.
    func perform(_ index: Int, worker: Int)
}

extension SharedWork {
    /// Does a piece of the work that lies at `address`: how a thread that does not know the type calls it.
    static func perform(at address: UnsafeRawPointer, _ index: Int, worker: Int) {
        address.assumingMemoryBound(to: Self.self).pointee.perform(index, worker: worker)
    }
}

/// A closure as work.
struct ClosureWork: SharedWork {
    let body: (_ index: Int, _ worker: Int) -> Void

    func perform(_ index: Int, worker: Int) { body(index, worker) }
}
