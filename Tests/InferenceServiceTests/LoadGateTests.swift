import InferenceService
import Testing

@Suite struct LoadGateTests {
    @Test func itIsFullWithAsManyAsMayBe() {
        let gate = LoadGate(most: 2)
        #expect(!gate.isFull && gate.unanswered == 0)
        gate.enter()
        #expect(!gate.isFull && gate.unanswered == 1)
        gate.enter()
        #expect(gate.isFull)
        gate.enter()
        gate.leave()
        #expect(gate.isFull && gate.unanswered == 2, "one too many was let in, and is counted")
        gate.leave(2)
        #expect(!gate.isFull && gate.unanswered == 0)
    }

    @Test func threadsLeaveNothingBehind() async {
        let gate = LoadGate(most: 3)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 {
                        gate.enter()
                        gate.leave()
                    }
                }
            }
        }
        #expect(gate.unanswered == 0)
    }
}
