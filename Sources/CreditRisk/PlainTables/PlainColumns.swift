/// Texts of a column → numbers, categories, or no feature.
enum PlainColumns {
    /// What a column is.
    enum Reading {
        /// A feature, and how many texts among its numbers count as missing.
        case feature(CreditTable.Column, unread: Int)
        case leftOut(PlainTable.Reason)
    }

    /// Share of numbers among the values of a column from which the other values are taken for codes of missing ones.
    static let almostAll = 0.95

    /// What a column of these texts is, `[B]`; nil where missing.
    static func read(_ texts: [String?], name: String, decimalComma: Bool) -> Reading {
        let present = texts.compactMap { $0 }
        guard let first = present.first else { return .leftOut(.empty) }
        let distinct = Set(present)
        if distinct.count == 1, present.count == texts.count { return .leftOut(.constant) }
        let numbers = texts.map { $0.flatMap { number($0, decimalComma) } }
        let read = numbers.count { $0 != nil }
        let different = Set(numbers.compactMap { $0 })
        if read == present.count || (Double(read) >= almostAll * Double(present.count) && different.count > 20) {
            if different.count == 1, read == texts.count { return .leftOut(.constant) }
            if read == present.count, isNumbering(numbers.compactMap { $0 }, different, name) { return .leftOut(.identifier) }
            return .feature(.numeric(name, numbers.map { $0.map { Float($0) } ?? .nan }), unread: present.count - read)
        }
        let names = Double(distinct.count) >= almostAll * Double(present.count) && present.count > 20
        if names, present.contains(where: { $0 != first }) { return .leftOut(.identifier) }
        return .feature(.categorical(name, texts), unread: 0)
    }

    /// Whether numbers stand for rows: whole, each once, and without gaps or called an id.
    private static func isNumbering(_ values: [Double], _ different: Set<Double>, _ name: String) -> Bool {
        guard values.count > 20, different.count == values.count, let least = values.min(), let greatest = values.max(),
            values.allSatisfy({ $0 == $0.rounded() && $0.magnitude < 1e15 })
        else { return false }
        let lower = name.lowercased()
        let isCalledSo = lower == "id" || lower.hasSuffix("_id") || lower.hasSuffix(" id") || lower.hasPrefix("id_") || name.hasSuffix("ID")
        return isCalledSo || greatest - least == Double(values.count - 1)
    }

    /// A finite number that a single-precision float can hold; a share may have its sign.
    static func number(_ text: String, _ decimalComma: Bool) -> Double? {
        let text = text.last == "%" ? String(trimmed(String(text.dropLast()))) : text
        var value = Double(text)
        if value == nil, decimalComma, text.contains(","), !text.contains(".") {
            value = Double(String(text.map { $0 == "," ? "." : $0 }))
        }
        // Hexadecimal digits and names of infinities are texts.
        guard let value, value.isFinite, value.magnitude <= 1e38, text.allSatisfy({ "+-.,eE0123456789".contains($0) }) else { return nil }
        return value
    }

    /// Without blanks at either end.
    static func trimmed(_ text: String) -> Substring {
        var result = text[...]
        while let first = result.first, first == " " || first == "\t" { result.removeFirst() }
        while let last = result.last, last == " " || last == "\t" { result.removeLast() }
        return result
    }
}

/// What became of applicants, as a table writes it.
struct PlainOutcome {
    /// 1, 0, or NaN where it is missing, `[B]`.
    let values: [Float]
    /// The value that counts as 1.
    let positive: String

    /// Values that say themselves that they are the 1, in lower case; `1` does beside 0 or -1 only, as codes from 1 on are common.
    static let positives: Set<String> = [
        "yes", "y", "true", "t", "bad", "default", "defaulted", "overdue", "late", "charged off", "positive",
    ]

    init(_ texts: [String?], _ settings: PlainTableSettings, _ path: String) throws(PlainTableError) {
        func refuse(_ reason: String, _ remedy: String) -> PlainTableError {
            PlainTableError(place: path, reason: "column `\(settings.target)`: \(reason)", remedy: remedy)
        }
        var counts: [String: Int] = [:]
        for case let text? in texts { counts[Self.canonical(text), default: 0] += 1 }
        guard counts.count > 1 else {
            throw refuse("all outcomes are the same or missing", "give applicants of both outcomes")
        }
        let own: String
        if let given = settings.positive {
            own = Self.canonical(given)
            guard counts[own] != nil else {
                throw refuse("no row has the value that is to count as 1", "write the value as the table does")
            }
        } else {
            guard counts.count == 2 else {
                throw refuse("it has \(counts.count) different values", "say which of them counts as 1; all others then count as 0")
            }
            let both = counts.keys.sorted()
            let saying = both.filter { value in
                let other = both[0] == value ? both[1] : both[0]
                return Self.positives.contains(value.lowercased()) || (value == "1" && (other == "0" || other == "-1"))
            }
            own = saying.count == 1 ? saying[0] : both.min { (counts[$0]!, $1) < (counts[$1]!, $0) }!
        }
        let (found, total) = (counts[own]!, counts.values.reduce(0, +))
        guard min(found, total - found) >= settings.leastOfEach else {
            throw refuse(
                "\(found) rows count as 1 and \(total - found) as 0, too few to learn from and to judge by",
                "give at least \(settings.leastOfEach) of either")
        }
        positive = own
        values = texts.map { text in text.map { Self.canonical($0) == own ? 1 : 0 } ?? .nan }
    }

    /// One text for equal numbers: a column with gaps is often written as 1.0 and 0.0.
    private static func canonical(_ text: String) -> String {
        guard let number = PlainColumns.number(text, false), number == number.rounded(), number.magnitude < 1e15 else { return text }
        return "\(Int64(number))"
    }
}
