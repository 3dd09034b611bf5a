#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Draws visitors: who they are, how their need drifts, when they come, and what they do.
struct VisitorSource {
    let configuration: BankConfiguration
    let seed: UInt64
    let site: Site
    let tables: NeedTables
    let stays: PageStay
    let queries: SearchQueries
    let campaigns: Campaigns
    private let hourSums: [[Float]]
    private let weekdaySums: [[Float]]

    init(_ configuration: BankConfiguration, seed: UInt64) {
        self.configuration = configuration
        self.seed = seed
        site = Site()
        tables = NeedTables(configuration, site)
        stays = PageStay(contrast: configuration.dwellContrast)
        queries = SearchQueries(configuration, tables.needs)
        campaigns = Campaigns(configuration, tables.needs)
        hourSums = Rhythm.allCases.map { runningSums($0.hours) }
        weekdaySums = Rhythm.allCases.map { runningSums($0.weekdays) }
    }

    private static let mobileBrowsers = ["Chrome Mobile", "Safari Mobile", "Samsung Internet", "Firefox Mobile"]
    private static let desktopBrowsers = ["Chrome", "Edge", "Firefox", "Safari"]
    private static let botBrowsers = ["ExampleBot/2.1", "PageCrawler/1.0", "RateWatcher/0.9"]

    /// The visitor with this number, with all sessions.
    func visitor(_ number: Int, walk: inout Walk) -> SimulatedVisitor {
        var source = SeededSource(seed: seed, stream: SeededSource.stream(number, .visits))
        if source.chance(configuration.botShare) { return bot(number, &source) }
        var visitor = person(number, &source)
        var need = source.draw(tables.priorSums)
        var day = configuration.firstDay + source.index(below: configuration.arrivalDays)
        var sessions = 1
        let goOn = configuration.meanFurtherSessions / (1 + configuration.meanFurtherSessions)
        while sessions < Self.mostSessions && source.chance(goOn) { sessions += 1 }
        visitor.sessions.reserveCapacity(sessions)
        for index in 0..<sessions {
            if index > 0 {
                need = drifted(need, &source)
                day = Self.nextDay(after: day, &source)
            }
            visitor.sessions.append(session(need, visitor, day: &day, &walk, &source))
        }
        thinLinks(&visitor)
        return visitor
    }

    /// Sessions of one person at most.
    static let mostSessions = 20

    /// The day from which the weekday of the next session is looked for.
    static func nextDay(after day: Int, _ source: inout SeededSource) -> Int { day + 1 + Int(-5 * log(1 - source.unit())) }

    /// Takes the customer id out of some sessions. Nothing is drawn where all keep it, and nothing from the visitor's own stream ever.
    private func thinLinks(_ visitor: inout SimulatedVisitor) {
        if configuration.app.linkShare == 1 { return }
        var source = SeededSource(seed: seed, stream: SeededSource.stream(visitor.number, .app, part: AppPart.links.rawValue))
        for index in visitor.sessions.indices where !source.chance(configuration.app.linkShare) {
            visitor.sessions[index].firstKnownEvent = nil
        }
    }

    private func person(_ number: Int, _ source: inout SeededSource) -> SimulatedVisitor {
        let point = source.unit()
        let device: SimulatedVisitor.Device = point < 0.55 ? .mobile : point < 0.93 ? .desktop : .tablet
        let mobile = device != .desktop
        let isPrivate = source.chance(configuration.privacyBrowserShare)
        let names = mobile ? Self.mobileBrowsers : Self.desktopBrowsers
        let name = names[min(source.index(below: 4), source.index(below: 4))]
        let blocks = source.chance(mobile ? configuration.adBlockerShareMobile : configuration.adBlockerShareDesktop)
        var customer: Int? = source.chance(configuration.customerShare) ? number : nil
        if customer != nil, number > 0, source.chance(configuration.secondBrowserShare) { customer = number - 1 }
        return SimulatedVisitor(
            number: number, device: device, browser: isPrivate ? "Privacy Browser" : name, customer: customer, isBot: false,
            blocksScripts: blocks, hidesTitles: isPrivate)
    }

    /// The need of the next session.
    func drifted(_ need: Int, _ source: inout SeededSource) -> Int {
        // Both moves leave the shares of needs as they are, so that the prior holds for every session, first or tenth.
        let point = source.unit()
        if point < configuration.needPersistence { return need }
        if point < configuration.needPersistence + configuration.needFamilyMove {
            return tables.familyMembers[need][source.draw(tables.familySums[need])]
        }
        return source.draw(tables.priorSums)
    }

    /// Start of the session in milliseconds; moves `day` to the weekday drawn.
    func start(_ need: Int, _ day: inout Int, _ source: inout SeededSource) -> Int64 {
        let rhythm = tables.needs[need].rhythm.rawValue
        let weekday = source.draw(weekdaySums[rhythm])
        day += (weekday - Self.weekday(ofDay: day) + 7) % 7
        let seconds = source.draw(hourSums[rhythm]) * 3600 + source.index(below: 3600)
        return (Int64(day) * 86_400 + Int64(seconds)) * 1000 + Int64(source.index(below: 1000))
    }

