import ReportPage
import Testing

@Suite("A page of plain values")
struct PageTests {
    private static let hostile = "<script>alert('x')</script> & \"quoted\"\u{0}"

    private static func everything() -> Page {
        let h = hostile
        return Page(
            title: h, subtitle: h,
            sections: [
                Section(h, [Paragraph(h), Callout(h, h), KeyFigures([.init(h, h, note: h)])]),
                Section(h, [Table(caption: h, columns: [.init(h), .init(h, .right)], rows: [[h, h]], strongRows: [0])]),
                Section(
                    h,
                    [
                        LineChart(h, note: h, xLabel: h, yLabel: h, series: [.init(h, [(0, 1), (1, .nan), (2, 3)]), .init(h, [(1, 2)])]),
                        ScatterPlot(h, note: h, xLabel: h, yLabel: h, categories: [h], points: [.init(x: 1, y: .infinity, category: 0)]),
                        BarChart(h, note: h, label: h, bars: [.init(h, 0.5, interval: 0.4...0.6, isEmphasised: true), .init(h, -0.1)]),
                        JourneyList([.init(h, note: h, steps: [.init(h, dwell: 70), .init(h)], isLead: true)]),
                        JourneyList([
                            .init(h, facts: [.init(sign: h, h), .init(h)], steps: [.init(h, marks: [.init(0, h), .init(40, h)])])
                        ]),
                        DotPlot(
                            h, note: h, label: h, rowLabel: h, noteLabel: h, series: [h, h],
                            rows: [.init(h, note: h, [.init(0.5, interval: 0.4...0.6), .init(.nan)])]),
                        DotPlot(
                            h, note: h, label: h, rowLabel: h, series: [h], rows: [.init(h, [.init(-0.5, interval: -0.6...0.1)])],
                            scale: .change),
                        OrderedLists([
                            .init(h, note: h, facts: [h], lists: [.init(h, [.init(h, note: h, mark: h), .init(h)]), .init(h, [])])
                        ]),
                        ReliabilityDiagram(
                            h, note: h, xLabel: h, yLabel: h, bins: [.init(probability: 0.2, frequency: 0.3, interval: 0.1...0.4, count: 7)]
                        ),
                        HeatMap(h, note: h, rowLabel: h, columnLabel: h, rows: [h, h], columns: [h], counts: [[0], [3]]),
                        Outline(
                            [.init(h, note: h, text: h, marks: [h], children: [.init(h, note: h, text: h, marks: [h])]), .init(h)],
                            singular: h, plural: h),
                    ]),
            ], footer: h)
    }

    @Test("Every text is escaped, and nothing is fetched or run")
    func escapes() {
        let html = Self.everything().html()
        #expect(!html.contains("<script"))
        #expect(!html.contains("'x'"))
        #expect(!html.contains("\u{0}"))
        #expect(!html.contains("\"quoted\""))
        #expect(!html.contains("http") && !html.contains("src=") && !html.contains("url(") && !html.contains("@import"))
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;quoted&quot;\u{FFFD}"))
    }

    @Test("Elements open and close in order, and ids are unique")
    func wellFormed() {
        let html = Self.everything().html()
        var open: [String] = []
        var ids: Set<String> = []
        for part in html.split(separator: "<").dropFirst() where !part.hasPrefix("!") {
            let tag = part.prefix { $0 != ">" }
            let name = String(tag.prefix { $0 != " " && $0 != "/" || $0 == "/" && tag.first == "/" })
            if name.hasPrefix("/") {
                #expect(open.popLast() == String(name.dropFirst()), "closing \(name)")
            } else if !tag.hasSuffix("/"), name != "meta" {
                open.append(name)
            }
            for piece in tag.split(separator: " ") where piece.hasPrefix("id=\"") {
                #expect(ids.insert(String(piece)).inserted, "\(piece) twice")
            }
        }
        #expect(open.isEmpty)
    }

    @Test("Nothing that cannot be drawn reaches a picture")
    func coordinates() {
        let empty = Page(
            title: "t",
            sections: [
                Section(
                    "s",
                    [
                        LineChart("l", xLabel: "x", yLabel: "y", series: []),
                        LineChart("l", xLabel: "x", yLabel: "y", series: [.init("a", [(1, 0), (1, -1), (1, 5)])], logarithmic: true),
                        ScatterPlot("p", xLabel: "x", yLabel: "y", categories: [], points: []), BarChart("b", label: "l", bars: []),
                        BarChart("b", label: "l", bars: [.init("a", .nan)]), JourneyList([]), KeyFigures([]),
                        DotPlot("d", label: "l", rowLabel: "r", series: [], rows: []),
                        DotPlot("d", label: "l", rowLabel: "r", series: ["a"], rows: [.init("n", [.init(.infinity, interval: -3...5)])]),
                        DotPlot("d", label: "l", rowLabel: "r", series: [], rows: [], scale: .change), OrderedLists([]),
                        DotPlot(
                            "d", label: "l", rowLabel: "r", series: ["a"],
                            rows: [.init("n", [.init(.infinity)]), .init("o", [.init(.nan, interval: 0...1)])], scale: .change),
                        ReliabilityDiagram("r", xLabel: "x", yLabel: "y", bins: []),
                        HeatMap("h", rowLabel: "r", columnLabel: "c", rows: [], columns: [], counts: []),
                        Outline([], singular: "one", plural: "many"),
                    ])
            ])
        for html in [empty.html(), Self.everything().html()] {
            #expect(!html.contains("nan") && !html.contains("inf\""))
        }
        #expect(empty.html() == empty.html())
    }

