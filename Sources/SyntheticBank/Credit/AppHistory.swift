#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Leanings of an applicant that nobody sees: standard normal numbers that shape the rows. Only what the rows show counts for the outcome.
struct ApplicantTraits {
    let tempo, hesitation, routine, monthEnd, weekend, order, balanceOfAmounts, level, lateness: Double
    let refusals, missing, drift, activity: Double
    /// Running sums of the weights of the families of pages.
    let families: [Float]
    /// Code of most of the applicant's operations, by popularity from 0.
    let version: Double

    init(using source: inout SeededSource) {
        tempo = source.normal()
        hesitation = source.normal()
        routine = source.normal()
        monthEnd = source.normal()
        weekend = source.normal()
        order = source.normal()
        balanceOfAmounts = source.normal()
        level = source.normal()
        lateness = source.normal()
        refusals = source.normal()
        missing = source.normal()
        drift = source.normal()
        activity = source.normal()
        var weights: [Float] = []
        for _ in AppOperation.families { weights.append(Float(exp(1.5 * source.normal()))) }
        families = runningSums(weights)
        version = source.unit()
    }
}

/// What an applicant did in the app, session by session, by time.
struct AppHistory {
    /// One behaviour.
    struct Row {
        /// In milliseconds since 1970.
        var time: Int64
        /// Place in ``AppOperation/names``.
        var operation: Int
        /// Which of the operation's codes.
        var variant: Int
        /// Of money operations, in hundredths; -1 for others.
        var cents: Int64
    }

    /// Latest sessions and behaviours that are drawn: what models that read no more would cut off.
    static let mostSessions = 50
    static let mostBehaviours = 25
    /// Milliseconds: sessions lie further apart, behaviours of one less.
    static let pause: Int64 = 3_600_000

    var rows: [Row] = []
    /// Where sessions begin in ``rows``, and their end.
    var starts: [Int] = [0]

    var sessions: Int { starts.count - 1 }
    func session(_ number: Int) -> Range<Int> { starts[number]..<starts[number + 1] }
}

/// Draws histories.
struct AppHistorySource {
    private let assumptions: CreditAssumptions
    private let firstDay: Int
    private let hourSums = runningSums(Rhythm.evening.hours)
    /// Popularity of the codes of an operation, and of a button: the next one has less of it than the one before.
    private let codeSums: (operation: [Float], widget: [Float])

    init(_ assumptions: CreditAssumptions, firstDay: Int) {
        (self.assumptions, self.firstDay) = (assumptions, firstDay)
        func sums(_ operation: Int) -> [Float] {
            runningSums((1...AppOperation.codes(operation, assumptions.codesPerOperation)).map { 1 / Float($0) })
        }
        codeSums = (sums(0), sums(AppOperation.widget))
    }

    private static func share(_ logit: Double) -> Double { 1 / (1 + exp(-logit)) }

    /// Replaces `history`; what was in it only lends its memory.
    func draw(into history: inout AppHistory, _ traits: ApplicantTraits, _ sessions: inout SeededSource, _ behaviours: inout SeededSource) {
        history.rows.removeAll(keepingCapacity: true)
        history.starts.removeAll(keepingCapacity: true)
        history.starts.append(0)
        // The last session first: the decision follows it.
        let lastDay = firstDay + sessions.index(below: assumptions.decisionDays)
        let last = moment(lastDay, &sessions)
        var times: [Int64] = []
        let mean = (assumptions.meanSessions - 1) * exp(0.3 * traits.activity - 0.045)
        let count = min(1 + sessions.geometric(mean: max(0.01, mean * 0.4)) + Int(mean * 0.6), AppHistory.mostSessions) - 1
        for _ in 0..<count {
            var day = lastDay
            // Days are drawn until one suits the applicant; after some the last one is taken.
            for _ in 0..<12 {
                let back = sessions.unit()
                day = lastDay - 1 - Int(Double(assumptions.historyDays - 1) * back * (0.4 + 0.6 * back))
                let end = CalendarDay.ofMonth(day) >= 25 ? Self.share(1.4 * traits.monthEnd) : 0.5
                let weekend = CalendarDay.isWeekend(day) ? Self.share(1.2 * traits.weekend) : 0.5
                if sessions.chance(end * weekend) { break }
            }
            times.append(moment(day, &sessions))
        }
        times.sort()
        var free: Int64 = 0
        for time in times where time >= free && time < last - 4 * AppHistory.pause {
            // One in ten is a glance of one or two behaviours.
            session(at: time, isGlance: behaviours.chance(0.1), traits, into: &history, &behaviours)
            free = history.rows[history.rows.count - 1].time + AppHistory.pause + 60_000
        }
        session(at: max(last, free), isGlance: false, traits, into: &history, &behaviours)
    }

    private func moment(_ day: Int, _ source: inout SeededSource) -> Int64 {
        let seconds = source.draw(hourSums) * 3600 + source.index(below: 3600)
        return Int64(day) * CalendarDay.milliseconds + Int64(seconds) * 1000 + Int64(source.index(below: 1000))
    }

