import SequenceKernel
import Testing
import VectorLoopsAVX2
import VectorLoopsAVX512

/// The loop that everything is compared with does what it counts.
@Suite struct MachinePeakTests {
    @Test(arguments: [0, 1, 1000]) func everyMultiplyAddIsMade(_ rounds: Int) {
        // A power of two: all sums are exact in single precision.
        let seed: Float = 0.25
        func check(_ run: (operations: Int, value: Float), lanes: Int) {
            #expect(run.operations == rounds * 12 * lanes * 2)
            #expect(run.value == Float(12 * lanes) * (seed + Float(rounds) * seed * seed))
        }
        #if arch(x86_64)
            check(VectorLoopsAVX2.multiplyAddPeak(rounds, seed), lanes: 8)
            if VectorLoops.supportsAVX512 { check(VectorLoopsAVX512.multiplyAddPeak(rounds, seed), lanes: 16) }
        #endif
    }

    @Test func oneThreadGivesARate() {
        let rate = MachinePeak.gigaflops(WorkerPool(threads: 1), seconds: 0.01, looks: 1)
        // Thousand million operations a second: no processor with AVX2 or NEON is below the one nor above the other.
        #expect(rate > 0.5 && rate < 2000)
    }
}