    @Test("Changes have a line at none, a sign, and an axis as far as they reach")
    func changes() {
        let rows: [DotPlot.Row] = [.init("a", [.init(0.1, interval: -0.05...0.2)]), .init("b", [.init(-0.1)])]
        let html = Page(
            title: "t", sections: [Section("s", [DotPlot("d", label: "l", rowLabel: "r", series: ["x"], rows: rows, scale: .change)])]
        ).html()
        for text in [">−10 %</text>", ">0 %</text>", ">+20 %</text>", "+10.0 % (−5.0 % to +20.0 %)", ">−10.0 %</td>"] {
            #expect(html.contains(text), "\(text)")
        }
        #expect(html.components(of: "<line class=\"axis\"") == 1)
        // No further than the values: shares would reach to 100 %.
        #expect(!html.contains("100 %</text>"))
    }

    @Test("Lists stand beside each other, numbered, and say what is marked")
    func orderedLists() {
        let html = Page(
            title: "t",
            sections: [
                Section(
                    "s",
                    [
                        OrderedLists([
                            .init(
                                "page 1", note: "n", facts: ["why"],
                                lists: [
                                    .init("before", [.init("a"), .init("b", note: "60 %", mark: "clicked")]), .init("after", [.init("b")]),
                                ])
                        ])
                    ])
            ]
        ).html()
        #expect(html.contains("<h4>before</h4><ol><li><span>a</span></li>"))
        #expect(html.contains("<li class=\"chosen\"><span>b – clicked<i>60 %</i></span></li></ol>"))
        #expect(html.contains("<h4>after</h4><ol><li><span>b</span></li></ol>") && html.contains("<li>why</li>"))
    }

    @Test("More counts are darker, and each number stands in the picture and in its table")
    func heatMap() {
        let html = Page(
            title: "t",
            sections: [
                Section(
                    "s",
                    [HeatMap("h", rowLabel: "r", columnLabel: "c", rows: ["a", "b"], columns: ["x", "y"], counts: [[0, 10], [5, 1]])])
            ]
        ).html()
        // 8 and 47 shares of the greatest: 55, 31 (of 31.5) and 12 (of 12.7) hundredths.
        for shade in [".55", ".31", ".12"] { #expect(html.contains("fill-opacity:\(shade)")) }
        for cell in [">10</text>", ">5</text>", ">1</text>", ">10</td>", ">5</td>", ">0</td>"] { #expect(html.contains(cell), "\(cell)") }
        #expect(!html.contains(">0</text>"))
    }

    @Test("Marks of a step and signs of the facts share colours, and say their letter")
    func evidence() {
        let steps: [JourneyList.Step] = [.init("plain"), .init("telling", marks: [.init(1, "B +12")])]
        let html = Page(
            title: "t",
            sections: [Section("s", [JourneyList([.init("j", facts: [.init(sign: "A", "one"), .init(sign: "B", "two")], steps: steps)])])]
        ).html()
        #expect(html.contains("<b>plain</b>"))
        #expect(html.contains("<b class=\"marked\">telling<span class=\"sign\" style=\"border-color:var(--c1)\">B +12</span></b>"))
        #expect(html.contains("<span class=\"sign\" style=\"border-color:var(--c1)\">B</span>two"))
    }

    @Test("More points than the cap are thinned, evenly, and the plot says so")
    func thins() {
        let points = (0..<1000).map { ScatterPlot.Point(x: Double($0), y: 0, category: $0 % 2) }
        let html = Page(
            title: "t",
            sections: [Section("s", [ScatterPlot("p", xLabel: "x", yLabel: "y", categories: ["a", "b"], points: points, cap: 300)])]
        ).html()
        #expect(html.contains("300 of 1,000 points are drawn."))
        // 300 points and two marks of the legend.
        #expect(html.components(of: "<circle") == 302)
    }

    @Test("A long journey says how much was cut")
    func journeys() {
        let steps = (0..<30).map { JourneyList.Step("page \($0)") }
        let html = Page(title: "t", sections: [Section("s", [JourneyList([.init("j", steps: steps)], longest: 10)])]).html()
        #expect(html.contains("page 9") && !html.contains("page 10") && html.contains("and 20 more"))
    }

    @Test(
        "Numbers as people read them",
        arguments: [
            (NumberText.fixed(1234567.891, digits: 2), "1,234,567.89"), (NumberText.fixed(-0.0049, digits: 2), "0.00"),
            (NumberText.fixed(-1.005, digits: 1), "−1.0"), (NumberText.fixed(0.9996, digits: 3), "1.000"), (NumberText.fixed(.nan), "–"),
            (NumberText.percent(0.12345), "12.3 %"), (NumberText.count(44_916), "44,916"), (NumberText.count(-12), "−12"),
            (NumberText.seconds(0.25), "250 ms"), (NumberText.seconds(9.97), "10 s"), (NumberText.seconds(130), "2 min 10 s"),
            (NumberText.seconds(3600), "1 h"), (NumberText.seconds(4000), "1 h 6 min"),
        ])
    func numbers(_ pair: (String, String)) { #expect(pair.0 == pair.1) }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let found = rest.firstRange(of: part) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
