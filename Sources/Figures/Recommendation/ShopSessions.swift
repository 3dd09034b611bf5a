internal import EventStream
internal import Glibc
internal import Recommendation
internal import SequenceEmbedding

/// Sessions of a shop whose purchases are to be foretold, and the moments at which they are.
struct ShopSessions {
    /// One event.
    struct Event {
        /// Microseconds since 1970.
        let time: Int64
        let behavior: String
        let category: Int32
        let item: Int32
    }

    /// Visits without a break of half an hour.
    struct Session {
        let user: Int32
        let events: [Event]
        /// Place of the first purchase; nil where there is none.
        let firstPurchase: Int?
        /// Events before the first purchase, or all: what may be seen without its outcome.
        var prefix: ArraySlice<Event> { events[..<(firstPurchase ?? events.count)] }
    }

    /// A session that got as far as its k-th event without a purchase, looked at just then.
    struct Decision {
        let session: Int
        /// k.
        let events: Int
        let buysLater: Bool
    }

    let sessions: [Session]

    init(_ corpus: Corpus) {
        let table = CorpusTable(corpus)
        let behaviors = (0..<table.dictionaryCount("behavior")).map { code in
            table.withEntry("behavior", code) { String(decoding: $0, as: UTF8.self) }
        }
        let columns = ["behavior", "category", "item"].map { table.codes($0) }
        sessions = (0..<table.sessionCount).map { session in
            let events = table.events(ofSession: session).map { event in
                let codes = columns.map { $0?[event] ?? 0 }
                return Event(
                    time: table.times[event], behavior: codes[0] == 0 ? "" : behaviors[Int(codes[0]) - 1], category: codes[1],
                    item: codes[2])
            }
            return Session(
                user: Int32(table.visitor(ofSession: session)), events: events, firstPurchase: events.firstIndex { $0.behavior == "buy" })
        }
    }

    /// Sessions that begin and end within these times, rising.
    func between(_ start: Int64, _ end: Int64) -> [Int] {
        sessions.indices.filter { sessions[$0].events.first!.time >= start && sessions[$0].events.last!.time < end }
    }

    /// All decisions of some sessions. Who is looked at when follows from the events up to then alone: the outcome moves no cut.
    func decisions(_ chosen: [Int], landmarks: [Int]) -> [Decision] {
        chosen.flatMap { session in
            landmarks.filter { sessions[session].prefix.count >= $0 }.map { events in
                Decision(session: session, events: events, buysLater: sessions[session].firstPurchase != nil)
            }
        }
    }

    /// Names of ``counts(_:)``.
    static let countNames = [
        "events", "views", "carts", "favourites", "items", "categories", "most_of_an_item", "most_of_a_category", "last_item_seen_before",
        "last_item_in_cart", "last_is_cart", "seconds_since_start", "seconds_since_event_before", "hour_sine", "hour_cosine",
    ]

    /// What can be counted at a decision, logarithms of the counts.
    func counts(_ decision: Decision) -> [Float] {
        let events = sessions[decision.session].events[..<decision.events]
        func most(_ values: [Int32]) -> Double { Double(Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +).values.max() ?? 0) }
        let last = events.last!
        let before = events.dropLast()
        let gap = before.last.map { Double(last.time - $0.time) * 1e-6 } ?? 0
        let angle = Double(last.time / 1_000_000 % 86_400) / 86_400 * 2 * Double.pi
        func times(_ behavior: String) -> Double { Double(events.count { $0.behavior == behavior }) }
        let counts =
            [Double(events.count), times("pv"), times("cart"), times("fav"), Double(Set(events.map(\.item)).count)]
            + [Double(Set(events.map(\.category)).count), most(events.map(\.item)), most(events.map(\.category))]
        let flags = [
            before.contains { $0.item == last.item }, events.contains { $0.item == last.item && $0.behavior == "cart" },
            last.behavior == "cart",
        ]
        let seconds = [Double(last.time - events.first!.time) * 1e-6, gap]
        return counts.map { Float(log1p($0)) } + flags.map { $0 ? 1 : 0 } + seconds.map { Float(log1p($0)) }
            + [Float(sin(angle)), Float(cos(angle))]
    }

    /// The categories with most events in some sessions before their first purchase, most first.
    func frequentCategories(_ chosen: [Int], most: Int) -> [Int32] {
        var counts: [Int32: Int] = [:]
        for session in chosen { for event in sessions[session].prefix { counts[event.category, default: 0] += 1 } }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(most).map(\.key)
    }

    /// Logarithms of the events of each of some categories at a decision.
    func counts(_ decision: Decision, of categories: [Int32]) -> [Float] {
        var counts: [Int32: Int] = [:]
        for event in sessions[decision.session].events[..<decision.events] { counts[event.category, default: 0] += 1 }
        return categories.map { log1pf(Float(counts[$0] ?? 0)) }
    }

    /// Prefixes as the encoder reads them. The last event of each knows nothing of the next, not even when it comes.
    func table(_ prefixes: [(session: Int, events: Int)]) -> MemoryTable {
        let fields = ["behavior", "category", "category_again", "item"].map { TableField(name: $0, kind: .categorical) }
        return MemoryTable(
            fields: fields,
            sessions: prefixes.map { prefix in
                sessions[prefix.session].events[..<prefix.events].map { event in
                    let category = "\(event.category)"
                    return MemoryTable.Event(
                        strings: ["behavior": event.behavior, "category": category, "category_again": category, "item": "\(event.item)"],
                        timeMicroseconds: event.time)
                }
            }, visitors: prefixes.map { Int(sessions[$0.session].user) })
    }
}
