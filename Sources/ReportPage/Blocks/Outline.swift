/// Terms with their definitions as a tree; each branch at the top folds away.
public struct Outline: Block {
    /// One term.
    public struct Entry: Sendable, Equatable {
        /// What it is called.
        public var name: String
        /// What stands in small letters behind the name, such as an id.
        public var note: String
        /// What it means.
        public var text: String
        /// Short remarks below it.
        public var marks: [String]
        /// Those below it.
        public var children: [Entry]

        /// A term.
        public init(_ name: String, note: String = "", text: String = "", marks: [String] = [], children: [Entry] = []) {
            (self.name, self.note, self.text, self.marks, self.children) = (name, note, text, marks, children)
        }

        /// The terms below it without any of their own, or 1 for itself.
        var leaves: Int { children.isEmpty ? 1 : children.reduce(0) { $0 + $1.leaves } }
    }

    /// From top to bottom.
    public var entries: [Entry]
    /// What one term is called when it is counted.
    public var singular: String
    /// What several are called.
    public var plural: String

    /// A tree. At most 32 levels are written.
    public init(_ entries: [Entry], singular: String, plural: String) {
        (self.entries, self.singular, self.plural) = (entries, singular, plural)
    }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        out.raw("<div class=\"outline\">\n")
        for (index, entry) in entries.enumerated() {
            guard !entry.children.isEmpty else {
                out.raw("<ul>")
                write(entry, to: &out, depth: 0)
                out.raw("</ul>\n")
                continue
            }
            out.raw("<details\(index == 0 ? " open" : "")><summary><b>")
            out.text(entry.name)
            out.raw("</b> <i>")
            out.text("\(entry.leaves) \(entry.leaves == 1 ? singular : plural)")
            out.raw("</i></summary>\n")
            if !entry.text.isEmpty { out.element("p", entry.text) }
            out.raw("<ul>\n")
            for child in entry.children { write(child, to: &out, depth: 1) }
            out.raw("</ul></details>\n")
        }
        out.raw("</div>\n")
    }

    private func write(_ entry: Entry, to out: inout HTMLText, depth: Int) {
        out.raw("<li><b>")
        out.text(entry.name)
        out.raw("</b>")
        if !entry.note.isEmpty {
            out.raw(" <code>")
            out.text(entry.note)
            out.raw("</code>")
        }
        if !entry.text.isEmpty { out.element("p", entry.text) }
        if !entry.marks.isEmpty {
            out.raw("<ul class=\"tags\">")
            for mark in entry.marks {
                out.raw("<li>")
                out.text(mark)
                out.raw("</li>")
            }
            out.raw("</ul>")
        }
        if !entry.children.isEmpty, depth < 32 {
            out.raw("<ul>\n")
            for child in entry.children { write(child, to: &out, depth: depth + 1) }
            out.raw("</ul>")
        }
        out.raw("</li>\n")
    }
}
