/// A block of floats in memory that somebody else owns: `count` rows of `width` floats, one after another.
///
/// Layers pass these around instead of arrays so that a training step allocates nothing: the memory is a ``Workspace``'s,
/// a ``ParameterVector``'s or a mapped file's, and outlives every view of it within a step.
public struct Rows: BitwiseCopyable, @unchecked Sendable {
    /// The first float of the first row.
    public let base: UnsafeMutablePointer<Float>
    /// Rows (N).
    public let count: Int
    /// Floats in a row.
    public let width: Int

    /// A view of `count * width` floats at `base`.
    public init(_ base: UnsafeMutablePointer<Float>, count: Int, width: Int) {
        self.base = base
        self.count = count
        self.width = width
    }

    /// All floats of the block.
    public var scalarCount: Int { count * width }

    /// The first float of row `index`.
    @inlinable
    public subscript(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * width }

    /// Rows `range` as a view of the same memory.
    public func rows(_ range: Range<Int>) -> Rows { Rows(base + range.lowerBound * width, count: range.count, width: width) }

    /// Sets every float to zero.
    public func clear() { base.update(repeating: 0, count: scalarCount) }

    /// The floats as an array, for tests and output.
    public var scalars: [Float] { Array(UnsafeBufferPointer(start: base, count: scalarCount)) }
}

/// Where packed sequences begin and end: sequence `b` is rows `self[b]` of a ``Rows`` block.
///
/// A batch is never padded. `[N, D]` rows of all sequences lie one after another, with `B + 1` offsets.
public struct SequenceOffsets: @unchecked Sendable {
    /// `count + 1` row numbers, not falling; the first is 0.
    public let base: UnsafePointer<Int32>
    /// Sequences (B).
    public let count: Int

    /// A view of `count + 1` offsets at `base`.
    public init(_ base: UnsafePointer<Int32>, count: Int) {
        self.base = base
        self.count = count
    }

    /// The rows of sequence `index`.
    @inlinable
    public subscript(_ index: Int) -> Range<Int> { Int(base[index])..<Int(base[index + 1]) }

    /// All rows (N).
    public var rowCount: Int { Int(base[count]) }
}
