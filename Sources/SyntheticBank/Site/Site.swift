/// The page graph: every page with its address and title, and how likely a page is to be visited by somebody who wants nothing.
///
/// Links: every page reaches the menu (all pages, by popularity) and the pages of its own section. A detour takes either with
/// probability one half. What a visitor with a need does is written in the need's plan, not here.
struct Site {
    let pages: [Page]
    let groups: [PageGroup]
    /// Popularity of each page in the menu; sums to 1 over all pages.
    let menu: [Float]
    /// Popularity of each page among the pages of its section; sums to 1 over each section.
    let withinSection: [Float]
    let menuSums: [Float]
    let sectionSums: [[Float]]
    let sectionPages: [[Int]]
    /// Per section: whether its pages link to one another (home, log in and search do not).
    let hasLinksOfItsOwn: [Bool]
    /// Popularity of the variants of each group (the first is the best known), and its running sums.
    let variantShares: [[Float]]
    let variantSums: [[Float]]
    private let groupIndex: [String: Int]

    /// Index of each page's section in `Section.allCases`.
    let sectionOfPage: [Int]

    let home: Int
    let search: Int
    let login: Int

    init() {
        var pages: [Page] = []
        var groups: [PageGroup] = []
        var groupIndex: [String: Int] = [:]
        for (section, role, variants) in SiteContent.groups {
            let group = groups.count
            groupIndex["\(section.rawValue).\(role.name)"] = group
            groups.append(PageGroup(section: section, role: role, firstPage: pages.count, variants: variants.count))
            for (variant, text) in variants.enumerated() {
                pages.append(
                    Page(
                        url: SiteContent.url(section, role, text), title: SiteContent.title(section, role, text), group: group,
                        variant: variant))
            }
        }
        let popularity = pages.map { page in
            SiteContent.popularity(groups[page.group].section, groups[page.group].role) / Float(page.variant + 1)
        }
        let total = popularity.reduce(0, +)
        var sectionTotals: [Section: Float] = [:]
        for (page, weight) in zip(pages, popularity) { sectionTotals[groups[page.group].section, default: 0] += weight }
        self.pages = pages
        self.groups = groups
        self.groupIndex = groupIndex
        menu = popularity.map { $0 / total }
        let inSection = Section.allCases.map { section in pages.indices.filter { groups[pages[$0].group].section == section } }
        hasLinksOfItsOwn = inSection.map { $0.count > 2 }
        withinSection = zip(pages, popularity).map { page, weight in
            weight == 0 ? 0 : weight / sectionTotals[groups[page.group].section]!
        }
        menuSums = runningSums(menu)
        let order = Dictionary(uniqueKeysWithValues: Section.allCases.enumerated().map { ($1, $0) })
        sectionOfPage = pages.map { order[groups[$0.group].section]! }
        let shares = withinSection
        sectionPages = inSection
        sectionSums = inSection.map { members in runningSums(members.map { shares[$0] }) }
        variantShares = groups.map { group in
            let weights = (0..<group.variants).map { 1 / Float($0 + 1) }
            let sum = weights.reduce(0, +)
            return weights.map { $0 / sum }
        }
        variantSums = variantShares.map(runningSums)
        home = groups[groupIndex["home.hub"]!].firstPage
        search = groups[groupIndex["search.results"]!].firstPage
        login = groups[groupIndex["login.form"]!].firstPage
    }

    /// The group called `section.role`, or `role` inside the given section.
    func group(named name: String, in section: Section) -> Int {
        let full = name.contains(".") ? name : "\(section.rawValue).\(name)"
        guard let group = groupIndex[full] else { preconditionFailure("Site.group: no pages called \(full)") }
        return group
    }

    /// Probability that somebody who wants nothing goes from `previous` (nil: comes to the site) to `page`.
    func detourProbability(to page: Int, from previous: Int?) -> Float {
        guard let previous, hasLinksOfItsOwn[sectionOfPage[previous]] else { return menu[page] }
        let linked = sectionOfPage[previous] == sectionOfPage[page] ? withinSection[page] : 0
        return 0.5 * menu[page] + 0.5 * linked
    }

    /// Draws by `detourProbability`.
    func detour(from previous: Int?, using source: inout SeededSource) -> Int {
        guard let previous, hasLinksOfItsOwn[sectionOfPage[previous]], source.chance(0.5) else { return source.draw(menuSums) }
        let section = sectionOfPage[previous]
        return sectionPages[section][source.draw(sectionSums[section])]
    }
}
