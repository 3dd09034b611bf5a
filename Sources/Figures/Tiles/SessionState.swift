internal import EventStream

#if canImport(Glibc)
    private import Glibc
#endif

/// What is known at the moment of a click-out, of the time before it only.
struct SessionState {
    /// What was done to one hotel.
    struct Touch {
        var counts = [Int](repeating: 0, count: HotelClickouts.itemActions)
        var firstPlace = 0
        var lastPlace = 0
        var lastTime = 0.0
        var lastAction = 0
        /// Seconds until the next event, at most ten minutes each.
        var seconds = 0.0
        /// Touches that fade by a factor e in three steps.
        var fading = 0.0
    }

    /// Events before.
    let past: ArraySlice<HotelClickouts.Event>
    /// Seconds since 1970.
    let now: Double
    /// Place of each tile shown.
    let places: [Int32: Int]
    let priceRanks: [Int]
    let medianPrice: Double
    private(set) var touches: [Int32: Touch] = [:]
    /// Tiles touched, the last one first.
    private(set) var recent: [Int32] = []
    /// Touches of tiles shown.
    private(set) var touchedEvents = 0
    /// Places of tiles clicked on before, in order of time.
    private(set) var clicked: [Int] = []
    private(set) var clickouts = 0
    /// The list of the click-out before, its place among the events, and its time.
    private(set) var previous: (tiles: [Int32], prices: [Double])?
    private(set) var previousPlace: Int?
    private(set) var previousTime: Double?
    /// How often a hotel was in lists before, and how often one below it was clicked.
    private(set) var shown: [Int32: Int] = [:]
    private(set) var passed: [Int32: Int] = [:]
    private(set) var earlier: [Int32: (count: Int, clicks: Int, last: Double)] = [:]
    /// Tile shown that was touched last in earlier sessions.
    private(set) var earlierLast: Int32?
    private(set) var earlierSessions = 0
    /// Events at the end that are all about one hotel.
    private(set) var run = 0
    let filters: String
    let device: String

    init(_ data: HotelClickouts, _ clickout: HotelClickouts.Clickout) {
        let events = data.sessions[clickout.session]
        past = events[..<clickout.place]
        now = events[clickout.place].time
        places = Dictionary(uniqueKeysWithValues: zip(clickout.tiles, clickout.tiles.indices))
        let order = clickout.prices.indices.sorted { (clickout.prices[$0], $0) < (clickout.prices[$1], $1) }
        var ranks = [Int](repeating: 0, count: order.count)
        for (rank, place) in order.enumerated() { ranks[place] = rank }
        (priceRanks, medianPrice) = (ranks, clickout.prices[order[order.count / 2]])
        filters = data.text("filters", events[clickout.place].event)
        device = data.text("device", events[clickout.place].event)
        for (place, event) in past.enumerated() where event.item >= 0 { take(event, place, data) }
        for event in past.reversed() {
            guard event.item >= 0, event.item == past.last?.item else { break }
            run += 1
        }
        var seen = Set<Int32>()
        for event in past.reversed() where event.item >= 0 && places[event.item] != nil && seen.insert(event.item).inserted {
            recent.append(event.item)
        }
        let begin = events[0].time
        for session in data.ofVisitor[data.corpus.visitor(ofSession: clickout.session)] where session != clickout.session {
            // One that goes on beside this one is not an earlier one.
            guard let end = data.sessions[session].last?.time, end <= begin else { continue }
            earlierSessions += 1
            for event in data.sessions[session] where event.item >= 0 {
                let known = earlier[event.item] ?? (0, 0, 0)
                earlier[event.item] = (known.count + 1, known.clicks + (event.action == 0 ? 1 : 0), event.time)
                if places[event.item] != nil { earlierLast = event.item }
            }
        }
    }

    private mutating func take(_ event: HotelClickouts.Event, _ place: Int, _ data: HotelClickouts) {
        var touch = touches[event.item] ?? Touch(firstPlace: place)
        touch.counts[event.action] += 1
        (touch.lastPlace, touch.lastTime, touch.lastAction) = (place, event.time, event.action)
        let next = place + 1 < past.count ? past[past.startIndex + place + 1].time : now
        touch.seconds += min(600, max(0, next - event.time))
        touch.fading += exp(-Double(past.count - place) / 3)
        touches[event.item] = touch
        if let shown = places[event.item] {
            touchedEvents += 1
            if event.action == 0 { clicked.append(shown) }
        }
        guard event.action == 0 else { return }
        clickouts += 1
        guard let list = data.list(event.event) else { return }
        (previous, previousPlace, previousTime) = (list, place, event.time)
        let chosen = list.tiles.firstIndex(of: event.item) ?? -1
        for (rank, tile) in list.tiles.enumerated() {
            shown[tile, default: 0] += 1
            if rank < chosen { passed[tile, default: 0] += 1 }
        }
    }

    /// Place of the tile touched last, and of the one touched before it.
    var lastPlace: Int? { recent.first.flatMap { places[$0] } }
    /// See ``lastPlace``.
    var secondPlace: Int? { recent.dropFirst().first.flatMap { places[$0] } }

    func places(of tiles: [Int32]) -> [Int] { tiles.compactMap { places[$0] } }
}
