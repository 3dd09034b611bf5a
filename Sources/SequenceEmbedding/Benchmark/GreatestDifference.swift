/// The greatest of some differences; not a number once one of them was none, unlike `max`, which passes over those.
public struct GreatestDifference: Sendable {
    /// The greatest so far; not a number before the first, so that nothing compared is nothing shown.
    public private(set) var value = Double.nan
    private var isEmpty = true

    /// Nothing compared yet.
    public init() {}

    /// Takes one more.
    public mutating func add(_ difference: Double) {
        if isEmpty || difference.isNaN || difference > value && !value.isNaN { value = difference }
        isEmpty = false
    }

    /// Takes those between two rows of numbers, place by place. Traps unless they are equally long.
    public mutating func add(_ left: some Collection<Float>, _ right: some Collection<Float>) {
        precondition(left.count == right.count, "GreatestDifference: \(left.count) numbers beside \(right.count)")
        for (one, other) in zip(left, right) { add(Double(abs(one - other))) }
    }
}
