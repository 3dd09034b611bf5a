internal import Glibc
private import VectorLoopsAVX2
private import VectorLoopsAVX512

/// The vector loops of this processor: references to the functions of one of the two builds, chosen once at start.
///
/// On x86 the build with AVX-512 runs where the system reports F, BW, DQ and VL, otherwise the one with AVX2 and FMA; a processor
/// without those is refused with a message. `TESSERA_VECTOR=avx2` or `avx512` in the environment chooses by hand, to compare
/// the two or to get the bytes of another machine. On Arm both builds are the same. Parameters are described at the functions.
///
/// Only coarse functions are here: a call is one indirect call, but a loop around it does not see into it.
package struct VectorLoops: Sendable {
    package typealias Input = UnsafePointer<Float>
    package typealias Output = UnsafeMutablePointer<Float>
    package typealias IDs = UnsafePointer<Int32>

    /// What the loops were built for, such as `avx512`.
    package let name: String
    package let product: @Sendable (Int, Int, Int, Input, Int, Int, Input, Int, Output, Int, Bool, Input?, Input?, Int) -> Void
    package let transpose: @Sendable (Int, Int, Input, Int, Output, Int) -> Void
    package let add: @Sendable (Int, Input, Input, Output) -> Void
    package let multiply: @Sendable (Int, Input, Input, Output) -> Void
    package let axpy: @Sendable (Int, Float, Input, Output) -> Void
    package let scale: @Sendable (Int, Float, Input, Output) -> Void
    package let exp: @Sendable (Int, Input, Output) -> Void
    package let tanh: @Sendable (Int, Input, Output) -> Void
    package let sigmoid: @Sendable (Int, Input, Output) -> Void
    package let gelu: @Sendable (Int, Input, Output) -> Void
    package let geluWithSlope: @Sendable (Int, Input, Output, Output) -> Void
    package let dot: @Sendable (Int, Input, Input) -> Float
    package let sumOfSquares: @Sendable (Int, Input) -> Double
    package let adamW: @Sendable (Int, Output, Input, Output, Output, Float, Float, Float, Float, Float, Float, Float) -> Void
    package let dropout: @Sendable (Int, UInt64, Float, Input, Output) -> Void
    package let softmaxRows: @Sendable (Int, Int, Input, Int, Output, Int) -> Void
    package let logSumExpRows: @Sendable (Int, Int, Input, Int, Output) -> Void
    package let layerNorm: @Sendable (Int, Int, Input, Input, Input, Float, Output, Output) -> Void
    package let layerNormBackward: @Sendable (Int, Int, Input, Input, Input, Input, Input?, Output, Output, Output) -> Void
    package let columnSums: @Sendable (Int, Int, Input, Int, Output) -> Void
    package let gatherRows: @Sendable (Int, Int, Input, IDs, Output, Int) -> Void
    package let scatterAddRows: @Sendable (Int, Int, IDs, IDs?, Input?, Input, Int, Output, Int, Int) -> Void
    package let bagRows: @Sendable (Int, Int, Input, IDs, IDs, Input?, Output, Int) -> Void
    package let attention: @Sendable (IDs, Int, Int, Int, Bool, Input, Output, Output, Output, UInt64, Float) -> Void
    package let attentionBackward: @Sendable (IDs, Int, Int, Int, Bool, Input, Input, Input, Output, Output, UInt64, Float) -> Void
}

/// The loops of this process.
package let vectorLoops = VectorLoops.chosen()

