/// What kind of thing a behaviour in the app is: each kind is a field with a matrix of its own (systems.md 3.2).
public enum BehaviourCategory: String, Sendable, Hashable, Codable, CaseIterable {
    /// A click on a product's page.
    case itemClick
    /// A money operation that was completed; it carries an amount.
    case transformOperation
    /// A button such as confirm or back: all of them, on whatever page, are one behaviour.
    case functionWidget
    /// A code that no rule names.
    case other
}

/// Raw operation codes → behaviours: hundreds of codes share some forty embeddings, because operations on the same product mean the same.
///
/// ```
/// merging:  "loan.page.open" → loan (itemClick),  "loan.page.open.v2" → loan (itemClick),  "transfer.done" → transfer (transformOperation)
/// unseen:   → other
/// ```
public struct BehaviourVocabulary: Sendable, Equatable, Codable {
    /// What one raw code becomes.
    public struct Rule: Sendable, Hashable, Codable {
        /// The code as the app records it.
        public var code: String
        /// The behaviour; of no matter for a function widget.
        public var behaviour: String
        /// What kind of thing it is.
        public var category: BehaviourCategory

        /// See the properties.
        public init(code: String, behaviour: String, category: BehaviourCategory) {
            (self.code, self.behaviour, self.category) = (code, behaviour, category)
        }
    }

    /// One row of the embedding table.
    public struct Entry: Sendable, Hashable, Codable {
        /// Its name.
        public let name: String
        /// What kind of thing it is.
        public let category: BehaviourCategory
    }

    /// The number of whatever no rule names.
    public static let other: Int32 = 0
    /// The number that all function widgets share.
    public static let widget: Int32 = 1

    /// The behaviours by number; the first two are ``other`` and ``widget``.
    public let entries: [Entry]
    /// The rules, by code.
    public let rules: [Rule]
    private let numbers: [String: Int32]

    /// Numbers the behaviours in the order of their names.
    /// - Throws: ``IntentionHabitError/vocabulary(_:)`` where a code has two rules, or a behaviour two categories.
    public init(_ rules: [Rule]) throws(IntentionHabitError) {
        var categories: [String: BehaviourCategory] = [:]
        var codes = Set<String>()
        for rule in rules {
            guard codes.insert(rule.code).inserted else { throw .vocabulary("the code \"\(rule.code)\" has two rules; leave one") }
            guard rule.category != .functionWidget, rule.category != .other else { continue }
            guard !rule.behaviour.isEmpty else { throw .vocabulary("the code \"\(rule.code)\" names no behaviour; give it one") }
            guard categories.updateValue(rule.category, forKey: rule.behaviour) ?? rule.category == rule.category else {
                throw .vocabulary("the behaviour \"\(rule.behaviour)\" has two categories; give its codes one")
            }
        }
        let names = categories.keys.sorted()
        entries =
            [Entry(name: "other", category: .other), Entry(name: "widget", category: .functionWidget)]
            + names.map { Entry(name: $0, category: categories[$0]!) }
        self.rules = rules.sorted { $0.code < $1.code }
        let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0 + 2)) })
        numbers = Dictionary(
            uniqueKeysWithValues: rules.map { rule in
                switch rule.category {
                case .functionWidget: (rule.code, Self.widget)
                case .other: (rule.code, Self.other)
                case .itemClick, .transformOperation: (rule.code, places[rule.behaviour]!)
                }
            })
    }

    /// The behaviour of a raw code; ``other`` for one that no rule names.
    public subscript(_ code: String) -> Int32 { numbers[code] ?? Self.other }

    /// What kind of thing a behaviour is. Traps on a number that there is not.
    public func category(_ behaviour: Int32) -> BehaviourCategory { entries[Int(behaviour)].category }

    private enum CodingKeys: String, CodingKey { case rules }

    /// The rules are all there is to write.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(rules, forKey: .rules)
    }

    /// Reads rules and numbers the behaviours again.
    public init(from decoder: any Decoder) throws {
        try self.init(try decoder.container(keyedBy: CodingKeys.self).decode([Rule].self, forKey: .rules))
    }
}
