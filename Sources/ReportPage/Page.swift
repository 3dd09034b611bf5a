/// Takes: plain values. Gives: one self-contained HTML page.
///
/// Nothing is fetched and no script runs: styles and pictures stand in the page. Every text that comes in is escaped. Colours are
/// distinct to colour-blind readers (after Okabe and Ito), light and dark follow the reader's system.
public struct Page: Sendable {
    /// What the page is called, also in the browser's tab.
    public var title: String
    /// A line below the title.
    public var subtitle: String
    /// In reading order.
    public var sections: [Section]
    /// A line at the foot: what made the page, from what.
    public var footer: String

    /// A page of sections.
    public init(title: String, subtitle: String = "", sections: [Section], footer: String = "") {
        (self.title, self.subtitle, self.sections, self.footer) = (title, subtitle, sections, footer)
    }

    /// The page as HTML. Same values, same bytes.
    public func html() -> String {
        var out = HTMLText()
        out.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        out.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        out.text(title)
        out.raw("</title>\n<style>\n\(StyleSheet.css)</style>\n</head>\n<body>\n<header>\n<h1>")
        out.text(title)
        out.raw("</h1>\n")
        if !subtitle.isEmpty { out.element("p", class: "subtitle", subtitle) }
        let linked = sections.enumerated().filter { !$1.title.isEmpty }
        if linked.count > 2 {
            out.raw("<nav aria-label=\"Contents\">")
            for (index, section) in linked {
                out.raw("<a href=\"#section-\(index + 1)\">")
                out.text(section.title)
                out.raw("</a>")
            }
            out.raw("</nav>\n")
        }
        out.raw("</header>\n<main>\n")
        for (index, section) in sections.enumerated() { section.write(to: &out, number: index + 1) }
        out.raw("</main>\n")
        if !footer.isEmpty {
            out.raw("<footer>")
            out.text(footer)
            out.raw("</footer>\n")
        }
        out.raw("</body>\n</html>\n")
        return out.html
    }
}

/// A headed part of a page.
public struct Section: Sendable {
    /// Empty for a part without a heading.
    public var title: String
    /// What stands in it, in reading order.
    public var blocks: [any Block]

    /// A part with these blocks.
    public init(_ title: String, _ blocks: [any Block]) {
        (self.title, self.blocks) = (title, blocks)
    }

    func write(to out: inout HTMLText, number: Int) {
        out.raw("<section id=\"section-\(number)\">\n")
        if !title.isEmpty { out.element("h2", title) }
        for (index, block) in blocks.enumerated() { block.write(to: &out, id: "b\(number)-\(index + 1)") }
        out.raw("</section>\n")
    }
}

/// Something that can stand in a section.
public protocol Block: Sendable {
    /// Appends itself. `id` is unique in the page.
    func write(to out: inout HTMLText, id: String)
}

/// HTML under construction. Text is escaped unless it is explicitly raw.
public struct HTMLText: Sendable {
    /// What was written so far.
    public private(set) var html = ""

    /// Nothing yet.
    public init() {}

    /// Appends markup as it is; never give it text from outside.
    public mutating func raw(_ markup: String) { html += markup }

    /// Appends text, escaped for content and quoted attributes. Characters that HTML forbids become U+FFFD.
    public mutating func text(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            case "'": html += "&#39;"
            case "\n", "\t": html.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): html += "\u{FFFD}"
            default: html.unicodeScalars.append(scalar)
            }
        }
    }

    /// Appends an element around escaped text.
    public mutating func element(_ name: String, class style: String = "", _ content: String) {
        raw(style.isEmpty ? "<\(name)>" : "<\(name) class=\"\(style)\">")
        text(content)
        raw("</\(name)>\n")
    }
}
