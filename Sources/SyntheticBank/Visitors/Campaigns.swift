/// How visitors come to the site: by themselves, by a search engine, by a link, or by a named campaign.
struct Campaigns {
    struct Arrival {
        var source: String
        var medium: String
        var name: String
        /// The section a campaign is about.
        var section: Section?
    }

    static let unnamed = [
        Arrival(source: "direct", medium: "none", name: ""), Arrival(source: "search-engine", medium: "organic", name: ""),
        Arrival(source: "price-comparison", medium: "referral", name: ""),
    ]

    static let named: [Arrival] = [
        Arrival(source: "search-engine", medium: "cpc", name: "cards-autumn", section: .cards),
        Arrival(source: "newsletter", medium: "email", name: "cashback-weeks", section: .cards),
        Arrival(source: "social", medium: "paid-social", name: "switch-in-a-week", section: .accounts),
        Arrival(source: "search-engine", medium: "cpc", name: "account-brand", section: .accounts),
        Arrival(source: "newsletter", medium: "email", name: "deposit-rates", section: .deposits),
        Arrival(source: "search-engine", medium: "cpc", name: "savings-now", section: .savings),
        Arrival(source: "search-engine", medium: "cpc", name: "mortgage-spring", section: .mortgages),
        Arrival(source: "property-portal", medium: "affiliate", name: "home-finders", section: .mortgages),
        Arrival(source: "social", medium: "paid-social", name: "loan-minutes", section: .loans),
        Arrival(source: "car-market", medium: "affiliate", name: "drive-now", section: .carLoans),
        Arrival(source: "newsletter", medium: "email", name: "safe-at-home", section: .insurance),
        Arrival(source: "newsletter", medium: "email", name: "invest-small", section: .investments),
        Arrival(source: "social", medium: "paid-social", name: "freshers", section: .student),
        Arrival(source: "search-engine", medium: "cpc", name: "founders", section: .business),
        Arrival(source: "travel-site", medium: "affiliate", name: "holiday-cash", section: .travel),
    ]

    let all: [Arrival]
    /// Probability of each arrival for each need: `share[arrival * K + need]`.
    let share: [Float]
    private let sums: [[Float]]

    init(_ configuration: BankConfiguration, _ needs: [HiddenNeed]) {
        let campaign = Float(configuration.campaignShare)
        let targeted = Float(configuration.campaignTargeting)
        let named = Self.named
        let rows = needs.map { need -> [Float] in
            let own = named.filter { $0.section == need.section }.count
            let aimed = own == 0 ? 0 : targeted
            return [0.35, 1 - campaign - 0.4, 0.05]
                + named.map { arrival in
                    campaign * ((1 - aimed) / Float(named.count) + (arrival.section == need.section ? aimed / Float(own) : 0))
                }
        }
        all = Self.unnamed + named
        sums = rows.map(runningSums)
        var share = [Float](repeating: 0, count: all.count * needs.count)
        for (k, row) in rows.enumerated() { for (arrival, value) in row.enumerated() { share[arrival * needs.count + k] = value } }
        self.share = share
    }

    func draw(_ need: Int, using source: inout SeededSource) -> Int { source.draw(sums[need]) }
}
