#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A browser with what its sessions show of their needs; posteriors are nil where no reference is computed.
struct AppBrowser {
    var visitor: SimulatedVisitor
    var posteriors: [[Float]?]
}

/// A moment at which the bank learns whose browser it is.
struct BrowserLink {
    /// How it learns it.
    enum Kind: String {
        case login
        case sent = "sent-link"
    }

    var visitor: Int
    /// From 0.
    var session: Int
    var time: Int64
    var kind: Kind
}

/// What one customer does in the app and at the bank.
struct AppRecord {
    var customer: AppCustomer
    /// Browser by browser, session by session.
    var links: [BrowserLink]
    /// By time.
    var homePages: [(time: Int64, shown: HomePageImpression)]
    var decisionTime: Int64
    /// True probabilities of the first application within 30 days of the decision, by product, none last.
    var outcome: [Double]
    /// By time.
    var applications: [(time: Int64, product: ConversionTable.Product)]
}

/// Draws what a customer does in the app, given what the customer's browsers did on the web. ``AppAssumptions`` says it in words.
struct AppSource {
    private static let day: Int64 = 86_400_000

    let newTilesFrom: Int64
    private let model: VisitorSource
    private let assumptions: AppAssumptions
    private let conversions: ConversionSource
    private let linkedNeeds: LinkedNeeds
    private let homePage: HomePage
    private let forecast: ApplicationForecast
    private let hourSums: [Float]
    private let firstDay: Int
    private let days: Int

    init(_ model: VisitorSource) {
        let configuration = model.configuration
        (self.model, assumptions) = (model, configuration.app)
        (firstDay, days) = (configuration.firstDay, configuration.arrivalDays + configuration.app.tailDays)
        let late = Int64(Double(days) * configuration.app.newTilesFrom)
        newTilesFrom = (Int64(firstDay) + late) * Self.day
        conversions = ConversionSource(configuration, model.tables, seed: model.seed)
        linkedNeeds = LinkedNeeds(configuration, model.tables)
        homePage = HomePage(configuration, model.tables, newFrom: newTilesFrom)
        forecast = ApplicationForecast(model, conversions)
        hourSums = runningSums(Rhythm.evening.hours)
    }

    /// Probability of a click on a tile where it stands.
    func shownProbability(share: Double, place: Int) -> Double { homePage.shownProbability(share: share, place: place) }

    /// One web session as the app's side sees it.
    private struct WebSession {
        var browser: Int
        var number: Int
        var start: Int64
        var end: Int64
        var need: Int
        var isGoal: Bool
        var application: (time: Int64, product: ConversionTable.Product)?
    }

    private func stream(_ number: Int, _ part: AppPart) -> SeededSource {
        SeededSource(seed: model.seed, stream: SeededSource.stream(number, .app, part: part.rawValue))
    }

    /// Everything of one customer.
    /// - Parameter browsers: one or two.
    func record(_ number: Int, _ browsers: [AppBrowser]) -> AppRecord {
        let customer = AppCustomer(number, seed: model.seed)
        let sessions = webSessions(browsers)
        let rates = customer.applicationRates(assumptions)
        let time = decisionTime(number, browsers)
        let pending = sessions.filter { session in
            session.start <= time && (session.application.map { $0.time > time } ?? true)
        }
        var futures = stream(number, .futures)
        let outcome = forecast.first(
            after: time, pending.map { forecast.outlook(end: $0.end, need: $0.need, isGoal: $0.isGoal) },
            browsers: browsers.map { browser in browser.visitor.sessions.prefix { $0.events[0].time <= time } }, rates: rates,
            using: &futures)
        let links = browsers.map(links)
        return AppRecord(
            customer: customer, links: Array(links.joined()),
            homePages: homePages(customer, browsers, sessions, linkedFrom: links.map { $0.map(\.time).min() }), decisionTime: time,
            outcome: outcome,
            applications: applications(number, sessions, rates))
    }

    private func webSessions(_ browsers: [AppBrowser]) -> [WebSession] {
        var sessions: [WebSession] = []
        for (place, browser) in browsers.enumerated() {
            var hours = stream(browser.visitor.number, .hours)
            let followed = conversions.conversions(of: browser.visitor)
            for (number, session) in browser.visitor.sessions.enumerated() {
                let end = session.events[session.events.count - 1].time
                let hour = min(Int64(hours.unit() * Double(Self.day)), Self.day - 1)
                let application = followed[number].days.map { (end + Int64($0) * Self.day + hour, followed[number].product) }
                sessions.append(
                    WebSession(
                        browser: place, number: number, start: session.events[0].time, end: end, need: session.need,
                        isGoal: session.mode == .goal, application: application))
            }
        }
        return sessions.sorted { ($0.end, $0.browser, $0.number) < ($1.end, $1.browser, $1.number) }
    }

