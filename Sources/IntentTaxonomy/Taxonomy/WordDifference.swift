/// Two texts side by side, word by word.
public struct WordDifference: Sendable, Equatable, Codable {
    /// What became of a run of words.
    public enum Fate: String, Sendable, Codable {
        /// In both.
        case kept
        /// Only in the old text.
        case removed
        /// Only in the new text.
        case added
    }

    /// A run of words of one fate.
    public struct Run: Sendable, Equatable, Codable {
        /// In which text they stand.
        public var fate: Fate
        /// The words, one space between them.
        public var text: String

        /// A run.
        public init(_ fate: Fate, _ text: String) { (self.fate, self.text) = (fate, text) }
    }

    /// The runs in reading order; where both change, what was removed comes first.
    public var runs: [Run]

    /// Compares by longest common subsequence of words.
    /// - Complexity: O(words of one × words of the other).
    public init(from old: String, to new: String) {
        let a = old.split(whereSeparator: \.isWhitespace)
        let b = new.split(whereSeparator: \.isWhitespace)
        var longest = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in a.indices.reversed() {
            for j in b.indices.reversed() {
                longest[i][j] = a[i] == b[j] ? longest[i + 1][j + 1] + 1 : max(longest[i + 1][j], longest[i][j + 1])
            }
        }
        runs = []
        var (i, j) = (0, 0)
        var removed: [Substring] = []
        var added: [Substring] = []
        func text(_ words: [Substring]) -> String { words.joined(separator: " ") }
        func flush(_ runs: inout [Run]) {
            if !removed.isEmpty { runs.append(Run(.removed, text(removed))) }
            if !added.isEmpty { runs.append(Run(.added, text(added))) }
            removed.removeAll()
            added.removeAll()
        }
        while i < a.count || j < b.count {
            if i < a.count, j < b.count, a[i] == b[j] {
                flush(&runs)
                if let last = runs.last, last.fate == .kept {
                    runs[runs.count - 1].text += " " + a[i]
                } else {
                    runs.append(Run(.kept, String(a[i])))
                }
                i += 1
                j += 1
            } else if j == b.count || (i < a.count && longest[i + 1][j] >= longest[i][j + 1]) {
                removed.append(a[i])
                i += 1
            } else {
                added.append(b[j])
                j += 1
            }
        }
        flush(&runs)
    }

    /// `kept [-removed-] {+added+}`.
    public var marked: String {
        runs.map { run in
            switch run.fate {
            case .kept: run.text
            case .removed: "[-\(run.text)-]"
            case .added: "{+\(run.text)+}"
            }
        }.joined(separator: " ")
    }
}
