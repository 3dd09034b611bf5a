#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Something an applicant did in the app.
public struct AppBehaviour: Sendable, Hashable {
    /// The code as the app records it.
    public var code: String
    /// Seconds since 1970-01-01T00:00:00Z.
    public var time: Int64
    /// Of a money operation; read for those only.
    public var amount: Double?

    /// See the properties.
    public init(_ code: String, at time: Int64, amount: Double? = nil) {
        (self.code, self.time, self.amount) = (code, time, amount)
    }
}

/// What applicants did before their decisions, cut into sessions: sequences of sequences, packed.
///
/// ```
/// behaviours → merged → cut at pauses → short sessions dropped → latest sessions → latest behaviours of each
/// ```
public struct SessionHistories: Sendable {
    /// What was not kept, and why: nothing is dropped without being counted.
    public struct Counts: Sendable, Equatable, Codable {
        /// Behaviours given.
        public var behaviours = 0
        /// Behaviours whose code no rule names.
        public var unknownCodes = 0
        /// Sessions they made.
        public var sessions = 0
        /// Sessions dropped because they were short.
        public var shortSessions = 0
        /// Sessions dropped because later ones fill the limit.
        public var earlySessions = 0
        /// Behaviours left out of kept sessions because later ones fill the limit.
        public var earlyBehaviours = 0
        /// Behaviours kept.
        public var kept = 0

        /// Nothing yet.
        public init() {}
    }

    /// How they were cut.
    public let rules: SessionRules
    /// What the codes were merged by.
    public let vocabulary: BehaviourVocabulary
    /// What was kept and what was not.
    public private(set) var counts = Counts()
    /// Where each applicant's sessions begin, `[B + 1]`.
    private(set) var applicants = [0]
    /// Where each session's behaviours begin, `[S + 1]`.
    private(set) var sessions = [0]
    /// Weekday of each session's first behaviour, Monday 0, `[S]`.
    private(set) var weekdays: [Int32] = []
    /// Day of month of it, the first 0, `[S]`.
    private(set) var days: [Int32] = []
    /// Numbers in the vocabulary, `[N]`.
    private(set) var behaviours: [Int32] = []
    /// log(1 + amount) of money operations, NaN for others, `[N]`.
    private(set) var amounts: [Float] = []
    /// Seconds since the behaviour before, 0 for the first that is kept of a session, `[N]`.
    private(set) var gaps: [Float] = []

    /// Some three thousand years to either side: what lies beyond is in another unit.
    private static let times: ClosedRange<Int64> = -100_000_000_000...100_000_000_000

    /// Applicants so far (B).
    public var count: Int { applicants.count - 1 }

    /// No applicants yet.
    public init(_ vocabulary: BehaviourVocabulary, _ rules: SessionRules = SessionRules()) throws(IntentionHabitError) {
        try rules.validate()
        (self.vocabulary, self.rules) = (vocabulary, rules)
    }

    /// Sessions that an applicant has here.
    public func sessionCount(_ applicant: Int) -> Int { applicants[applicant + 1] - applicants[applicant] }

    /// Adds the next applicant's behaviours, in the order of time and all before `decision`. One without any has no sessions.
    /// - Throws: ``IntentionHabitError/applicant(number:reason:remedy:)``; the applicant is then not added.
    public mutating func append(_ own: [AppBehaviour], before decision: Int64) throws(IntentionHabitError) {
        func refuse(_ reason: String, _ remedy: String) -> IntentionHabitError {
            .applicant(number: count, reason: reason, remedy: remedy)
        }
        var numbers: [Int32] = []
        var logs: [Float] = []
        var unknown = 0
        for (place, behaviour) in own.enumerated() {
            if place > 0, behaviour.time < own[place - 1].time {
                throw refuse("behaviour \(place) is earlier than the one before it", "sort each applicant's behaviours by time")
            }
            guard Self.times.contains(behaviour.time) else {
                throw refuse("behaviour \(place) is thousands of years away", "give times in seconds since 1970")
            }
            guard behaviour.time < decision else {
                throw refuse("behaviour \(place) is not before the decision", "give only what was known when it was decided")
            }
            let number = vocabulary[behaviour.code]
            if number == BehaviourVocabulary.other { unknown += 1 }
            numbers.append(number)
            guard vocabulary.category(number) == .transformOperation else {
                logs.append(.nan)
                continue
            }
            guard let amount = behaviour.amount, amount.isFinite, amount >= 0 else {
                throw refuse(
                    "behaviour \(place) is a money operation without an amount of at least 0",
                    "give its size without a sign, or make its code an itemClick")
            }
            logs.append(Float(log1p(amount)))
        }
        counts.behaviours += own.count
        counts.unknownCodes += unknown
        var kept: [Range<Int>] = []
        var first = 0
        for place in own.indices where place + 1 == own.count || own[place + 1].time - own[place].time > rules.pause {
            counts.sessions += 1
            if place + 1 - first < rules.minimumBehaviours { counts.shortSessions += 1 } else { kept.append(first..<place + 1) }
            first = place + 1
        }
        counts.earlySessions += max(0, kept.count - rules.sessions)
        for session in kept.suffix(rules.sessions) {
            let latest = session.suffix(rules.behaviours)
            counts.earlyBehaviours += session.count - latest.count
            counts.kept += latest.count
            let (weekday, day) = rules.calendar(own[latest.lowerBound].time)
            weekdays.append(weekday)
            days.append(day)
            for place in latest {
                behaviours.append(numbers[place])
                amounts.append(logs[place])
                gaps.append(place == latest.lowerBound ? 0 : Float(own[place].time - own[place - 1].time))
            }
            sessions.append(behaviours.count)
        }
        applicants.append(sessions.count - 1)
    }

    /// Mean and standard deviation of log(1 + seconds) before behaviours that do not begin a session; the deviation is at least 0.1, and 1 where
    /// there are none or they do not differ.
    var gapMoments: (mean: Float, deviation: Float) {
        var values = Moments()
        for session in 0..<sessions.count - 1 {
            for place in sessions[session]..<sessions[session + 1] where place > sessions[session] {
                values.add(Double(log1p(gaps[place])))
            }
        }
        return (Float(values.mean), values.deviation)
    }

    /// Standard deviation of the logarithms of the amounts, at least 0.1, so that an amount unlike nearly equal ones does not drown the rest; 1
    /// where there are none or they do not differ.
    var amountDeviation: Float {
        var values = Moments()
        for value in amounts where !value.isNaN { values.add(Double(value)) }
        return values.deviation
    }

    private struct Moments {
        private var (count, sum, squares) = (0.0, 0.0, 0.0)

        mutating func add(_ value: Double) {
            count += 1
            sum += value
            squares += value * value
        }

        /// 0 of nothing.
        var mean: Double { count > 0 ? sum / count : 0 }
        /// At least 0.1; 1 of what does not differ.
        var deviation: Float {
            guard count > 0 else { return 1 }
            let variance = squares / count - mean * mean
            return variance > 1e-9 ? max(0.1, Float(variance.squareRoot())) : 1
        }
    }
}