    private func links(_ browser: AppBrowser) -> [BrowserLink] {
        var source = stream(browser.visitor.number, .sentLinks)
        return browser.visitor.sessions.enumerated().flatMap { number, session -> [BrowserLink] in
            var links: [BrowserLink] = []
            if source.chance(assumptions.sentLinkShare) {
                links.append(BrowserLink(visitor: browser.visitor.number, session: number, time: session.events[0].time, kind: .sent))
            }
            if let event = session.firstKnownEvent {
                links.append(BrowserLink(visitor: browser.visitor.number, session: number, time: session.events[event].time, kind: .login))
            }
            return links
        }
    }

    private func decisionTime(_ number: Int, _ browsers: [AppBrowser]) -> Int64 {
        var source = stream(number, .decision)
        // What comes after the first session must not reach the moment, or the moment would tell of the future.
        let first = browsers.map { $0.visitor.sessions[0] }.min { $0.events[0].time < $1.events[0].time }
        if source.chance(assumptions.decisionFollowShare), let first {
            let end = first.events[first.events.count - 1].time
            return end + 1 + Int64(source.unit() * assumptions.decisionFollowDays * Double(Self.day))
        }
        return moment(&source)
    }

    /// Any day of the period, at an hour at which people look at their phones.
    private func moment(_ source: inout SeededSource) -> Int64 {
        let day = Int64(firstDay + source.index(below: days))
        let seconds = source.draw(hourSums) * 3600 + source.index(below: 3600)
        return day * Self.day + Int64(seconds) * 1000 + Int64(source.index(below: 1000))
    }

    private func homePages(
        _ customer: AppCustomer, _ browsers: [AppBrowser], _ sessions: [WebSession], linkedFrom: [Int64?]
    ) -> [(time: Int64, shown: HomePageImpression)] {
        var opens = stream(customer.number, .opens)
        var times: [Int64] = []
        // Poisson by Knuth (1969): even draws are multiplied until their product is small enough.
        let bound = exp(-min(assumptions.meanOpens * customer.activity, 500))
        var product = opens.unit()
        while product > bound {
            times.append(moment(&opens))
            product *= opens.unit()
        }
        for session in sessions where opens.chance(assumptions.followShare) {
            let delay = -log(1 - opens.unit()) * assumptions.followDelayDays
            times.append(session.end + 60_000 + Int64(delay * Double(Self.day)))
        }
        times.sort()
        let rows = browsers.map { linkedNeeds.filtered($0.posteriors) }
        let hasReference = rows.allSatisfy { !$0.isEmpty }
        var source = stream(customer.number, .homePages)
        return times.map { time in
            let before = sessions.prefix { $0.end <= time }
            let recent = before.last.map { RecentNeed(need: $0.need, strength: homePage.strength(after: time - $0.end)) }
            let linked = before.last { session in linkedFrom[session.browser].map { $0 <= time } ?? false }
            let known =
                hasReference
                ? linked.map { (needs: rows[$0.browser][$0.number], strength: homePage.strength(after: time - $0.end)) } : nil
            return (time, homePage.draw(customer, at: time, recent, known: known, hasReference: hasReference, using: &source))
        }
    }

    private func applications(
        _ number: Int, _ sessions: [WebSession], _ rates: [Double]
    ) -> [(time: Int64, product: ConversionTable.Product)] {
        var rows = sessions.compactMap(\.application)
        let rate = rates.reduce(0, +)
        if rate > 0 {
            var source = stream(number, .applications)
            // Beyond the last decision by more than the days that are looked at.
            let last = Double(days + ConversionTable.horizonDays + 8) + assumptions.decisionFollowDays
            var moment = -log(1 - source.unit()) / rate
            while moment < last {
                let product = ConversionTable.Product.allCases[source.index(weighted: rates)]
                rows.append((Int64(firstDay) * Self.day + Int64(moment * Double(Self.day)), product))
                moment -= log(1 - source.unit()) / rate
            }
        }
        return rows.sorted { ($0.time, $0.product.rawValue) < ($1.time, $1.product.rawValue) }
    }
}
