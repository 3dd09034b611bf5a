internal import SequenceKernel

/// Applicants in an order that depends on the seed and the epoch, in batches as alike in size as can be: a last one of a few would move the
/// weights as far as the others do.
struct ShuffledApplicants: BatchSource {
    let count: Int
    let batchApplicants: Int
    let seed: UInt64
    private let reused = ApplicantBatch()
    private let order = Order()

    /// The order of one epoch, made once.
    private final class Order: @unchecked Sendable {
        var epoch = -1
        var applicants: [Int] = []
    }

    init(_ count: Int, batchApplicants: Int, seed: UInt64) {
        (self.count, self.batchApplicants, self.seed) = (count, batchApplicants, seed)
    }

    func batchCount(epoch: Int) -> Int { (count + batchApplicants - 1) / batchApplicants }

    func batch(_ number: Int, epoch: Int) -> ApplicantBatch {
        if order.epoch != epoch {
            order.applicants = Array(0..<count)
            var random = RandomSource(seed, 0xC4ED, UInt64(epoch))
            random.shuffle(&order.applicants)
            order.epoch = epoch
        }
        reused.epoch = epoch
        reused.applicants.removeAll(keepingCapacity: true)
        let batches = batchCount(epoch: epoch)
        reused.applicants += order.applicants[count * number / batches..<count * (number + 1) / batches]
        return reused
    }

    func eventCount(_ batch: ApplicantBatch) -> Int { batch.applicants.count }
}
