/// Takes: a corpus whose sessions are the export's own.   Gives: where they differ from those that a rule cuts, and why.
///
/// Each visitor's events are taken in the order of time. Between two of them the export may begin a session, the rule may, both or neither;
/// where one does alone there is a cause. Memory: some 28 bytes a session, and 24 for each event of a visitor at a time.
public struct SessionReconciliation: Sendable, Equatable {
    /// Why one begins a session where the other does not.
    public enum Cause: String, Sendable, Codable, CaseIterable {
        /// The export: another day, and no longer pause.
        case midnight
        /// The export: another campaign, and no longer pause.
        case campaign
        /// The export: as long or as many events as a vendor allows.
        case hardLimit
        /// The export: events of several of its sessions lie between one another, as of tabs, devices under one id, or clocks that differ.
        case interleaved
        /// The export: another id for no reason that can be seen here, such as a new cookie, a restarted app or the vendor's shorter pause.
        case otherID
        /// The rule: the session goes on with a ping or heartbeat after a longer pause, from a page that was left open.
        case latePing
        /// The rule: a longer pause inside the export's session, and what follows is somebody's act.
        case pause
        /// The rule: its own limit of length, events or change.
        case ruleLimit

        /// Whether the export begins a session there and the rule does not.
        public var isOfExport: Bool { [.midnight, .campaign, .hardLimit, .interleaved, .otherID].contains(self) }

        /// As people read it.
        public var title: String {
            switch self {
            case .midnight: "at midnight"
            case .campaign: "with another campaign"
            case .hardLimit: "at a hard limit of length or events"
            case .interleaved: "among events of another of its sessions"
            case .otherID: "for no reason in the events"
            case .latePing: "a late ping from an open page"
            case .pause: "a longer pause"
            case .ruleLimit: "the rule's own limit or change"
            }
        }
    }

    /// What became of the export's sessions.
    public struct Counts: Sendable, Equatable, Codable {
        /// Sessions of the export.
        public var export = 0
        /// Sessions of the rule.
        public var rule = 0
        /// Of the export that are one of the rule, event for event.
        public var same = 0
        /// Of the export that the rule cuts into several, each of nothing else.
        public var split = 0
        /// Of the export that lie with others in one of the rule.
        public var merged = 0
        /// Of the export that are cut, and a part of which lies with others.
        public var both = 0
        /// Of the export that hold nothing but pings: a page left open that went on under a new session id.
        public var stray = 0
    }

    /// Lengths of sessions, from first event to last, in seconds.
    public struct Durations: Sendable, Equatable, Codable {
        /// Sessions.
        public var sessions = 0
        /// Half of them are no longer.
        public var median = 0.0
        /// 19 of 20 are no longer.
        public var percentile95 = 0.0
        /// The longest.
        public var longest = 0.0
        /// Longer than a day.
        public var overADay = 0

        init(_ seconds: [Float]) {
            sessions = seconds.count
            guard !seconds.isEmpty else { return }
            let sorted = seconds.sorted()
            func quantile(_ share: Double) -> Double { Double(sorted[Int((Double(sorted.count - 1) * share).rounded())]) }
            (median, percentile95, longest) = (quantile(0.5), quantile(0.95), Double(sorted[sorted.count - 1]))
            overADay = sorted.count { $0 > 86_400 }
        }
    }

    /// One cut, for whoever looks it up; no id of anyone.
    public struct Example: Sendable, Equatable, Codable {
        /// The session's number in the corpus, from 0, that the event before belongs to.
        public var session: Int
        /// The event's number in the corpus, from 0, before which it is.
        public var event: Int
        /// Seconds since the event before.
        public var pause: Double
    }

    /// What is compared with.
    public let settings: ReconciliationSettings
    /// Events with a time; those without are in no comparison.
    public private(set) var events = 0
    /// Events without a time.
    public private(set) var withoutTime = 0
    /// Visitors.
    public private(set) var visitors = 0
    /// What became of the sessions.
    public private(set) var counts = Counts()
    /// Cuts by cause.
    public private(set) var causes: [Cause: Int] = [:]
    /// The first cuts of each cause.
    public private(set) var examples: [Cause: [Example]] = [:]
    /// The first sessions that hold nothing but pings, by number in the corpus, from 0.
    public private(set) var strays: [Int] = []
    /// Of the export.
    public private(set) var before = Durations([])
    /// Of the export's sessions without their pauses that are longer than the rule's.
    public private(set) var repaired = Durations([])
    /// Of the rule.
    public private(set) var ofRule = Durations([])

    private static let mostExamples = 3

