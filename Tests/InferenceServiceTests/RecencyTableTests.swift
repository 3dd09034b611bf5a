import InferenceService
import Testing

@Suite struct RecencyTableTests {
    /// A slow, obvious table: an array in the order of use.
    @Test func agreesWithAnArray() {
        var seed: UInt64 = 7
        func random(_ limit: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % limit
        }
        var table = RecencyTable<Int, Int>()
        var slow: [(key: Int, value: Int)] = []
        for step in 0..<5000 {
            let key = random(20)
            let place = slow.firstIndex { $0.key == key }
            switch random(5) {
            case 0, 1:
                #expect(table.set(step, for: key) == place.map { slow[$0].value })
                if let place { slow.remove(at: place) }
                slow.append((key, step))
            case 2:
                let used = table.use(key) { value in
                    value += 1
                    return value
                }
                #expect(used == place.map { slow[$0].value + 1 })
                if let place { slow.append((key, slow.remove(at: place).value + 1)) }
            case 3:
                table.change(key) { $0 -= 1 }
                if let place { slow[place].value -= 1 }
            default:
                #expect(table.remove(key) == place.map { slow[$0].value })
                if let place { slow.remove(at: place) }
            }
            #expect(table.count == slow.count && table.isEmpty == slow.isEmpty)
            #expect(table.oldestEntry?.key == slow.first?.key)
            #expect(table.value(of: key) == slow.first { $0.key == key }?.value)
            if step % 50 == 0 { #expect(table.entriesFromOldest.map { [$0.key, $0.value] } == slow.map { [$0.key, $0.value] }) }
        }
    }
}
