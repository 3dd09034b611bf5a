/// The block `approval:` at the end of a taxonomy's file, rewritten as text so that the author's comments and layout stay.
public enum ApprovalBlock {
    /// The file's text with this approval in place of the one it has, or at its end.
    ///
    /// The caller reads the result again before keeping it: a text cannot know whether the file is laid out in another way.
    /// - Throws: ``TaxonomyError/approvalNotLast(line:)`` where something of the taxonomy follows the block.
    public static func replacing(in yaml: String, by approval: Approval) throws(TaxonomyError) -> String {
        var lines = yaml.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        if let start = lines.firstIndex(where: { $0.hasPrefix("approval:") }) {
            var end = start + 1
            while end < lines.count, lines[end].hasPrefix(" ") || lines[end].hasPrefix("\t") { end += 1 }
            for (place, line) in lines.enumerated().dropFirst(end) where !isEmpty(line) { throw .approvalNotLast(line: place + 1) }
            lines.replaceSubrange(start..<end, with: text(approval))
        } else {
            while lines.last.map({ isEmpty($0) && !$0.hasPrefix("#") }) ?? false { lines.removeLast() }
            lines += [""] + text(approval)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The block's lines.
    static func text(_ approval: Approval) -> [String] {
        var lines = [
            "approval:", "  by: \(quoted(approval.by))", "  at: \(quoted(approval.at))", "  digest: \(approval.digest)",
        ]
        if let note = approval.note { lines.append("  note: \(quoted(note))") }
        return lines
    }

    private static func isEmpty(_ line: String) -> Bool {
        line.hasPrefix("#") || line.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }

    /// A double-quoted YAML text on one line.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