    /// Compares.
    public init(_ corpus: Corpus, _ settings: ReconciliationSettings) {
        var settings = settings
        if settings.pings.isEmpty, let field = settings.eventField, let names = corpus.dictionary(field) {
            settings.pings = Set((0..<names.count).map { names[$0] }.filter(ReconciliationSettings.isPing))
        }
        self.settings = settings
        var walk = Walk(corpus, settings)
        let order = Self.sessionsByVisitor(corpus)
        var first = 0
        while first < order.count {
            let visitor = corpus.visitor(ofSession: Int(order[first]))
            var last = first
            while last < order.count, corpus.visitor(ofSession: Int(order[last])) == visitor { last += 1 }
            walk.take(order[first..<last])
            first = last
        }
        (events, withoutTime, visitors, counts) = (walk.events, walk.withoutTime, walk.visitors, walk.counts)
        (causes, examples, strays) = (walk.causes, walk.examples, walk.strays)
        (before, repaired, ofRule) = (Durations(walk.durations), Durations(walk.repaired), Durations(walk.ruleDurations))
    }

    /// Sessions, those of a visitor together, in the order of the corpus.
    private static func sessionsByVisitor(_ corpus: Corpus) -> [Int32] {
        var starts = [Int32](repeating: 0, count: corpus.visitorCount + 1)
        for session in 0..<corpus.sessionCount { starts[corpus.visitor(ofSession: session) + 1] += 1 }
        for visitor in 0..<corpus.visitorCount { starts[visitor + 1] += starts[visitor] }
        var order = [Int32](repeating: 0, count: corpus.sessionCount)
        for session in 0..<corpus.sessionCount {
            let visitor = corpus.visitor(ofSession: session)
            order[Int(starts[visitor])] = Int32(session)
            starts[visitor] += 1
        }
        return order
    }

    /// One visitor after another.
    private struct Walk {
        let corpus: Corpus
        let settings: ReconciliationSettings
        private let gap: Int64
        private let maximumLength: Int64
        private let maximumEvents: Int
        private let zone: Int64
        private let kinds: Column<Int32>?
        private let pingCodes: Set<Int32>
        private let campaigns: [Column<Int32>]
        private let watched: [Column<Int32>]

        var (events, withoutTime, visitors) = (0, 0, 0)
        var counts = Counts()
        var causes: [Cause: Int] = [:]
        var examples: [Cause: [Example]] = [:]
        var strays: [Int] = []
        var (durations, repaired, ruleDurations): ([Float], [Float], [Float]) = ([], [], [])
        /// The visitor's events, and the place of the session of each among the visitor's.
        private var own: [(time: Int64, event: Int, session: Int)] = []

        init(_ corpus: Corpus, _ settings: ReconciliationSettings) {
            (self.corpus, self.settings) = (corpus, settings)
            gap = Int64((settings.rules.gapSeconds * 1e6).rounded())
            maximumLength = settings.rules.maximumLengthSeconds.map { Int64(($0 * 1e6).rounded()) } ?? .max
            maximumEvents = settings.rules.maximumEvents ?? .max
            zone = Int64(settings.zoneMinutes) * 60_000_000
            kinds = settings.eventField.flatMap { corpus.codes($0) }
            let names = settings.eventField.flatMap { corpus.dictionary($0) }
            pingCodes = Set((0..<(names?.count ?? 0)).filter { settings.pings.contains(names![$0]) }.map { Int32($0 + 1) })
            campaigns = settings.campaignFields.compactMap { corpus.codes($0) }
            watched = settings.rules.splitOnChange.compactMap { corpus.codes($0) }
        }

        mutating func take(_ sessions: ArraySlice<Int32>) {
            own.removeAll(keepingCapacity: true)
            for (place, session) in sessions.enumerated() {
                for event in corpus.events(ofSession: Int(session)) {
                    let time = corpus.timesMicroseconds[event]
                    if time == .min { withoutTime += 1 } else { own.append((time, event, place)) }
                }
            }
            guard !own.isEmpty else { return }
            own.sort { ($0.time, $0.event) < ($1.time, $1.event) }
            (visitors, events) = (visitors + 1, events + own.count)
            var parts = Parts(sessions: sessions.count)
            var rule = (start: own[0].time, events: 0, number: 0)
            var states = [Session?](repeating: nil, count: sessions.count)
            var known = [[Int32]](repeating: watched.map { _ in 0 }, count: 1)
            for place in own.indices {
                let now = own[place]
                var begins = false
                if place > 0 {
                    let last = own[place - 1], pause = now.time - last.time
                    let isPaused = pause > gap
                    let isLimited =
                        rule.events >= maximumEvents || now.time - rule.start > maximumLength || changes(now.event, known[0])
                    begins = isPaused || isLimited
                    if (now.session != last.session) != begins {
                        let cause =
                            begins
                            ? (!isPaused ? .ruleLimit : isPing(now.event) ? .latePing : .pause)
                            : exportCause(last, now, states[last.session], returns: states[now.session] != nil)
                        note(
                            cause,
                            Example(
                                session: Int(sessions[sessions.startIndex + last.session]), event: now.event, pause: Double(pause) / 1e6))
                    }
                }
                if begins {
                    ruleDurations.append(Float(Double(own[place - 1].time - rule.start) / 1e6))
                    rule = (now.time, 0, rule.number + 1)
                    for field in watched.indices { known[0][field] = 0 }
                }
                rule.events += 1
                for field in watched.indices where watched[field][now.event] != 0 { known[0][field] = watched[field][now.event] }
                parts.add(now.session, rule.number)
                if states[now.session] == nil { states[now.session] = Session(now.time, campaigns: campaigns.count) }
                states[now.session]?.take(now.time, gap: gap, isPing: isPing(now.event))
                for (place, field) in campaigns.enumerated() where field[now.event] != 0 {
                    states[now.session]?.campaigns[place] = field[now.event]
                }
            }
            ruleDurations.append(Float(Double(own[own.count - 1].time - rule.start) / 1e6))
            for (place, state) in states.enumerated() {
                guard let state else { continue }
                if state.isPings { noteStray(Int(sessions[sessions.startIndex + place])) }
                durations.append(Float(Double(state.last - state.first) / 1e6))
                repaired.append(Float(Double(state.alive) / 1e6))
            }
            parts.count(into: &counts)
        }

