/// Decisions with what was known before each and what came of it: which product, or none, within the horizon.
public struct ConversionExamples: Sendable, Equatable {
    /// Names of the features (C), each once.
    public let names: [String]
    /// `[D, C]`, row by row; NaN where missing.
    public let features: [Float]
    /// Names of the classes (K); the first is "none".
    public let classes: [String]
    /// Class of each decision, `[D]`.
    public let outcome: [Int32]
    /// Whose decision it is, `[D]`: all of a customer's are on one side of every split, and are resampled together.
    public let customer: [Int32]
    /// Microseconds since 1970, `[D]`.
    public let time: [Int64]

    /// Decisions (D).
    public var count: Int { outcome.count }

    /// Checks that everything fits together.
    /// - Throws: ``ConversionError`` for other lengths, infinite features, names given twice, unknown classes.
    public init(
        names: [String], features: [Float], classes: [String], outcome: [Int32], customer: [Int32], time: [Int64]
    ) throws(ConversionError) {
        let count = outcome.count
        let (values, isTooMuch) = count.multipliedReportingOverflow(by: names.count)
        guard !names.isEmpty, Set(names).count == names.count else {
            throw .badSetting(
                name: "features", found: names.isEmpty ? "none" : "a name given twice", expected: "one name or more, each once")
        }
        guard classes.count >= 2, Set(classes).count == classes.count else {
            throw .badSetting(
                name: "classes", found: classes.count < 2 ? "\(classes.count)" : "a name given twice",
                expected: "\"none\" and at least one product, each once")
        }
        for (what, found, expected) in [
            ("feature values", features.count, isTooMuch ? .max : values), ("customers", customer.count, count),
            ("times", time.count, count),
        ] where found != expected {
            throw .wrongSize(what: what, found: found, expected: expected)
        }
        if let place = features.firstIndex(where: \.isInfinite) {
            throw .badRow(
                row: place / names.count + 1, what: "feature \(names[place % names.count]) is infinite",
                remedy: "leave it empty where it is not known")
        }
        if let row = outcome.firstIndex(where: { $0 < 0 || $0 >= classes.count }) {
            throw .badRow(
                row: row + 1, what: "its outcome is none of the \(classes.count) classes", remedy: "add the class or correct the row")
        }
        (self.names, self.features, self.classes, self.outcome) = (names, features, classes, outcome)
        (self.customer, self.time) = (customer, time)
    }

    /// The decisions with these numbers, in this order.
    public func selecting(_ rows: [Int]) -> ConversionExamples {
        ConversionExamples(unchecked: self, rows: rows)
    }

    /// The same decisions with some of the features, in this order.
    /// - Throws: ``ConversionError/otherColumns(missing:unexpected:)`` for names that there are not.
    public func selecting(features wanted: [String]) throws(ConversionError) -> ConversionExamples {
        let missing = wanted.filter { !names.contains($0) }
        guard missing.isEmpty else { throw .otherColumns(missing: missing, unexpected: []) }
        let places = wanted.map { names.firstIndex(of: $0)! }
        var values: [Float] = []
        values.reserveCapacity(count * places.count)
        for row in 0..<count { for place in places { values.append(features[row * names.count + place]) } }
        return try ConversionExamples(
            names: wanted, features: values, classes: classes, outcome: outcome, customer: customer, time: time)
    }

    /// The same decisions with these columns of others of the same decisions added.
    /// - Parameter values: `[D, names.count]`.
    public func adding(_ names: [String], _ values: [Float]) throws(ConversionError) -> ConversionExamples {
        guard values.count == count * names.count else {
            throw .wrongSize(what: "values of added features", found: values.count, expected: count * names.count)
        }
        var joined: [Float] = []
        joined.reserveCapacity(features.count + values.count)
        for row in 0..<count {
            joined += features[row * self.names.count..<(row + 1) * self.names.count]
            joined += values[row * names.count..<(row + 1) * names.count]
        }
        return try ConversionExamples(
            names: self.names + names, features: joined, classes: classes, outcome: outcome, customer: customer, time: time)
    }

    private init(unchecked other: ConversionExamples, rows: [Int]) {
        (names, classes) = (other.names, other.classes)
        let width = names.count
        var values: [Float] = []
        values.reserveCapacity(rows.count * width)
        for row in rows { values += other.features[row * width..<(row + 1) * width] }
        features = values
        (outcome, customer, time) = (rows.map { other.outcome[$0] }, rows.map { other.customer[$0] }, rows.map { other.time[$0] })
    }
}
