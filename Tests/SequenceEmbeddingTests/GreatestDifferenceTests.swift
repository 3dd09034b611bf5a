import SequenceEmbedding
import Testing

@Suite struct GreatestDifferenceTests {
    private static func of(_ values: [Double]) -> Double {
        var difference = GreatestDifference()
        for value in values { difference.add(value) }
        return difference.value
    }

    @Test("What is no number is not passed over, wherever it stands")
    func notANumber() {
        #expect(Self.of([1, .nan, 2]).isNaN)
        #expect(Self.of([.nan, 3]).isNaN)
        #expect(Self.of([3, .nan]).isNaN)
        #expect(Self.of([]).isNaN)
        #expect(!(Self.of([.nan]) <= 1))
    }

    @Test func greatest() {
        #expect(Self.of([1, 4, 2]) == 4)
        #expect(Self.of([0]) == 0)
        var difference = GreatestDifference()
        difference.add([1, 2, 3] as [Float], [1, 2.5, 2] as [Float])
        #expect(difference.value == 1)
    }
}
