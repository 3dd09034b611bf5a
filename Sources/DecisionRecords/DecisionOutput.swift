internal import FoundationEssentials

/// Output lines as the ledger keeps them: without the decision's id. Ids may tell who somebody is, and outputs stay readable after an erasure;
/// the id is kept with the input.
public enum DecisionOutput {
    /// The id of a line of JSON, nil where it has none, and the line with `null` in its place.
    /// - Parameter member: the member that holds the id, `session` for example.
    public static func parted(_ line: [UInt8], member: String) -> (id: String?, rest: [UInt8]) {
        // Inside of a text the quotes would be escaped, so this stands for the member and for nothing else.
        let name = Array("\"\(member)\":\"".utf8)
        guard line.count >= name.count else { return (nil, line) }
        var start = 0
        while start + name.count <= line.count, !(line[start] == name[0] && line[start...].starts(with: name)) { start += 1 }
        guard start + name.count <= line.count else { return (nil, line) }
        let text = start + name.count - 1
        var end = text + 1
        while end < line.count, line[end] != UInt8(ascii: "\"") { end += line[end] == UInt8(ascii: "\\") ? 2 : 1 }
        guard end < line.count, let id = try? JSONDecoder().decode([String].self, from: Data([0x5B] + line[text...end] + [0x5D])).first
        else {
            return (nil, line)
        }
        return (id, Array(line[..<text]) + Array("null".utf8) + Array(line[(end + 1)...]))
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
