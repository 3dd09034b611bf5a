/// The same things in several orders beside each other, such as a home page before and after.
public struct OrderedLists: Block {
    /// One thing of a list.
    public struct Item: Sendable, Equatable {
        /// What it is.
        public var name: String
        /// At the right, such as its probability.
        public var note: String
        /// Makes it stand out and says why; empty for none.
        public var mark: String

        /// One thing.
        public init(_ name: String, note: String = "", mark: String = "") { (self.name, self.note, self.mark) = (name, note, mark) }
    }

    /// One order.
    public struct List: Sendable, Equatable {
        /// What the order is.
        public var title: String
        /// From first to last.
        public var items: [Item]

        /// An order.
        public init(_ title: String, _ items: [Item]) { (self.title, self.items) = (title, items) }
    }

    /// Lists that belong together.
    public struct Group: Sendable, Equatable {
        /// Heading.
        public var title: String
        /// At the right of the heading.
        public var note: String
        /// Lines below the heading.
        public var facts: [String]
        /// From left to right.
        public var lists: [List]

        /// Lists under a heading.
        public init(_ title: String, note: String = "", facts: [String] = [], lists: [List]) {
            (self.title, self.note, self.facts, self.lists) = (title, note, facts, lists)
        }
    }

    /// From top to bottom.
    public var groups: [Group]

    /// Groups of lists.
    public init(_ groups: [Group]) { self.groups = groups }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        out.raw("<ul class=\"journeys\">\n")
        for group in groups {
            out.raw("<li><h3>")
            out.text(group.title)
            if !group.note.isEmpty {
                out.raw("<span>")
                out.text(group.note)
                out.raw("</span>")
            }
            out.raw("</h3>")
            if !group.facts.isEmpty {
                out.raw("<ul class=\"facts\">")
                for fact in group.facts {
                    out.raw("<li>")
                    out.text(fact)
                    out.raw("</li>")
                }
                out.raw("</ul>")
            }
            out.raw("<div class=\"orders\">")
            for list in group.lists { write(list, to: &out) }
            out.raw("</div></li>\n")
        }
        out.raw("</ul>\n")
    }

    private func write(_ list: List, to out: inout HTMLText) {
        out.raw("<div><h4>")
        out.text(list.title)
        out.raw("</h4><ol>")
        for item in list.items {
            out.raw(item.mark.isEmpty ? "<li><span>" : "<li class=\"chosen\"><span>")
            out.text(item.mark.isEmpty ? item.name : "\(item.name) – \(item.mark)")
            if !item.note.isEmpty {
                out.raw("<i>")
                out.text(item.note)
                out.raw("</i>")
            }
            out.raw("</span></li>")
        }
        out.raw("</ol></div>")
    }
}
