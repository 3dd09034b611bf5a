/// Output lines as the ledger keeps them: without the decision's id. Ids may tell who somebody is, and outputs stay readable after an erasure;
/// the id is kept with the input.
public enum DecisionOutput {
    /// What a member of a line holds.
    public enum Value: Sendable, Equatable {
        /// A text, its escapes resolved.
        case text(String)
        /// A number, its digits as they stand.
        case number(String)
        /// `true`, `false` or `null`.
        case word(String)
        /// A list or an object.
        case other
        /// There is no such member.
        case missing
        /// The member stands there more than once: nobody can say which counts.
        case repeated
    }

    /// What a member of the line's object holds; members of objects within do not count.
    /// - Parameter line: one JSON object.
    public static func value(of member: String, in line: [UInt8]) -> Value {
        var found = Value.missing
        line.withUnsafeBufferPointer { bytes in
            let line = JSONLine(bytes)
            line.values(of: member) { place in
                guard found == .missing else {
                    found = .repeated
                    return false
                }
                if let text = line.text(place) {
                    found = .text(text)
                } else if let number = line.number(place) {
                    found = .number(number)
                } else {
                    let word = String(decoding: bytes[place], as: UTF8.self)
                    found = ["true", "false", "null"].contains(word) ? .word(word) : .other
                }
                return true
            }
        }
        return found
    }

    /// Whether a text stands in a line as a whole, as a value or a name, however it is escaped.
    public static func holds(_ text: String, in line: [UInt8]) -> Bool { line.withUnsafeBufferPointer { JSONLine($0).holds(text) } }

    /// Whether these digits stand in a line as a number of their own.
    public static func holds(number digits: String, in line: [UInt8]) -> Bool {
        line.withUnsafeBufferPointer { JSONLine($0).holds(number: digits) }
    }

    /// The id of a line of JSON, and the line with `null` in its place and every other byte as it was.
    ///
    /// The id is the text of the member, or the digits of its number. Where it holds neither there is none, and the line stays as it is.
    /// Looks at the line's own object only, and at the first such member: a line from elsewhere is asked for ``value(of:in:)`` before.
    /// - Parameter member: the member that holds the id, `session` for example.
    public static func parted(_ line: [UInt8], member: String) -> (id: String?, rest: [UInt8]) {
        var id: String?
        var place = 0..<0
        line.withUnsafeBufferPointer { bytes in
            let line = JSONLine(bytes)
            line.values(of: member) { found in
                (id, place) = (line.text(found) ?? line.number(found), found)
                return false
            }
        }
        guard id != nil else { return (nil, line) }
        var rest: [UInt8] = []
        rest.reserveCapacity(line.count - place.count + 4)
        rest += line[..<place.lowerBound]
        rest += "null".utf8
        rest += line[place.upperBound...]
        return (id, rest)
    }

    /// Where two lines differ, in words that show nothing but the output.
    public static func difference(_ recorded: [UInt8], _ found: [UInt8]) -> String {
        let place = zip(recorded, found).enumerated().first { $1.0 != $1.1 }?.offset ?? min(recorded.count, found.count)
        func piece(_ line: [UInt8]) -> String {
            let from = max(0, place - 24), to = min(line.count, place + 24)
            return from < to ? String(decoding: line[from..<to], as: UTF8.self).filter { !$0.isNewline } : ""
        }
        return "from byte \(place) on: recorded …\(piece(recorded))…, now …\(piece(found))…"
    }
}
