/// Watches a validation loss and says when it has stopped falling.
public struct EarlyStopping: Sendable, Hashable, Codable {
    /// What a new loss means.
    public enum Verdict: Sendable, Hashable {
        /// The lowest so far: keep these weights.
        case improved
        /// Not lower, still patient.
        case waiting
        /// Not lower for `patience` looks in a row.
        case stop
    }

    /// Looks without improvement that are borne before stopping.
    public let patience: Int
    /// By how much a loss must be lower to count.
    public let minimumGain: Double
    /// The lowest loss so far.
    public internal(set) var best = Double.infinity
    /// The look that gave ``best``, from 0.
    public internal(set) var bestLook = -1
    /// Looks so far.
    public internal(set) var looks = 0

    /// Stops after `patience` looks in a row without a loss lower by more than `minimumGain`.
    public init(patience: Int, minimumGain: Double = 0) {
        precondition(patience > 0, "EarlyStopping: patience \(patience) must be positive")
        self.patience = patience
        self.minimumGain = minimumGain
    }

    /// Judges the next loss. A loss that is not a number never counts as lower.
    public mutating func look(_ loss: Double) -> Verdict {
        defer { looks += 1 }
        if loss < best - minimumGain || (best == .infinity && loss.isFinite) {
            best = loss
            bestLook = looks
            return .improved
        }
        return looks - bestLook >= patience ? .stop : .waiting
    }
}
