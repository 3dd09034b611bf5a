import InferenceService
import Synchronization

/// Clocks that stand still until a test moves them.
final class TestClock: Sendable {
    private let time = Atomic<Int64>(5_000_000_000)
    private let wall = Atomic<Int64>(1_772_352_764_000)

    var clock: ServiceClock {
        ServiceClock(nanoseconds: { self.time.load(ordering: .relaxed) }, wallMilliseconds: { self.wall.load(ordering: .relaxed) })
    }

    /// Both clocks go on.
    func pass(seconds: Double) {
        time.wrappingAdd(Int64(seconds * 1e9), ordering: .relaxed)
        wall.wrappingAdd(Int64(seconds * 1e3), ordering: .relaxed)
    }

    /// The wall clock alone is set by somebody.
    func jump(seconds: Double) { wall.wrappingAdd(Int64(seconds * 1e3), ordering: .relaxed) }
}
