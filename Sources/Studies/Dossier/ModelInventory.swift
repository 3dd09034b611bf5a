/// What only people can say of a model: its entry in the inventory, its limits, and who signed.
///
/// ```yaml
/// model: Intents of web visits
/// owner: head of digital analytics
/// purpose: Orders what the home page of the app shows first.
/// challenge: Write to labels@bank.example with the date of the visit; a person looks at it within ten days.
/// signatures:
///   - {role: model validation, by: …, at: 2026-03-01, decision: approved until 2027-03-01}
/// ```
public struct ModelInventory: Sendable, Equatable, Codable {
    /// A signature.
    public struct Signature: Sendable, Equatable, Codable {
        /// What somebody signed as.
        public var role: String
        /// Who.
        public var by: String
        /// When.
        public var at: String
        /// What was decided.
        public var decision: String

        /// A signature of its parts.
        public init(role: String, by: String, at: String, decision: String) {
            (self.role, self.by, self.at, self.decision) = (role, by, at, decision)
        }
    }

    /// What the model is called.
    public var model: String
    /// What it does, in a sentence for anybody.
    public var does: String?
    /// What it is used for.
    public var purpose: String?
    /// What it must not be used for, in words.
    public var never: [String]?
    /// The role that answers for it.
    public var owner: String?
    /// Who uses it.
    public var users: String?
    /// How much depends on it.
    public var tier: String?
    /// Why its design is sound.
    public var design: String?
    /// How somebody challenges a label.
    public var challenge: String?
    /// What is watched, and what makes a new review necessary.
    public var monitoring: [String]?
    /// What it cannot do.
    public var limits: [String]?
    /// Who signed.
    public var signatures: [Signature]?
    /// Where it stands: in development, in use since, to be replaced.
    public var status: String?
    /// Who looked at it without having made it, when, and what they found.
    public var validation: String?
    /// Who watches it in use, and can stop it.
    public var oversight: String?
    /// What happens where it is switched off.
    public var fallback: String?
    /// On which ground people's data are used, what they are told and how they object.
    public var ground: String?
    /// How long inputs and records are kept.
    public var retention: String?
    /// The precision that every intent must have, between 0 and 1.
    public var floor: Double?

    /// An entry; what is left out nobody has said.
    public init(model: String) { self.model = model }

    /// What nobody has said yet, by name.
    public var missing: [String] {
        let said: [(String, Bool)] = [
            ("what it does", does != nil), ("purpose", purpose != nil), ("what it is not for", never?.isEmpty == false),
            ("owner", owner != nil), ("users", users != nil), ("tier", tier != nil), ("design", design != nil),
            ("how to challenge a label", challenge != nil), ("monitoring", monitoring?.isEmpty == false),
            ("limits", limits?.isEmpty == false), ("signatures", signatures?.isEmpty == false), ("status", status != nil),
            ("validation", validation != nil), ("oversight", oversight != nil), ("fallback", fallback != nil),
            ("ground", ground != nil), ("retention", retention != nil), ("floor", floor != nil),
        ]
        return said.filter { !$0.1 }.map(\.0)
    }
}