    /// Monday is 0; day 0 (1 January 1970) was a Thursday.
    static func weekday(ofDay day: Int) -> Int { (day + 3) % 7 }

    private func session(
        _ need: Int, _ visitor: SimulatedVisitor, day: inout Int, _ walk: inout Walk, _ source: inout SeededSource
    ) -> SimulatedSession {
        let mode: SimulatedSession.Mode = source.chance(configuration.goalDirectedShare) ? .goal : .idle
        var session = SimulatedSession(mode: mode, need: need, arrival: campaigns.draw(need, using: &source))
        var time = start(need, &day, &source)
        walk.restart()
        var state = source.chance(Double(NeedTables.landingShare)) ? NeedTables.landing : firstState(mode, &source)
        while true {
            let (page, query) = step(need, state, walk, &source)
            let role = site.groups[site.pages[page].group].role
            let pace = pace(need, state, role)
            session.events.append(
                SimulatedEvent(page: page, time: time, scroll: stays.drawScroll(role, pace, using: &source), query: query))
            time += Int64(stays.drawDwellMilliseconds(role, pace, mobile: visitor.isMobile, using: &source))
            walk.visit(page, site)
            // A customer who opens the log-in page gets in four times out of five; others cannot.
            if page == site.login, visitor.customer != nil, session.firstKnownEvent == nil, source.chance(0.8) {
                session.firstKnownEvent = session.events.count
            }
            guard session.events.count < NeedTables.longestSession, let next = nextState(need, state, mode, &source) else { break }
            state = next
        }
        if let first = session.firstKnownEvent, first >= session.events.count { session.firstKnownEvent = nil }
        return session
    }

    private func firstState(_ mode: SimulatedSession.Mode, _ source: inout SeededSource) -> Int {
        mode == .idle ? NeedTables.idle : source.chance(Double(NeedTables.deepLinkShare)) ? 1 : 0
    }

    private func nextState(_ need: Int, _ state: Int, _ mode: SimulatedSession.Mode, _ source: inout SeededSource) -> Int? {
        if source.chance(Double(tables.leave[need][state])) { return nil }
        if state == NeedTables.landing { return firstState(mode, &source) }
        let row = tables.transition[need * 8 + state]
        var point = Float(source.unit()) * row.sum()
        for next in 0..<8 {
            point -= row[next]
            if point < 0 && row[next] > 0 { return next }
        }
        return state
    }

    /// The pace of a need in a state on a kind of page.
    func pace(_ need: Int, _ state: Int, _ role: Role) -> Pace {
        state == NeedTables.idle
            ? .idle : state == NeedTables.landing ? .usual : tables.pace[need * Role.allCases.count + role.index]
    }

    private func step(
        _ need: Int, _ state: Int, _ walk: Walk, _ source: inout SeededSource
    ) -> (page: Int, query: (phrase: Int, typed: String)?) {
        if state == NeedTables.landing { return (site.home, nil) }
        if source.chance(Double(tables.detourShare[state])) { return (site.detour(from: walk.previous, using: &source), nil) }
        if source.chance(Double(NeedTables.searchShare)) {
            let phrase = queries.draw(need, using: &source)
            let misspelled = source.chance(configuration.misspellingShare)
            return (site.search, (phrase, queries.typed(phrase, misspelled: misspelled, using: &source)))
        }
        // An idle visitor who does follow the need takes any of its steps.
        let step = state == NeedTables.idle ? source.index(below: tables.stepGroups[need].count) : state
        let group = tables.stepGroups[need][step][source.draw(tables.stepSums[need][step])]
        let movement: Movement = state == NeedTables.idle ? .known : tables.needs[need].plan[step].movement
        let variant = walk.drawVariant(movement, group, site, using: &source)
        return (site.groups[group].firstPage + variant, nil)
    }

    /// Bots fetch many pages in the order of the site, faster than anybody reads, at any hour, and scroll nothing.
    private func bot(_ number: Int, _ source: inout SeededSource) -> SimulatedVisitor {
        let disguised = source.chance(configuration.disguisedBotShare)
        let names = disguised ? Self.desktopBrowsers : Self.botBrowsers
        var visitor = SimulatedVisitor(
            number: number, device: .desktop, browser: names[source.index(below: names.count)], customer: nil, isBot: true,
            blocksScripts: false, hidesTitles: false)
        var day = configuration.firstDay + source.index(below: configuration.arrivalDays)
        for _ in 0..<(1 + source.index(below: 3)) {
            var session = SimulatedSession(mode: .bot, need: 0, arrival: 0)
            var time = Int64(day) * 86_400_000 + Int64(source.index(below: 86_000_000))
            var page = source.index(below: site.pages.count)
            for _ in 0..<(25 + source.index(below: 80)) {
                session.events.append(SimulatedEvent(page: page == site.search ? site.home : page, time: time, scroll: 0, query: nil))
                time += 150 + Int64(source.index(below: 1400))
                page = source.chance(0.85) ? (page + 1) % site.pages.count : source.index(below: site.pages.count)
            }
            visitor.sessions.append(session)
            day += 1 + source.index(below: 4)
        }
        return visitor
    }
}
