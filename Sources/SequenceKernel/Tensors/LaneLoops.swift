private import VectorLoopsAVX2
private import VectorLoopsAVX512

/// The loops over rows that lie across (feature f of event n at `x[f * row + n]`), of the build that ``vectorLoops`` chose. Parameters are
/// described at the functions.
package struct LaneLoops: Sendable {
    package typealias Input = UnsafePointer<Float>
    package typealias Output = UnsafeMutablePointer<Float>
    package typealias IDs = UnsafePointer<Int32>

    package let product: @Sendable (Int, Int, Int, Input, Input, Int, Output, Int, Int) -> Void
    package let norm: @Sendable (Int, Int, Input, Int, Input, Input, Float, Output, Int) -> Void
    package let attention: @Sendable (IDs, Int, Int, Int, Bool, Input, Int, Output, Int, Output) -> Void
    package let lanesOfRows: @Sendable (Int, Int, Input, Int, Output, Int) -> Void
    package let foldedEvents:
        @Sendable (
            Int, Int, Int, UnsafePointer<IDs>, UnsafePointer<Input>, Input, Int, UnsafePointer<Input>, Input, Output, Int, Output,
            UnsafeMutablePointer<Input>
        ) -> Void
    package let means: @Sendable (IDs, Int, Int, Input, Int, Output, Int) -> Void
}

/// The loops of this process.
package let laneLoops = vectorLoops.name == "avx512" ? LaneLoops.avx512 : LaneLoops.avx2

extension LaneLoops {
    /// Features that are worked out together: buffers hold a multiple of them.
    package static let panelHeight = 8
    /// Lanes that are worked out together.
    package static let blockLanes = 48

    /// Both builds, for tests that compare them. The second must not be called where ``VectorLoops/supportsAVX512`` is false.
    package static let avx2 = LaneLoops(
        product: VectorLoopsAVX2.laneProduct, norm: VectorLoopsAVX2.laneNorm, attention: VectorLoopsAVX2.laneAttention,
        lanesOfRows: VectorLoopsAVX2.lanesOfRows, foldedEvents: VectorLoopsAVX2.foldedEvents, means: VectorLoopsAVX2.laneMeans)

    /// See ``avx2``.
    package static let avx512 = LaneLoops(
        product: VectorLoopsAVX512.laneProduct, norm: VectorLoopsAVX512.laneNorm, attention: VectorLoopsAVX512.laneAttention,
        lanesOfRows: VectorLoopsAVX512.lanesOfRows, foldedEvents: VectorLoopsAVX512.foldedEvents, means: VectorLoopsAVX512.laneMeans)

    /// Rounded up to whole panels.
    package static func padded(_ features: Int) -> Int { (features + panelHeight - 1) / panelHeight * panelHeight }
}
