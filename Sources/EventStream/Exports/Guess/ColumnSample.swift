/// One column of the first block, and what its values look like.
struct ColumnSample {
    let name: String
    /// Empty where there is no value.
    var values: [[UInt8]]

    init(name: String, values: [[UInt8]]) {
        self.name = name
        self.values = values
    }

    /// Texts that databases and programs write where there is no value.
    static let missingWords = ["NULL", "null", "\\N", "None", "NaN", "nan", "N/A", "undefined"]

    /// Letters and digits of the name in lower case, so that `session ID`, `sessionId` and `SESSION_ID` are one.
    var key: String { Self.key(name) }

    /// The same of the last part of a dotted path, or of the key in its brackets.
    var lastKey: String { Self.key(name.split { ".[]".contains($0) }.last.map(String.init) ?? name) }

    /// The missing words that occur.
    var usedMissingWords: [String] { Self.missingWords.filter { word in values.contains { $0.elementsEqual(word.utf8) } } }

    /// The values that are there.
    var present: [[UInt8]] { values.filter { value in !value.isEmpty && !Self.missingWords.contains { value.elementsEqual($0.utf8) } } }

    /// How many different values there are.
    var distinctCount: Int { Set(present).count }

    /// Share of the values that are there for which `condition` holds; 0 when there are none.
    func share(where condition: (TextSlice) -> Bool) -> Double {
        let present = present
        guard !present.isEmpty else { return 0 }
        let hits = present.count { value in value.withUnsafeBufferPointer { condition(TextSlice($0.baseAddress!, $0.count)) } }
        return Double(hits) / Double(present.count)
    }

    private static func key(_ name: String) -> String {
        String(
            decoding: name.utf8.compactMap { byte in
                switch byte {
                case 0x41...0x5A: byte | 0x20
                case 0x61...0x7A, 0x30...0x39: byte
                default: byte >= 0x80 ? byte : nil
                }
            }, as: UTF8.self)
    }
}
