#if arch(x86_64)
    private import VectorLoopsBFloat16
#endif

/// Copies of a model's wide matrices rounded to bfloat16, for inference on processors with AVX-512 BF16.
///
/// A pass that carries them rounds the inputs of these matrices too and sums in single precision: each product keeps about three
/// decimal digits of its factors, which moves an embedding by less than 1 % of its length. Narrow matrices, tables, normalisation,
/// attention and everything else stay in single precision. The bytes differ from those of single precision, and are the same at any
/// thread count and batch.
public final class BFloat16Weights: @unchecked Sendable {
    private let packed: UnsafeMutablePointer<UInt32>
    /// Where a parameter's copy begins, by the parameter's offset among the weights.
    private let places: [Int: Int]

    /// Narrower matrices gain nothing.
    private static let leastColumns = 32
    private static let leastInputs = 32

    /// Whether no matrix is wide enough: then nothing is gained or changed.
    public var isEmpty: Bool { places.isEmpty }

    /// Whether this processor has the instructions.
    public static var isSupported: Bool { VectorLoops.supportsBFloat16 }

    /// Copies of the matrices as they are now; nil where the processor has no such instructions.
    public init?(of weights: ParameterVector) {
        guard Self.isSupported else { return nil }
        #if arch(x86_64)
            let matrices = weights.parameters.filter {
                $0.kind == .dense && $0.shape.count == 2 && $0.shape[0] >= Self.leastColumns && $0.shape[1] >= Self.leastInputs
            }
            var places: [Int: Int] = [:]
            var count = 0
            for matrix in matrices {
                places[matrix.offset] = count
                count += bfloat16PackedCount(outputs: matrix.shape[0], inputs: matrix.shape[1])
            }
            packed = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * 4, alignment: 64)
                .bindMemory(to: UInt32.self, capacity: max(1, count))
            self.places = places
            for matrix in matrices {
                guard let place = places[matrix.offset] else { continue }
                packBFloat16(matrix.shape[0], matrix.shape[1], weights.pointer(matrix), packed + place)
            }
        #else
            return nil
        #endif
    }

    deinit { UnsafeMutableRawPointer(packed).deallocate() }

    /// `output = input Wᵀ (+ bias) (+ residual)` in bfloat16; false where the matrix has no copy, and nothing is done.
    func multiply(
        _ input: Rows, by weight: Parameter, bias: UnsafePointer<Float>?, residual: Rows?, into output: Rows, _ workspace: Workspace
    ) -> Bool {
        #if arch(x86_64)
            guard let place = places[weight.offset] else { return false }
            let mark = workspace.mark
            let pairs = (input.width + 1) / 2
            // The workspace deals in floats, of the same size and alignment as a pair.
            let rounded = UnsafeMutableRawPointer(workspace.floats(input.count * pairs))
                .bindMemory(to: UInt32.self, capacity: input.count * pairs)
            roundBFloat16(input.count, input.width, input.base, input.width, rounded)
            bfloat16Product(
                input.count, output.width, input.width, rounded, packed + place, output.base, output.width, bias,
                residual.map { UnsafePointer($0.base) }, output.width)
            workspace.release(to: mark)
            return true
        #else
            return false
        #endif
    }
}

extension VectorLoops {
    /// Whether products in bfloat16 can run here. `TESSERA_VECTOR=avx2` switches them off too.
    package static var supportsBFloat16: Bool {
        #if arch(x86_64)
            return vectorLoops.name == "avx512" && processorFeatures().contains("avx512_bf16")
        #else
            return false
        #endif
    }
}
