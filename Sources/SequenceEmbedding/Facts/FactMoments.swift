internal import SequenceKernel

/// Mean and deviation of one fact over sessions, taken value by value (Welford 1962) and joined in a fixed order (Chan, Golub and LeVeque
/// 1979), so that any number of threads gives the same bytes.
struct FactMoments {
    private(set) var count = 0.0
    private(set) var mean = 0.0
    private var squares = 0.0
    private var smallest = Double.infinity
    private var largest = -Double.infinity

    /// Takes in one value; NaN is none.
    @inline(__always)
    mutating func add(_ value: Double) {
        if value.isNaN { return }
        count += 1
        let distance = value - mean
        mean += distance / count
        squares += distance * (value - mean)
        smallest = min(smallest, value)
        largest = max(largest, value)
    }

    /// Takes in what another part has seen.
    mutating func add(_ other: FactMoments) {
        if other.count == 0 { return }
        if count == 0 {
            self = other
            return
        }
        let distance = other.mean - mean
        let share = other.count / (count + other.count)
        squares += other.squares + distance * distance * count * share
        mean += distance * share
        count += other.count
        smallest = min(smallest, other.smallest)
        largest = max(largest, other.largest)
    }

    /// The standard deviation (of the population); nil for a fact that does not vary by more than rounding.
    var scale: Double? {
        guard largest - smallest > 1e-9 * max(abs(largest), abs(smallest)) else { return nil }
        let scale = (squares / count).squareRoot()
        return scale > 0 && scale.isFinite && (1 / scale).isFinite ? scale : nil
    }

    /// Sessions of a part; fixed, as the parts decide how the sums are rounded.
    private static let part = 512
    /// Parts between two joinings.
    private static let round = 32

    /// The moments of all facts over sessions, `[width]`.
    static func of(_ reader: FactReader, _ sessions: [Int], _ pool: WorkerPool) -> [FactMoments] {
        let width = reader.width
        var all = [FactMoments](repeating: FactMoments(), count: width)
        let scratches = (0..<pool.threads).map { _ in SharedScratch() }
        let memory = UnsafeMutablePointer<FactMoments>.allocate(capacity: round * width)
        defer { memory.deallocate() }
        nonisolated(unsafe) let parts = memory
        for start in stride(from: 0, to: sessions.count, by: part * round) {
            let count = (min(sessions.count - start, part * round) + part - 1) / part
            pool.run(count) { index, worker in
                let moments = parts + index * width
                moments.initialize(repeating: FactMoments(), count: width)
                let scratch = scratches[worker].scratch
                let first = start + index * part
                for session in sessions[first..<min(sessions.count, first + part)] {
                    reader.read(session, scratch)
                    let raw = scratch.raw.pointer
                    for column in 0..<width { moments[column].add(raw[column]) }
                }
            }
            for index in 0..<count { for column in 0..<width { all[column].add(parts[index * width + column]) } }
        }
        return all
    }
}
