/// Colour and shape of series and categories. Twelve colours and five shapes give 60 that differ.
enum Marks {
    static func colour(_ index: Int) -> String { "var(--c\(index % StyleSheet.colours))" }

    /// A mark around a place, as one path or circle. There are five shapes.
    static func shape(_ index: Int, x: Double, y: Double, radius: Double) -> String {
        let c = NumberText.coordinate
        switch index % 5 {
        case 0: return "<circle cx=\"\(c(x))\" cy=\"\(c(y))\" r=\"\(c(radius))\"/>"
        case 1:
            let r = radius * 0.9
            return "<path d=\"M\(c(x - r)) \(c(y - r))h\(c(2 * r))v\(c(2 * r))h\(c(-2 * r))z\"/>"
        case 2:
            let r = radius * 1.2
            return "<path d=\"M\(c(x)) \(c(y - r))l\(c(r)) \(c(1.75 * r))h\(c(-2 * r))z\"/>"
        case 3:
            let r = radius * 1.2
            return "<path d=\"M\(c(x)) \(c(y + r))l\(c(r)) \(c(-1.75 * r))h\(c(-2 * r))z\"/>"
        default:
            let r = radius * 1.25
            return "<path d=\"M\(c(x)) \(c(y - r))l\(c(r)) \(c(r))l\(c(-r)) \(c(r))l\(c(-r)) \(c(-r))z\"/>"
        }
    }

    /// Dash pattern of a line, so that lines differ without colour too.
    static func dash(_ index: Int) -> String { ["", "7 5", "2 4", "9 4 2 4"][index % 4] }

    /// Colour and shape of each category: one colour a group and a shape for each of its members, or, without groups, a colour each.
    static func styles(_ count: Int, groups: [Int]?) -> [(colour: Int, shape: Int)] {
        guard let groups else { return (0..<count).map { ($0, $0 / StyleSheet.colours) } }
        var members: [Int: Int] = [:]
        return groups.map { group in
            defer { members[group, default: 0] += 1 }
            return (group, group / StyleSheet.colours + members[group, default: 0])
        }
    }

    /// A list that says which mark stands for what. With an `id`, entries can be pointed at.
    static func writeLegend(to out: inout HTMLText, _ names: [String], marks: [(colour: Int, shape: Int)]? = nil, id: String? = nil) {
        out.raw("<ul class=\"legend\">")
        for (index, name) in names.enumerated() {
            out.raw(id.map { "<li class=\"\($0)-\(index)\" tabindex=\"0\">" } ?? "<li>")
            out.raw("<svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">")
            if let mark = marks?[index] {
                out.raw("<g fill=\"\(colour(mark.colour))\">\(shape(mark.shape, x: 7, y: 7, radius: 5))</g>")
            } else {
                let dash = dash(index).isEmpty ? "" : " stroke-dasharray=\"\(index % 4 == 2 ? "2 3" : "5 3")\""
                out.raw("<path d=\"M0 7h14\" stroke=\"\(colour(index))\" stroke-width=\"3\"\(dash)/>")
            }
            out.raw("</svg>")
            out.text(name)
            out.raw("</li>")
        }
        out.raw("</ul>\n")
    }

    /// Opens a figure and its picture with a title and description for readers who hear the page.
    static func open(_ out: inout HTMLText, id: String, title: String, note: String, description: String, height: Double) {
        out.raw("<figure>\n<figcaption>")
        out.text(title)
        if !note.isEmpty {
            out.raw("<small>")
            out.text(note)
            out.raw("</small>")
        }
        out.raw(
            "</figcaption>\n<svg viewBox=\"0 0 900 \(NumberText.coordinate(height))\" role=\"img\" aria-labelledby=\"\(id)-t \(id)-d\">\n<title id=\"\(id)-t\">"
        )
        out.text(title)
        out.raw("</title><desc id=\"\(id)-d\">")
        out.text(description)
        out.raw("</desc>\n")
    }

    /// The numbers behind a picture, folded away until asked for.
    static func writeNumbers(to out: inout HTMLText, _ table: Table, id: String, summary: String = "The numbers") {
        out.raw("<details><summary>")
        out.text(summary)
        out.raw("</summary>\n")
        table.write(to: &out, id: id)
        out.raw("</details>\n")
    }
}
