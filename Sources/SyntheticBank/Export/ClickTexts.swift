/// Everything about a page, browser or campaign that goes into a row, written once in each format.
///
/// No text of the simulated bank contains a quote or a line end; those with a comma are quoted in CSV, and none needs escaping in JSON.
struct ClickTexts {
    /// `url,title,event` of each page, with and without its title.
    let csvPages: [[UInt8]]
    let csvPagesUntitled: [[UInt8]]
    let jsonPages: [[UInt8]]
    let jsonPagesUntitled: [[UInt8]]
    /// `source,medium,campaign` of each arrival.
    let csvArrivals: [[UInt8]]
    let jsonArrivals: [[UInt8]]

    init(_ site: Site, _ campaigns: Campaigns) {
        func cell(_ text: String) -> String { text.contains(",") ? "\"\(text)\"" : text }
        func event(_ page: Page) -> String { site.groups[page.group].role.event(in: site.groups[page.group].section) }
        csvPages = site.pages.map { Array("\(cell($0.url)),\(cell($0.title)),\(event($0))".utf8) }
        csvPagesUntitled = site.pages.map { Array("\(cell($0.url)),,\(event($0))".utf8) }
        jsonPages = site.pages.map { Array(",\"url\":\"\($0.url)\",\"title\":\"\($0.title)\",\"event\":\"\(event($0))\"".utf8) }
        jsonPagesUntitled = site.pages.map { Array(",\"url\":\"\($0.url)\",\"event\":\"\(event($0))\"".utf8) }
        csvArrivals = campaigns.all.map { Array("\($0.source),\($0.medium),\($0.name)".utf8) }
        jsonArrivals = campaigns.all.map { arrival in
            let name = arrival.name.isEmpty ? "" : ",\"campaign\":\"\(arrival.name)\""
            return Array(",\"source\":\"\(arrival.source)\",\"medium\":\"\(arrival.medium)\"\(name)".utf8)
        }
    }
}