        private func isPing(_ event: Int) -> Bool { kinds.map { pingCodes.contains($0[event]) } ?? false }

        private func changes(_ event: Int, _ known: [Int32]) -> Bool {
            for field in watched.indices {
                let code = watched[field][event]
                if code != 0, known[field] != 0, code != known[field] { return true }
            }
            return false
        }

        private func exportCause(
            _ last: (time: Int64, event: Int, session: Int), _ now: (time: Int64, event: Int, session: Int), _ state: Session?,
            returns: Bool
        ) -> Cause {
            if returns { return .interleaved }
            if let state {
                let length = Double(state.last - state.first) / 1e6
                // A limit is reached when the next event would pass it.
                if state.events >= settings.limitEvents || length + Double(now.time - last.time) / 1e6 > settings.limitSeconds
                    || state.events >= settings.burstEvents && length <= settings.burstSeconds
                {
                    return .hardLimit
                }
                for (place, field) in campaigns.enumerated() {
                    let (new, known) = (field[now.event], state.campaigns[place])
                    if new != 0, known != 0, new != known { return .campaign }
                }
            }
            func day(_ time: Int64) -> Int64 {
                let local = time &+ zone
                return local >= 0 ? local / 86_400_000_000 : (local - 86_399_999_999) / 86_400_000_000
            }
            return day(last.time) != day(now.time) ? .midnight : .otherID
        }

        private mutating func noteStray(_ session: Int) {
            counts.stray += 1
            if strays.count < SessionReconciliation.mostExamples { strays.append(session) }
        }

        private mutating func note(_ cause: Cause, _ example: Example) {
            causes[cause, default: 0] += 1
            if examples[cause, default: []].count < SessionReconciliation.mostExamples { examples[cause, default: []].append(example) }
        }
    }

    /// One session of the export as far as it was seen.
    private struct Session {
        let first: Int64
        var last: Int64
        var events = 0
        /// Microseconds without pauses longer than the rule's.
        var alive: Int64 = 0
        /// Whether there was nothing but pings.
        var isPings = true

        /// The last known code of each campaign field, 0 for none.
        var campaigns: [Int32]

        init(_ time: Int64, campaigns count: Int) {
            (first, last) = (time, time)
            campaigns = Array(repeating: 0, count: count)
        }

        mutating func take(_ time: Int64, gap: Int64, isPing: Bool) {
            if !isPing { isPings = false }
            if time - last <= gap { alive += time - last }
            (last, events) = (time, events + 1)
        }
    }

    /// Which sessions of the rule each of a visitor's sessions lies in.
    private struct Parts {
        private var rulesOf: [Set<Int>]
        private var exportsOf: [Int: Set<Int>] = [:]

        init(sessions: Int) { rulesOf = Array(repeating: [], count: sessions) }

        mutating func add(_ session: Int, _ rule: Int) {
            if rulesOf[session].insert(rule).inserted { exportsOf[rule, default: []].insert(session) }
        }

        func count(into counts: inout Counts) {
            counts.rule += exportsOf.count
            for rules in rulesOf where !rules.isEmpty {
                counts.export += 1
                let isShared = rules.contains { exportsOf[$0]!.count > 1 }
                switch (rules.count > 1, isShared) {
                case (false, false): counts.same += 1
                case (true, false): counts.split += 1
                case (false, true): counts.merged += 1
                case (true, true): counts.both += 1
                }
            }
        }
    }
}