extension VectorLoops {
    /// Both builds, for tests that compare them. The second must not be called where ``supportsAVX512`` is false.
    package static let avx2 = VectorLoops(
        name: "avx2",
        product: VectorLoopsAVX2.product, transpose: VectorLoopsAVX2.transpose, add: VectorLoopsAVX2.add,
        multiply: VectorLoopsAVX2.multiply, axpy: VectorLoopsAVX2.axpy, scale: VectorLoopsAVX2.scale, exp: VectorLoopsAVX2.exp,
        tanh: VectorLoopsAVX2.tanh, sigmoid: VectorLoopsAVX2.sigmoid, gelu: VectorLoopsAVX2.gelu,
        geluWithSlope: VectorLoopsAVX2.geluWithSlope, dot: VectorLoopsAVX2.dot, sumOfSquares: VectorLoopsAVX2.sumOfSquares,
        adamW: VectorLoopsAVX2.adamW, dropout: VectorLoopsAVX2.dropout, softmaxRows: VectorLoopsAVX2.softmaxRows,
        logSumExpRows: VectorLoopsAVX2.logSumExpRows, layerNorm: VectorLoopsAVX2.layerNorm,
        layerNormBackward: VectorLoopsAVX2.layerNormBackward, columnSums: VectorLoopsAVX2.columnSums,
        gatherRows: VectorLoopsAVX2.gatherRows, scatterAddRows: VectorLoopsAVX2.scatterAddRows, bagRows: VectorLoopsAVX2.bagRows,
        attention: VectorLoopsAVX2.attention, attentionBackward: VectorLoopsAVX2.attentionBackward
    )

    /// See ``avx2``.
    package static let avx512 = VectorLoops(
        name: "avx512",
        product: VectorLoopsAVX512.product, transpose: VectorLoopsAVX512.transpose, add: VectorLoopsAVX512.add,
        multiply: VectorLoopsAVX512.multiply, axpy: VectorLoopsAVX512.axpy, scale: VectorLoopsAVX512.scale,
        exp: VectorLoopsAVX512.exp, tanh: VectorLoopsAVX512.tanh, sigmoid: VectorLoopsAVX512.sigmoid, gelu: VectorLoopsAVX512.gelu,
        geluWithSlope: VectorLoopsAVX512.geluWithSlope, dot: VectorLoopsAVX512.dot, sumOfSquares: VectorLoopsAVX512.sumOfSquares,
        adamW: VectorLoopsAVX512.adamW, dropout: VectorLoopsAVX512.dropout, softmaxRows: VectorLoopsAVX512.softmaxRows,
        logSumExpRows: VectorLoopsAVX512.logSumExpRows, layerNorm: VectorLoopsAVX512.layerNorm,
        layerNormBackward: VectorLoopsAVX512.layerNormBackward, columnSums: VectorLoopsAVX512.columnSums,
        gatherRows: VectorLoopsAVX512.gatherRows, scatterAddRows: VectorLoopsAVX512.scatterAddRows,
        bagRows: VectorLoopsAVX512.bagRows, attention: VectorLoopsAVX512.attention,
        attentionBackward: VectorLoopsAVX512.attentionBackward
    )

    fileprivate static func chosen() -> VectorLoops {
        #if arch(x86_64)
            let features = processorFeatures()
            let wish = getenv("TESSERA_VECTOR").map { String(cString: $0) } ?? ""
            // fatalError and not precondition: a release build prints only the former's message.
            guard ["", "avx2", "avx512"].contains(wish) else { fatalError("TESSERA_VECTOR is \(wish); it must be avx2 or avx512") }
            guard features.isSuperset(of: ["avx2", "fma"]) else {
                fatalError("Tessera needs a processor with AVX2 and FMA (x86-64-v3, made since about 2013) or an Arm one.")
            }
            guard wish != "avx512" || supportsAVX512 else {
                fatalError("TESSERA_VECTOR=avx512, but this processor has no AVX-512 (F, BW, DQ and VL); unset it")
            }
            return supportsAVX512 && wish != "avx2" ? avx512 : avx2
        #else
            return avx2
        #endif
    }

    /// Whether the loops built for AVX-512 can run here.
    package static var supportsAVX512: Bool {
        #if arch(x86_64)
            return processorFeatures().isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl"])
        #else
            return true
        #endif
    }

    /// The kernel's list of processor features, which unlike CPUID leaves out what the system has not switched on.
    static func processorFeatures() -> Set<Substring> {
        guard let file = fopen("/proc/cpuinfo", "r") else { return [] }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 8192)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix("flags") { return Set(text.split { $0 == " " || $0 == "\n" }) }
        }
        return []
    }
}
