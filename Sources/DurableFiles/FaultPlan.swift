internal import Synchronization

/// Says which file operation of a run fails, so that a test can try every one of them in turn.
///
/// Operations are numbered from 0 in the order in which they are asked for. Run once with no failure to learn how many there are
/// (``operationsSeen``), then once for each number.
public final class FaultPlan: Sendable {
    /// What happens after the failing operation.
    public enum Aftermath: Sendable {
        /// Later operations work: the run cleans up after itself. A full disk, for example.
        case recover
        /// Every later operation fails too and changes nothing: what lies on disk is what a killed process would leave.
        case dead
    }

    private let seen = Atomic<Int>(0)
    private let failing: Int
    private let code: Int32
    private let aftermath: Aftermath
    /// Whether a failing write leaves half of its bytes in the file, as a disk does that fills up on the way.
    private let tearsWrites: Bool

    /// Operation number `failing` fails with `code`; a negative number lets everything pass and only counts.
    /// - Parameter tearsWrites: a failing write leaves half of its bytes in the file instead of none.
    public init(failing: Int, code: Int32, aftermath: Aftermath = .recover, tearsWrites: Bool = false) {
        self.failing = failing
        self.code = code
        self.aftermath = aftermath
        self.tearsWrites = tearsWrites
    }

    /// Operations asked for so far.
    public var operationsSeen: Int { seen.load(ordering: .relaxed) }

    /// How an operation fails.
    struct Fault {
        /// The error number.
        var code: Int32
        /// Whether a write leaves half of its bytes: only the failing operation itself, a dead process writes nothing more.
        var tears: Bool
    }

    /// How the next operation must fail, or nil.
    func next() -> Fault? {
        let number = seen.wrappingAdd(1, ordering: .relaxed).oldValue
        guard failing >= 0 else { return nil }
        let fails =
            switch aftermath {
            case .recover: number == failing
            case .dead: number >= failing
            }
        return fails ? Fault(code: code, tears: tearsWrites && number == failing) : nil
    }
}
