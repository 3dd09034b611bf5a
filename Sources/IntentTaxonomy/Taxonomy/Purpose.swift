/// A use of intents that an intent may be barred from. A closed list, so that a misspelt ban is an error and not a permission.
public enum Purpose: String, Codable, Sendable, CaseIterable {
    /// Advertising and campaigns.
    case marketing
    /// What a page or the app shows first.
    case recommendation
    /// Granting, limiting or recalling credit.
    case credit
    /// Prices, rates and fees of one person.
    case pricing
    /// Chasing arrears.
    case collection
}

/// How carefully an intent has to be handled.
public enum Sensitivity: String, Codable, Sendable, CaseIterable {
    /// Nothing out of the ordinary.
    case ordinary
    /// Tells of distress, health, family or money trouble: seen by few, kept short, explained on request.
    case sensitive
}
