private import VectorLoopsAVX2
private import VectorLoopsAVX512

/// The loops over fields of events and over rows of a few floats, of the build that ``vectorLoops`` chose. Described at the functions.
package struct FieldLoops: Sendable {
    package typealias Input = UnsafePointer<Float>
    package typealias Output = UnsafeMutablePointer<Float>
    package typealias IDs = UnsafePointer<Int32>

    package let attention: @Sendable (Int, Int, Int, Input, Input, Input, Float, UnsafePointer<UInt8>?, Output, Output) -> Void
    package let attentionBackward:
        @Sendable (Int, Int, Int, Input, Input, Input, Input, Input, Float, Output, Output, Output, Output, Output) -> Void
    package let addOuter: @Sendable (Int, Int, Input, Int, Input, Output, Int) -> Void
    package let outerSums: @Sendable (Int, Int, Input, Int, Input, Int, Output) -> Void
    package let accumulateRows: @Sendable (Int, Int, IDs, Input?, Input, Int, Output) -> Void
    package let scaledRows: @Sendable (Int, Int, Input, IDs, Input, Output, Int) -> Void
}

/// The loops of this process.
package let fieldLoops =
    vectorLoops.name == "avx512"
    ? FieldLoops(
        attention: VectorLoopsAVX512.fieldAttention, attentionBackward: VectorLoopsAVX512.fieldAttentionBackward,
        addOuter: VectorLoopsAVX512.addOuter, outerSums: VectorLoopsAVX512.outerSums, accumulateRows: VectorLoopsAVX512.accumulateRows,
        scaledRows: VectorLoopsAVX512.scaledRows)
    : FieldLoops(
        attention: VectorLoopsAVX2.fieldAttention, attentionBackward: VectorLoopsAVX2.fieldAttentionBackward,
        addOuter: VectorLoopsAVX2.addOuter, outerSums: VectorLoopsAVX2.outerSums, accumulateRows: VectorLoopsAVX2.accumulateRows,
        scaledRows: VectorLoopsAVX2.scaledRows)
