private import VectorLoopsAVX2
private import VectorLoopsAVX512

/// The loops of a GRU's gates, of the build that ``vectorLoops`` chose. Described at the functions.
struct GateLoops: Sendable {
    typealias Input = UnsafePointer<Float>
    typealias Output = UnsafeMutablePointer<Float>

    let gates: @Sendable (Int, Int, Output, Input, Input, Output) -> Void
    let gatesBackward: @Sendable (Int, Int, Input, Output, Output, Input, Output?) -> Void
}

/// The loops of this process.
let gateLoops =
    vectorLoops.name == "avx512"
    ? GateLoops(gates: VectorLoopsAVX512.gruGates, gatesBackward: VectorLoopsAVX512.gruGatesBackward)
    : GateLoops(gates: VectorLoopsAVX2.gruGates, gatesBackward: VectorLoopsAVX2.gruGatesBackward)
