import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct TimeEncodingTests {
    private func encode(_ encoding: TimeEncoding, gap: Float, latest: Float, hour: UInt8, weekday: UInt8) -> [Float] {
        [Float](unsafeUninitializedCapacity: TimeEncoding.width) { buffer, count in
            encoding.encode(gap: gap, toLatest: latest, hour: hour, weekday: weekday, into: buffer.baseAddress!)
            count = TimeEncoding.width
        }
    }

    @Test func knownValues() {
        let row = encode(TimeEncoding(), gap: 0, latest: 1.718_281_8, hour: 6, weekday: 0)
        #expect(row.difference(from: [0, 0, 1, 0, 1, 0, 0, 1, 0], absoluteTolerance: 1e-6) == nil)
    }

    /// Unknown is not zero: its indicator is 1, whatever the other columns hold.
    @Test func unknownValues() {
        for gap in [Float.nan, -1, .infinity] {
            let row = encode(TimeEncoding(), gap: gap, latest: gap, hour: 255, weekday: 255)
            #expect(row == [0, 1, 0, 1, 0, 0, 0, 0, 1])
        }
    }

    @Test func fitted() {
        let gaps: [Float] = [0, 10, 100, 1000, .nan, -5]
        let encoding = TimeEncoding(gaps: gaps, toLatest: [1, 1, 1])
        let columns = gaps.prefix(4).map { Double(encode(encoding, gap: $0, latest: 1, hour: 0, weekday: 0)[0]) }
        let mean = columns.reduce(0, +) / 4, square = columns.reduce(0) { $0 + $1 * $1 } / 3
        #expect(abs(mean) < 1e-6 && abs(square - 1) < 1e-5)
        // All the same: the deviation is floored, nothing is divided by zero.
        #expect(encode(encoding, gap: 0, latest: 1, hour: 0, weekday: 0)[2] == 0)
    }
}