    private func session(
        at start: Int64, isGlance: Bool, _ traits: ApplicantTraits, into history: inout AppHistory, _ source: inout SeededSource
    ) {
        let first = history.rows.count
        if isGlance {
            for _ in 0...source.index(below: 2) {
                append(source.chance(0.5) ? AppOperation.balance : AppOperation.other.lowerBound, &history)
            }
        } else {
            // What the session is about is drawn anew each time: only the last one's counts.
            let intention = Self.share(-1.7 + 0.9 * source.normal())
            let beginsWithBalance = source.chance(Self.share(1.3 * traits.routine))
            let hasPair = source.chance(0.4)
            let hasLaterBalance = !beginsWithBalance && source.chance(0.85)
            let extras = (beginsWithBalance || hasLaterBalance ? 1 : 0) + (hasPair ? 2 : 0)
            let count = min(3 + source.geometric(mean: max(0.01, assumptions.meanBehaviours - 3)), AppHistory.mostBehaviours)
            if beginsWithBalance { append(AppOperation.balance, &history) }
            for _ in 0..<max(count - extras, 3 - extras, 1) { append(operation(intention, traits, &source), &history) }
            if hasLaterBalance {
                insert(AppOperation.balance, from: first + 1, &history, &source)
            }
            if hasPair {
                // Neither may begin the session, where the balance would stand.
                let limitFirst = source.chance(Self.share(1.5 * traits.order))
                let place = insert(limitFirst ? AppOperation.limit : AppOperation.bill, from: first + 1, &history, &source)
                insert(limitFirst ? AppOperation.bill : AppOperation.limit, from: place + 1, &history, &source)
            }
        }
        var time = start
        for place in first..<history.rows.count {
            if place > first {
                let isButton = history.rows[place].operation == AppOperation.widget
                let log = 2.9 + 0.2 * traits.tempo + (isButton ? 0.8 * traits.hesitation : 0) + 0.5 * source.normal()
                time += Int64(min(max(exp(log), 0.5), 1500) * 1000)
            }
            let operation = history.rows[place].operation
            history.rows[place].time = time
            history.rows[place].variant = variant(operation, traits, &source)
            if AppOperation.isMoney(operation) { history.rows[place].cents = cents(operation, traits, &source) }
        }
        history.starts.append(history.rows.count)
    }

    private func append(_ operation: Int, _ history: inout AppHistory) {
        history.rows.append(AppHistory.Row(time: 0, operation: operation, variant: 0, cents: -1))
    }

    @discardableResult
    private func insert(_ operation: Int, from first: Int, _ history: inout AppHistory, _ source: inout SeededSource) -> Int {
        let place = first + source.index(below: history.rows.count - first + 1)
        history.rows.insert(AppHistory.Row(time: 0, operation: operation, variant: 0, cents: -1), at: place)
        return place
    }

    private func operation(_ intention: Double, _ traits: ApplicantTraits, _ source: inout SeededSource) -> Int {
        var point = source.unit()
        func isIn(_ share: Double) -> Bool {
            point -= share
            return point < 0
        }
        if isIn(0.8 * intention) { return AppOperation.wishes.lowerBound + source.index(below: AppOperation.wishes.count) }
        // The rest is divided as if there were nothing else.
        point = source.unit()
        if isIn(0.14) { return AppOperation.terms }
        if isIn(0.15) { return AppOperation.outgoing.lowerBound + source.index(below: AppOperation.outgoing.count) }
        if isIn(0.1) { return AppOperation.incoming.lowerBound + source.index(below: AppOperation.incoming.count) }
        if isIn(0.03) { return AppOperation.aside.lowerBound + source.index(below: AppOperation.aside.count) }
        if isIn(0.13) { return AppOperation.widget }
        if isIn(0.05) { return AppOperation.other.lowerBound + source.index(below: AppOperation.other.count) }
        if source.chance(Self.share(-1.6 + 0.9 * traits.lateness)) {
            return AppOperation.late.lowerBound + source.index(below: AppOperation.late.count)
        }
        return source.draw(traits.families) * 3 + source.index(below: 3)
    }

    private func variant(_ operation: Int, _ traits: ApplicantTraits, _ source: inout SeededSource) -> Int {
        let isWidget = operation == AppOperation.widget
        // Seven in ten by the applicant's version of the app. The numbers drawn are as many whatever the codes are.
        if !isWidget && source.chance(0.7) { return Int(traits.version * Double(assumptions.codesPerOperation)) }
        return source.draw(isWidget ? codeSums.widget : codeSums.operation)
    }

    private static let usualLogs = [4.2, 4.8, 3.9, 4.4, 4.3, 5, 4.6, 5.2, 5.4]

    private func cents(_ operation: Int, _ traits: ApplicantTraits, _ source: inout SeededSource) -> Int64 {
        let direction = AppOperation.outgoing.contains(operation) ? 0.5 : AppOperation.incoming.contains(operation) ? -0.5 : 0
        let usual = Self.usualLogs[operation - AppOperation.outgoing.lowerBound]
        let log = usual + 0.3 * traits.level + direction * traits.balanceOfAmounts + 0.5 * source.normal()
        return Int64((exp(min(log, 14)) * 100).rounded())
    }
}
