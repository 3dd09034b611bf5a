private import VectorLoopsAVX2
private import VectorLoopsAVX512

/// The loops of gated recurrences and rectifiers, of the build that ``vectorLoops`` chose. Described at the functions.
struct GateLoops: Sendable {
    typealias Input = UnsafePointer<Float>
    typealias Output = UnsafeMutablePointer<Float>

    let gates: @Sendable (Int, Int, Output, Input, Input, Output) -> Void
    let gatesBackward: @Sendable (Int, Int, Input, Output, Output, Input, Output?) -> Void
    let resets: @Sendable (Int, Int, Output, Input, Output) -> Void
    let resetsBackward: @Sendable (Int, Int, Input, Output, Input, Output) -> Void
    let states: @Sendable (Int, Int, Output, Input?, Bool, Input, Output) -> Void
    let statesBackward: @Sendable (Int, Int, Input, Output, Output?, Bool, Input, Output?) -> Void
    let timeShift: @Sendable (Int, Int, Input, Input, Input, Output) -> Void
    let timeShiftBackward: @Sendable (Int, Int, Input, Input, Input, Output) -> Void
    let rectify: @Sendable (Int, Float, Input, Output) -> Void
    let rectifyBackward: @Sendable (Int, Float, Input, Input, Output) -> Float
}

/// The loops of this process.
let gateLoops =
    vectorLoops.name == "avx512"
    ? GateLoops(
        gates: VectorLoopsAVX512.gruGates, gatesBackward: VectorLoopsAVX512.gruGatesBackward,
        resets: VectorLoopsAVX512.contextResets, resetsBackward: VectorLoopsAVX512.contextResetsBackward,
        states: VectorLoopsAVX512.contextStates, statesBackward: VectorLoopsAVX512.contextStatesBackward,
        timeShift: VectorLoopsAVX512.timeShift, timeShiftBackward: VectorLoopsAVX512.timeShiftBackward,
        rectify: VectorLoopsAVX512.rectify, rectifyBackward: VectorLoopsAVX512.rectifyBackward)
    : GateLoops(
        gates: VectorLoopsAVX2.gruGates, gatesBackward: VectorLoopsAVX2.gruGatesBackward,
        resets: VectorLoopsAVX2.contextResets, resetsBackward: VectorLoopsAVX2.contextResetsBackward,
        states: VectorLoopsAVX2.contextStates, statesBackward: VectorLoopsAVX2.contextStatesBackward,
        timeShift: VectorLoopsAVX2.timeShift, timeShiftBackward: VectorLoopsAVX2.timeShiftBackward,
        rectify: VectorLoopsAVX2.rectify, rectifyBackward: VectorLoopsAVX2.rectifyBackward)
