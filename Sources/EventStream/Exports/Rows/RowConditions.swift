/// Which fields a row holds at all; see ``ExportMapping/Condition``. Fields of one condition share it, and it is looked at once a row.
struct RowConditions {
    private struct Condition {
        var slot: Int
        /// Which of the words.
        var words: Range<Int>
    }

    private var conditions: [Condition] = []
    /// The texts of all conditions end to end; word `k` is `bytes[ends[k] ..< ends[k + 1]]`.
    private var bytes: [UInt8] = []
    private var ends = [0]
    private var holds: [Bool] = []
    /// For each field its condition, or -1.
    private var conditionOfField: [Int] = []

    /// - Parameter slot: gives the place in a row of a column.
    init(_ fields: [ExportMapping.Field], slot: (String) -> Int) {
        var known: [ExportMapping.Condition] = []
        for field in fields {
            guard let condition = field.when else {
                conditionOfField.append(-1)
                continue
            }
            if let index = known.firstIndex(of: condition) {
                conditionOfField.append(index)
                continue
            }
            conditionOfField.append(known.count)
            known.append(condition)
            let first = ends.count - 1
            for text in condition.texts {
                bytes += text.utf8
                ends.append(bytes.count)
            }
            conditions.append(Condition(slot: slot(condition.column), words: first..<ends.count - 1))
        }
        holds = Array(repeating: true, count: conditions.count)
    }

    /// Looks at a row; what ``hold(_:)`` says is of this one.
    mutating func read(_ row: UnsafePointer<TextSlice>) {
        for index in conditions.indices {
            let text = row[conditions[index].slot]
            holds[index] = bytes.withUnsafeBufferPointer { bytes in
                conditions[index].words.contains { word in
                    guard text.count == ends[word + 1] - ends[word] else { return false }
                    for i in 0..<text.count where text.bytes[i] != bytes[ends[word] + i] { return false }
                    return true
                }
            }
        }
    }

    /// Whether the row has this field.
    @inline(__always)
    func hold(_ field: Int) -> Bool { conditionOfField[field] < 0 || holds[conditionOfField[field]] }
}
