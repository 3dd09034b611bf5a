/// Training and validation sessions, by visitor, so that nobody is on both sides.
public struct SessionSplit: Sendable, Equatable {
    /// Sessions to fit and train on, rising.
    public let training: [Int]
    /// Sessions to validate on, rising.
    public let validation: [Int]
    /// How they were parted, in words.
    public let rule: String

    /// Parts the given sessions: with times, the visitors who came first last; without, the visitors at the end of the corpus. Takes
    /// whole visitors from that end until `share` of the sessions is set aside; the training part keeps at least one visitor.
    public init(_ table: any EventTable, sessions: [Int], share: Double) {
        var visitors: [Int: (key: Int64, count: Int)] = [:]
        for session in sessions {
            let events = table.events(ofSession: session)
            var key = Int64(session)
            if table.hasTime { key = events.isEmpty ? .min : table.times[events.lowerBound] }
            let visitor = table.visitor(ofSession: session)
            let known = visitors[visitor]
            visitors[visitor] = (min(known?.key ?? .max, key), (known?.count ?? 0) + 1)
        }
        let order = visitors.sorted { $0.value.key != $1.value.key ? $0.value.key > $1.value.key : $0.key > $1.key }
        let wanted = Int((Double(sessions.count) * share).rounded())
        var aside = Set<Int>()
        var count = 0
        for (visitor, value) in order.dropLast() where count < wanted && count + value.count < sessions.count {
            aside.insert(visitor)
            count += value.count
        }
        training = sessions.filter { !aside.contains(table.visitor(ofSession: $0)) }
        validation = sessions.filter { aside.contains(table.visitor(ofSession: $0)) }
        rule = share == 0 ? "none" : table.hasTime ? "visitors who came first last" : "visitors at the end of the corpus"
    }
}
