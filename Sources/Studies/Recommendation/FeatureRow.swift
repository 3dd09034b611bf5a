/// One row of a head-to-head: which blocks of features a model is given.
public struct FeatureRow: Sendable, Equatable {
    /// What the table calls it.
    public let name: String
    /// Blocks made of web sessions, beside the business features that every row has.
    public let blocks: [SessionBlock]

    /// A row.
    public init(_ name: String, _ blocks: [SessionBlock]) { (self.name, self.blocks) = (name, blocks) }

    /// The production-like baseline: business features and counts of pages.
    public static let business = FeatureRow("business features and page counts", [.pages])
    /// Without anything of the web, to show what the web is worth at all.
    public static let offline = FeatureRow("business features alone", [])
    /// With labels as annotators gave them.
    public static let supplied = FeatureRow("+ supplied labels", [.pages, .supplied])
    /// With labels of the distilled classifier.
    public static let labels = FeatureRow("+ distilled labels", [.pages, .labels])
    /// With the embedding.
    public static let embedding = FeatureRow("+ embedding", [.pages, .embedding])
    /// With both.
    public static let both = FeatureRow("+ embedding and distilled labels", [.pages, .embedding, .labels])

    /// All rows for which there are blocks.
    public static func all(_ available: Set<SessionBlock>) -> [FeatureRow] {
        [business, supplied, labels, embedding, both].filter { available.isSuperset(of: $0.blocks) }
    }

    /// The features of this row among these names, in their order.
    public func selected(_ names: [String]) -> [String] {
        names.filter { name in FeaturePrefix.isBusiness(name) || blocks.contains { FeaturePrefix.isOf($0, name) } }
    }
}
