internal import BoostedTrees
internal import SequenceKernel

/// Boosted trees of several depths, of which validation keeps one.
enum CreditTrees {
    /// Grows trees of each depth, some at once, and keeps those with the least validation loss, of equal ones the shallowest.
    /// - Parameters:
    ///   - depths: tried beside the settings' own; none grows the settings' own alone.
    ///   - pool: nil grows one after the other on the calling thread.
    static func train(
        _ examples: TreeExamples, validation: TreeExamples, _ settings: BoostedTrees.Settings, depths: [Int], pool: WorkerPool?
    ) throws(BoostedTreesError) -> BoostedTrees {
        let tried = depths.isEmpty ? [settings.depth] : Set(depths + [settings.depth]).sorted()
        func grown(_ depth: Int) -> Result<BoostedTrees, BoostedTreesError> {
            var own = settings
            own.depth = depth
            do throws(BoostedTreesError) {
                return .success(try BoostedTrees.train(examples, validation: validation, own))
            } catch { return .failure(error) }
        }
        var best: BoostedTrees?
        for trees in all(tried.count, pool, { grown(tried[$0]) }) {
            let own = try trees.get()
            if best == nil || own.validationLosses.min() ?? .infinity < best!.validationLosses.min() ?? .infinity { best = own }
        }
        return best!
    }

    /// `body(0)` to `body(count - 1)`, in their order; on the pool's threads where there is one.
    static func all<Value: Sendable>(_ count: Int, _ pool: WorkerPool?, _ body: (Int) -> Value) -> [Value] {
        guard let pool, pool.threads > 1 else { return (0..<count).map(body) }
        var results = [Value?](repeating: nil, count: count)
        results.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let base = buffer.baseAddress!
            withoutActuallyEscaping(body) { body in
                nonisolated(unsafe) let body = body
                pool.run(count) { number, _ in base[number] = body(number) }
            }
        }
        return results.compactMap { $0 }
    }
}
