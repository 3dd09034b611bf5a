private import VectorLoopsAVX2
private import VectorLoopsAVX512

/// The loops of a softmax over a large vocabulary, of the build that ``vectorLoops`` chose. Described at the functions.
struct ColumnLoops: Sendable {
    typealias Input = UnsafePointer<Float>
    typealias Output = UnsafeMutablePointer<Float>
    typealias Counts = UnsafeMutablePointer<Int32>

    let exponentialSums: @Sendable (Int, Int, Input, Int, Input?, Float, Output) -> Void
    let onlineSums: @Sendable (Int, Int, Input, Int, Input?, Output, Output) -> Void
    let softmaxGradient: @Sendable (Int, Int, Output, Int, Input?, Input, Input, Float) -> Void
    let ranks: @Sendable (Int, Int, Input, Int, Input?, Input, Counts, Counts) -> Void
}

/// The loops of this process.
let columnLoops =
    vectorLoops.name == "avx512"
    ? ColumnLoops(
        exponentialSums: VectorLoopsAVX512.columnExponentialSums, onlineSums: VectorLoopsAVX512.columnOnlineSums,
        softmaxGradient: VectorLoopsAVX512.columnSoftmaxGradient, ranks: VectorLoopsAVX512.columnRanks)
    : ColumnLoops(
        exponentialSums: VectorLoopsAVX2.columnExponentialSums, onlineSums: VectorLoopsAVX2.columnOnlineSums,
        softmaxGradient: VectorLoopsAVX2.columnSoftmaxGradient, ranks: VectorLoopsAVX2.columnRanks)
