internal import SequenceEmbedding

/// The numbers of distinct texts, in the order in which they were met.
final class TokenNumbers {
    private var numbers: [String: Int32] = [:]
    private(set) var texts: [String] = []

    func number(_ text: String) -> Int32 {
        if let known = numbers[text] { return known }
        let number = Int32(texts.count)
        numbers[text] = number
        texts.append(text)
        return number
    }
}

/// What the values of one field consist of: themselves, the values between separators, or words. Each entry of a dictionary is cut once.
final class FieldTokens {
    enum Cut {
        case whole
        case words
    }

    let codes: UnsafePointer<Int32>
    private let table: any EventTable
    private let field: TableField
    private let cut: Cut
    private let numbers: TokenNumbers
    private var known: [Int32: [Int32]] = [:]

    /// Nil for fields without texts. A field with a separator gives its values whole, however it is to be cut.
    init?(_ table: any EventTable, _ field: TableField, _ cut: Cut, _ numbers: TokenNumbers) {
        guard let codes = table.codes(field.name) else { return nil }
        (self.codes, self.table, self.field, self.cut, self.numbers) = (codes, table, field, cut, numbers)
    }

    /// The tokens of a code; none for a missing value.
    func tokens(_ code: Int32) -> [Int32] {
        guard code > 0 else { return [] }
        if let tokens = known[code] { return tokens }
        let text = table.withEntry(field.name, Int(code) - 1) { String(decoding: $0, as: UTF8.self) }
        let tokens: [Int32]
        if let separator = field.separator, !separator.isEmpty {
            tokens = text.split(separator: separator).map { numbers.number(String($0)) }
        } else if cut == .words {
            tokens = text.lowercased().split { !$0.isLetter && !$0.isNumber }.map { numbers.number(String($0)) }
        } else {
            tokens = [numbers.number(text)]
        }
        known[code] = tokens
        return tokens
    }
}

/// Tokens kept of those of the training sessions: by how many sessions have them, equals by text.
struct TokenVocabulary {
    /// How many training sessions have each kept token.
    let sessions: [Int]
    private let places: [Int32: Int32]

    /// - Parameters:
    ///   - sessionTokens: the tokens of each training session; repetitions count once.
    ///   - minimumSessions: sessions that must have a token.
    init(_ sessionTokens: [[Int32]], _ numbers: TokenNumbers, minimumSessions: Int, maximumCount: Int) {
        var counts = [Int](repeating: 0, count: numbers.texts.count)
        for tokens in sessionTokens { for token in Set(tokens) { counts[Int(token)] += 1 } }
        let kept = counts.indices.filter { counts[$0] >= minimumSessions }
            .sorted { (counts[$1], numbers.texts[$0]) < (counts[$0], numbers.texts[$1]) }.prefix(maximumCount)
        sessions = kept.map { counts[$0] }
        var places: [Int32: Int32] = [:]
        for (place, token) in kept.enumerated() { places[Int32(token)] = Int32(place) }
        self.places = places
    }

    /// Kept tokens.
    var count: Int { sessions.count }

    /// Place and number of the kept ones among `tokens`, by place.
    func counts(_ tokens: [Int32]) -> [(place: Int32, count: Int)] {
        var counts: [Int32: Int] = [:]
        for token in tokens { if let place = places[token] { counts[place, default: 0] += 1 } }
        return counts.map { (place: $0.key, count: $0.value) }.sorted { $0.place < $1.place }
    }
}

/// Rows of which only entries that are not zero are kept.
struct SparseRows {
    var offsets = [0]
    var columns: [Int32] = []
    var values: [Float] = []
    var width: Int

    init(width: Int) { self.width = width }

    mutating func append(_ column: Int, _ value: Float) {
        columns.append(Int32(column))
        values.append(value)
    }

    mutating func endRow() { offsets.append(columns.count) }
}
