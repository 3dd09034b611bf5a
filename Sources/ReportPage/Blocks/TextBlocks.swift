/// A paragraph of text.
public struct Paragraph: Block {
    /// Its text, escaped when written.
    public var text: String

    /// A paragraph.
    public init(_ text: String) { self.text = text }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) { out.element("p", text) }
}

/// A remark nobody should miss, such as "Synthetic data".
public struct Callout: Block {
    /// The remark in a few words.
    public var title: String
    /// What it means.
    public var text: String

    /// A remark.
    public init(_ title: String, _ text: String) { (self.title, self.text) = (title, text) }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        out.raw("<p class=\"callout\" role=\"note\"><strong>")
        out.text(title)
        out.raw("</strong>")
        out.text(text)
        out.raw("</p>\n")
    }
}

/// A row of cards with one number each.
public struct KeyFigures: Block {
    /// One card.
    public struct Figure: Sendable, Equatable {
        /// What the number is.
        public var name: String
        /// The number, as text.
        public var value: String
        /// A smaller line below it.
        public var note: String

        /// A card.
        public init(_ name: String, _ value: String, note: String = "") { (self.name, self.value, self.note) = (name, value, note) }
    }

    /// From left to right.
    public var figures: [Figure]

    /// A row of cards.
    public init(_ figures: [Figure]) { self.figures = figures }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        out.raw("<dl class=\"cards\">\n")
        for figure in figures {
            out.raw("<div><dt>")
            out.text(figure.name)
            out.raw("</dt><dd>")
            out.text(figure.value)
            if !figure.note.isEmpty {
                out.raw("<small>")
                out.text(figure.note)
                out.raw("</small>")
            }
            out.raw("</dd></div>\n")
        }
        out.raw("</dl>\n")
    }
}
