import SequenceEmbedding
import SequenceKernel
import Testing

/// Sessions of planted habits: people come back to the item before the last, and item 2k is followed by 2k + 1.
private func planted(sessions: Int, seed: UInt64) -> ItemSequences {
    var random = RandomSource(seed, 77)
    var all = ItemSequences()
    for _ in 0..<sessions {
        var session: [Int32] = []
        while session.count < 8 {
            if session.count >= 2, random.uniform() < 0.5 {
                session.append(session[session.count - 2])
            } else if let last = session.last, last % 2 == 0, random.uniform() < 0.8 {
                session.append(last + 1)
            } else {
                session.append(Int32(random.below(50)) * 2)
            }
        }
        all.append(session)
    }
    return all
}

struct ReturnChoiceTests {
    @Test func learnsThatPeopleReturnToTheItemBeforeTheLast() {
        let choice = ReturnChoice(fitting: planted(sessions: 800, seed: 1))
        let answer = choice.probabilities(after: [10, 40, 62])
        #expect(answer.items == [62, 40, 10])
        #expect(answer.returns[1] > 0.35 && answer.returns[1] < 0.65)
        #expect(answer.returns[1] > 5 * answer.returns[2])
        #expect(abs(answer.returns.reduce(answer.new, +) - 1) < 1e-12)
    }

    @Test func fittingLowersTheLossOnOtherSessions() {
        let fitted = ReturnChoice(fitting: planted(sessions: 800, seed: 1))
        let other = planted(sessions: 200, seed: 2)
        #expect(fitted.loss(on: other) < ReturnChoice().loss(on: other) - 0.3)
    }

    @Test func anEmptyPrefixLeavesOnlySomethingNew() {
        let answer = ReturnChoice().probabilities(after: [])
        #expect(answer.items.isEmpty && answer.new == 1)
    }
}

struct ItemNeighbourTests {
    @Test func countsByHand() {
        var sessions = ItemSequences()
        sessions.append([0, 1, 2])
        var settings = NeighbourSettings()
        (settings.reach, settings.stepDecay, settings.backward) = (2, 0.5, 0.25)
        (settings.frequencyDamping, settings.neighbourDamping, settings.lengthDamping, settings.strengthExponent) = (0, 0, 0, 1)
        let neighbours = ItemNeighbours(counting: sessions, itemCount: 3, settings: settings)
        #expect(neighbours.offsets == [0, 2, 4, 6])
        #expect(neighbours.neighbours == [1, 2, 2, 0, 1, 0])
        #expect(neighbours.strengths == [1, 0.5, 1, 0.25, 0.25, 0.125])
    }

    @Test func keepsTheStrongestNeighbours() {
        var settings = NeighbourSettings()
        settings.kept = 1
        let neighbours = ItemNeighbours(counting: planted(sessions: 400, seed: 3), itemCount: 100, settings: settings)
        for item in stride(from: 0, to: 100, by: 2) { #expect(neighbours.neighbours[Int(neighbours.offsets[item])] == Int32(item + 1)) }
    }
}
