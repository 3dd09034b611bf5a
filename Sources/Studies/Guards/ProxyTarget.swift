/// The banned field as classes to be guessed: one value for each row, rare values together, many numbers in two halves.
public struct ProxyTarget: Sendable, Equatable {
    /// Rows whose value counts, rising.
    public let rows: [Int]
    /// The class of each of them.
    public let classes: [Int32]
    /// What the classes are called. Values of fewer people than ``fewestGroups`` are never named.
    public let names: [String]
    /// Rows without a value, or with one that too few share.
    public let leftOut: Int

    /// Most classes that are told apart; the most frequent values have one each.
    public static let mostClasses = 12
    /// People who must share a value before it is a class of its own.
    public static let fewestGroups = 20

    /// - Parameters:
    ///   - values: of each row; nil where there is none.
    ///   - groups: the person of each row.
    /// - Throws: ``StudyError/tooLittle(what:found:needed:)`` where fewer than two classes are left.
    public init(_ values: [String?], groups: [UInt64]) throws(StudyError) {
        precondition(values.count == groups.count, "ProxyTarget: \(values.count) values of \(groups.count) rows")
        var texts = values
        let numbers = values.map { $0.flatMap { Double($0) } }
        let distinct = Set(values.compactMap { $0 })
        if distinct.count > Self.mostClasses, values.indices.allSatisfy({ (values[$0] == nil) == (numbers[$0] == nil) }) {
            let sorted = numbers.compactMap { $0 }.sorted()
            let middle = sorted[sorted.count / 2]
            texts = numbers.map { $0.map { $0 < middle ? "below the median" : "the median or above" } }
        }
        var people: [String: Set<UInt64>] = [:]
        for (text, group) in zip(texts, groups) {
            if let text { people[text, default: []].insert(group) }
        }
        let frequent = people.filter { $0.value.count >= Self.fewestGroups }
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(Self.mostClasses).map(\.key)
        var others = Set<UInt64>()
        for (text, groups) in people where !frequent.contains(text) { others.formUnion(groups) }
        let hasOthers = others.count >= Self.fewestGroups
        var (rows, classes) = ([Int](), [Int32]())
        for (row, text) in texts.enumerated() {
            guard let text else { continue }
            if let place = frequent.firstIndex(of: text) {
                classes.append(Int32(place))
            } else if hasOthers {
                classes.append(Int32(frequent.count))
            } else {
                continue
            }
            rows.append(row)
        }
        names = frequent + (hasOthers ? ["(all others)"] : [])
        guard names.count > 1 else {
            throw .tooLittle(what: "values of the banned field that \(Self.fewestGroups) people share", found: names.count, needed: 2)
        }
        (self.rows, self.classes, leftOut) = (rows, classes, values.count - rows.count)
    }
}
