/// Why sessions cannot be linked to customers. Texts hold no identifiers.
public enum LinkingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The corpus keeps no customers, and no link table was given.
    case noCustomers(corpus: String)
    /// The events have no times.
    case noTimes(corpus: String)
    /// The corpus holds digests of customers, no key was given, and not one customer of the decisions is known.
    case keyNeeded(corpus: String)
    /// The links of a finished result are not what was promised; see ``LinkViolations``.
    case leak(LinkViolations)
    /// A setting lies outside its range.
    case badSetting(name: String, reason: String)

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .noCustomers(let corpus):
            "\(corpus): holds no customers; import with `customer: COLUMN` in the mapping, or give a link table with --links"
        case .noTimes(let corpus): "\(corpus): its events have no times, so nothing can be said to lie before a decision; import with times"
        case .keyNeeded(let corpus):
            "\(corpus): customers are kept as keyed digests, and none of those named here is among them; give the key of the import with --key"
        case .leak(let violations): "linked sessions: \(violations); nothing was written; please report it"
        case .badSetting(let name, let reason): "\(name): \(reason)"
        }
    }
}

/// What an independent look at finished links found: each is 0 in a right result.
public struct LinkViolations: Sendable, Equatable, Codable, CustomStringConvertible {
    /// Links looked at.
    public var links = 0
    /// Sessions with an event at or after the decision.
    public var afterDecision = 0
    /// Sessions that ended before the window.
    public var beforeWindow = 0
    /// Sessions that are another's, or nobody's.
    public var otherCustomer = 0
    /// Sessions whose customer was not known yet at the time of the decision.
    public var notYetKnown = 0
    /// Sessions that stand before an earlier one, or twice.
    public var outOfOrder = 0
    /// Decisions whose part of the links is none, or sessions that the corpus does not have.
    public var malformed = 0

    /// Nothing found.
    public init() {}

    /// True where nothing is wrong.
    public var isEmpty: Bool { afterDecision + beforeWindow + otherCustomer + notYetKnown + outOfOrder + malformed == 0 }

    /// The counts in words.
    public var description: String {
        let parts = [
            (afterDecision, "not over before the decision"), (beforeWindow, "before the window"), (otherCustomer, "of another customer"),
            (notYetKnown, "not yet known to be the customer's"), (outOfOrder, "out of order"), (malformed, "malformed"),
        ]
        return "of \(links) links " + parts.filter { $0.0 > 0 }.map { "\($0.0) are \($0.1)" }.joined(separator: ", ")
    }
}
