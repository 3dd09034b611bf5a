internal import Evaluation
internal import ReportPage

extension StudyBlocks {
    /// Home pages as they were and as they would be, and how they were chosen.
    func pageBlocks(_ pages: HeadToHead.HomePages, intent: (String) -> String) -> [any Block] {
        let others = pages.linked - pages.better - pages.worse
        let first = study.table.lines[0].name
        let text =
            "Of \(NumberText.count(pages.linked)) home pages judged\(remark) whose customer had visited the web site before and who clicked a tile, "
            + "the inputs that read most (“\(study.pictures?.row ?? "")”) put that tile first in \(NumberText.count(pages.better)) where “\(first)” do "
            + "not, and fail to in \(NumberText.count(pages.worse)) where “\(first)” do; in \(NumberText.count(others)) both agree on whether it comes "
            + "first."
        guard !pages.examples.isEmpty else { return [Paragraph(text)] }
        return [
            Paragraph(text),
            Paragraph(
                "Shown are those of the first kind in which the clicked tile rises most from where it stood, at most four and each of another "
                    + "customer, and the one of the second kind in which it falls most, so that not only what went well is seen. They are the "
                    + "clearest cases and not typical ones. The reason named is what the latest visit was about by its labels, which the ranker "
                    + "reads beside everything else. Probabilities are those that the tile is the one clicked, wherever it stands."),
            OrderedLists(pages.examples.enumerated().map { group($0 + 1, $1, intent) }),
        ]
    }

    private func group(_ number: Int, _ page: HeadToHead.HomePages.Example, _ intent: (String) -> String) -> OrderedLists.Group {
        let place = (page.tiles.firstIndex(where: \.isClicked) ?? 0) + 1
        let isBetter = page.rank < page.baselineRank
        let reason =
            page.intents.isEmpty
            ? "Latest visit: no labels were read"
            : "Latest visit, by its labels: "
                + page.intents.map { "\(intent($0.id)) \(NumberText.percent($0.probability, digits: 0))" }.joined(separator: ", ")
        return OrderedLists.Group(
            "Customer \(number)\(remark): \(isBetter ? "better" : "worse")",
            note: "latest visit ended \(Self.ago(page.daysSinceSession)) before",
            facts: [
                "The clicked tile stood at place \(place); by business features alone it would stand at \(page.baselineRank), with all inputs at "
                    + "\(page.rank)", reason,
            ],
            lists: [
                .init("As shown", page.tiles.map { .init($0.name, mark: $0.isClicked ? "clicked" : "") }),
                .init(
                    "With all inputs",
                    page.newOrder.map {
                        .init($0.name, note: NumberText.percent($0.probability, digits: 0), mark: $0.isClicked ? "clicked" : "")
                    }),
            ])
    }

    /// A stretch of days in hours or days.
    private static func ago(_ days: Double) -> String {
        if days < 1.0 / 24 { return "less than an hour" }
        let (count, unit) = days < 2 ? (Int((days * 24).rounded()), "hour") : (Int(min(days, 1e6).rounded()), "day")
        return "\(NumberText.count(count)) \(unit)\(count == 1 ? "" : "s")"
    }
}
