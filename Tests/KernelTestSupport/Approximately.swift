// Takes: a layer, encoder or loss.   Gives: the name and index of what is wrong with it, or nothing.

public import SequenceKernel

extension Float {
    /// Whether two floats agree within a stated tolerance: |a - b| ≤ max(absolute, relative · max(|a|, |b|)).
    ///
    /// Both tolerances must be positive or zero; NaN agrees with nothing.
    public func isApproximatelyEqual(to other: Float, absoluteTolerance: Float, relativeTolerance: Float = 0) -> Bool {
        precondition(absoluteTolerance >= 0 && relativeTolerance >= 0, "tolerances must not be negative")
        return abs(self - other) <= max(absoluteTolerance, relativeTolerance * max(abs(self), abs(other)))
    }
}

extension Array where Element == Float {
    /// The first index where two arrays differ by more than the tolerance, in words; nil when they agree.
    public func difference(from other: [Float], absoluteTolerance: Float, relativeTolerance: Float = 0) -> String? {
        if count != other.count { return "\(count) floats against \(other.count)" }
        for index in indices
        where !self[index].isApproximatelyEqual(
            to: other[index], absoluteTolerance: absoluteTolerance, relativeTolerance: relativeTolerance)
        {
            return "[\(index)]: \(self[index]) against \(other[index])"
        }
        return nil
    }
}

/// Runs `body` once for every seed and puts the seed into whatever it returns.
public func withEverySeed(_ seeds: Range<UInt64>, _ body: (UInt64) -> [String]) -> [String] {
    seeds.flatMap { seed in body(seed).map { "seed \(seed): \($0)" } }
}

extension RandomSource {
    /// `count` floats uniform in ±bound.
    public mutating func floats(_ count: Int, bound: Float = 1) -> [Float] {
        (0..<count).map { _ in (2 * uniform() - 1) * bound }
    }
}

extension Workspace {
    /// The floats of an array as rows in this workspace.
    public func rows(_ scalars: [Float], width: Int) -> Rows {
        precondition(scalars.count.isMultiple(of: width), "\(scalars.count) floats are not rows of \(width)")
        let rows = rows(scalars.count / width, width)
        for (index, scalar) in scalars.enumerated() { rows.base[index] = scalar }
        return rows
    }

    /// Offsets of sequences of these lengths, in this workspace.
    public func offsets(lengths: [Int]) -> SequenceOffsets {
        let offsets = integers(lengths.count + 1)
        offsets[0] = 0
        for (index, length) in lengths.enumerated() { offsets[index + 1] = offsets[index] + Int32(length) }
        return SequenceOffsets(offsets, count: lengths.count)
    }
}
