/// Takes words that might name a person out of a text: mail addresses, long numbers, codes, and what follows the `?` of an address.
package enum IdentifierMask {
    /// What stands in place of a masked word.
    package static let mark = "#"
    /// Numbers with as many digits are masked, also when blanks or dashes part them: 12, 24 or 2026 say something, 4929 1234 5678 does not.
    static let digits = 5

    /// The words of a text, masked. `isPath` is for addresses: the host, the query and the fragment go, and the parts become words.
    package static func words(of text: String, isPath: Bool) -> [String] {
        let text = isPath ? path(of: text) : text[...]
        let pieces = text.split { $0.isWhitespace || (isPath && $0 == "/") }.prefix(64)
        var words: [String] = []
        var run: [Int] = []
        var runDigits = 0
        func endRun() {
            if runDigits >= digits { for place in run { words[place] = mark } }
            run.removeAll()
            runDigits = 0
        }
        for piece in pieces {
            let count = piece.utf8.count { (0x30...0x39).contains($0) }
            let isNumber = count > 0 && piece.unicodeScalars.allSatisfy { !$0.properties.isAlphabetic }
            if !isNumber { endRun() }
            words.append(isSuspect(piece, count) ? mark : String(piece.prefix(48)))
            if isNumber {
                run.append(words.count - 1)
                runDigits += count
            }
        }
        endRun()
        // Several in a row say no more than one.
        return words.enumerated().filter { $0.offset == 0 || $0.element != mark || words[$0.offset - 1] != mark }.map(\.element)
    }

    private static func isSuspect(_ word: Substring, _ digitCount: Int) -> Bool {
        if word.contains("@") || digitCount >= digits { return true }
        // Codes: long words of letters and digits mixed, or of hexadecimal digits. Dashes join words of an address and part no code.
        return word.split(whereSeparator: { $0 == "-" || $0 == "_" || $0 == "." || $0 == "," }).contains { part in
            let bytes = part.utf8
            let numbers = bytes.count { (0x30...0x39).contains($0) }
            if bytes.count >= 8, numbers > 0, numbers < bytes.count { return true }
            return bytes.count >= 16 && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
        }
    }

    private static func path(of address: String) -> Substring {
        var rest = address[...]
        if let scheme = rest.range(of: "://") {
            rest = rest[scheme.upperBound...]
            rest = rest.firstIndex(of: "/").map { rest[$0...] } ?? ""
        }
        return rest.prefix { $0 != "?" && $0 != "#" && $0 != ";" }
    }
}

extension Substring {
    /// The first place of a text, without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            formIndex(after: &start)
        }
        return nil
    }
}
