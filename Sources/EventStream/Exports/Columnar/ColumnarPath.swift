internal import ArrowExchange

/// The way from a table to a value, by a column's name or path: the same words as in JSON Lines.
struct ColumnarPath {
    private enum Step {
        case member(Int)
        case element(Int)
        /// The value beside a key, in entries whose key and value are the given members.
        case key([UInt8], key: Int, value: Int)
    }

    /// What the way ends at.
    let field: ArrowField
    /// The name of the column, with the members of structs down to the first list: what must be read of the file.
    let projection: String
    /// The column of the table.
    let column: Int
    /// Whether a list at its end is wanted as words: its texts and numbers with a space between.
    let isWords: Bool
    /// The members of keys and values, where a list of both is wanted as all its pairs (`list[]`).
    let pairs: (key: Int, value: Int)?
    private let steps: [Step]

    /// Nil when there is no such way.
    init?(_ path: String, in fields: [ArrowField]) {
        var steps: [Step] = []
        var names: [String] = []
        let whole = Self.find(path[...], in: fields, &steps, &names)
        isWords = whole == nil && path.hasSuffix(".*")
        let isPairs = whole == nil && path.hasSuffix("[]")
        guard let field = whole ?? (isWords || isPairs ? Self.find(path.dropLast(2), in: fields, &steps, &names) : nil),
            case .member(let column)? = steps.first
        else { return nil }
        pairs = isPairs ? Self.pairs(field) : nil
        if isPairs, pairs == nil { return nil }
        self.field = field
        self.column = column
        self.steps = Array(steps.dropFirst())
        projection = names.joined(separator: ".")
    }

    /// A path is first taken as the name of a member, then as names joined by dots.
    private static func find(
        _ path: Substring, in fields: [ArrowField], _ steps: inout [Step], _ names: inout [String]
    ) -> ArrowField? {
        if let index = fields.firstIndex(where: { $0.name == path }) {
            steps.append(.member(index))
            if isAtStructs(steps) { names.append(fields[index].name) }
            return fields[index]
        }
        for (index, field) in fields.enumerated() where path.hasPrefix(field.name) && path.count > field.name.count {
            let (oldSteps, oldNames) = (steps, names)
            steps.append(.member(index))
            if isAtStructs(steps) { names.append(field.name) }
            if let found = follow(path.dropFirst(field.name.count), into: field, &steps, &names) { return found }
            (steps, names) = (oldSteps, oldNames)
        }
        return nil
    }

    /// Follows `.name`, `.0` or `[key]`, and what comes behind.
    private static func follow(
        _ rest: Substring, into field: ArrowField, _ steps: inout [Step], _ names: inout [String]
    ) -> ArrowField? {
        guard !rest.isEmpty else { return field }
        switch field.type {
        case .structure where rest.first == ".": return find(rest.dropFirst(), in: field.children, &steps, &names)
        case .list, .largeList, .fixedSizeList, .map:
            guard let element = field.children.first else { return nil }
            if rest.first == "." {
                let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
                guard let number = Int(digits) else { return nil }
                steps.append(.element(number))
                return follow(rest.dropFirst(1 + digits.count), into: element, &steps, &names)
            }
            guard rest.first == "[", let end = rest.firstIndex(of: "]"), end > rest.index(after: rest.startIndex),
                let (key, value) = Self.pairs(field)
            else { return nil }
            steps.append(.key(Array(rest[rest.index(after: rest.startIndex)..<end].utf8), key: key, value: value))
            return follow(rest[rest.index(after: end)...], into: element.children[value], &steps, &names)
        default: return nil
        }
    }

    /// The members of a list's entries that hold keys and values; nil where it holds others.
    private static func pairs(_ field: ArrowField) -> (key: Int, value: Int)? {
        switch field.type {
        case .list, .largeList, .fixedSizeList, .map: break
        default: return nil
        }
        guard let element = field.children.first, element.type == .structure,
            let key = element.children.firstIndex(where: { $0.name == "key" }),
            let value = element.children.firstIndex(where: { $0.name == "value" })
        else { return nil }
        return (key, value)
    }

    private static func isAtStructs(_ steps: [Step]) -> Bool {
        steps.allSatisfy { if case .member = $0 { true } else { false } }
    }

    /// Where the value of a row of the table lies; nil when there is none.
    func value(in root: ArrowColumn, row: Int) -> (column: ArrowColumn, row: Int)? {
        guard !root.isNull(row) else { return nil }
        if steps.isEmpty { return (root, row) }
        var (column, row) = (root, row)
        for step in steps {
            switch step {
            case .member(let index): column = column.children[index]
            case .element(let number):
                let elements = column.elements(at: row)
                guard number < elements.count else { return nil }
                (column, row) = (column.children[0], elements.lowerBound + number)
            case .key(let key, let keyIndex, let valueIndex):
                let entries = column.children[0]
                let keys = entries.children[keyIndex]
                guard let entry = column.elements(at: row).first(where: { !keys.isNull($0) && Self.holds(keys.text($0), key) }) else {
                    return nil
                }
                (column, row) = (entries.children[valueIndex], entry)
            }
            guard !column.isNull(row) else { return nil }
        }
        guard case .key? = steps.last else { return (column, row) }
        return Self.typed(column, row).map { ($0, row) }
    }

    /// The column of a value that has one member for each type, of which one is set (`string_value`, `int_value`, …); a plain column is its
    /// own. Nil where none is set.
    static func typed(_ column: ArrowColumn, _ row: Int) -> ArrowColumn? {
        column.field.type == .structure ? column.children.first { !$0.isNull(row) } : column.isNull(row) ? nil : column
    }

    /// The column that every value lies in, row by row, where the way leads through structs alone and none of them is missing; nil otherwise.
    func leaf(of root: ArrowColumn) -> ArrowColumn? {
        var column = root
        for step in steps {
            guard case .member(let index) = step, !column.mayHoldNulls else { return nil }
            column = column.children[index]
        }
        return column
    }

    @inline(__always)
    private static func holds(_ text: UnsafeRawBufferPointer?, _ key: [UInt8]) -> Bool {
        guard let text, text.count == key.count else { return false }
        for index in 0..<text.count where text[index] != key[index] { return false }
        return true
    }
}
