internal import EventStream
internal import FoundationEssentials
internal import Recommendation

#if canImport(Glibc)
    private import Glibc
#endif

/// Features of the tiles of click-outs, from what the session and the visitor's earlier sessions were before.
struct HotelTileFeatures {
    private let data: HotelClickouts
    /// Features by name, in the order in which they were first written.
    private struct Row {
        var names: [String] = []
        var values: [Float] = []

        mutating func set(_ name: String, _ value: Double) {
            names.append(name)
            values.append(Float(value))
        }
    }

    /// What anybody would take first: the list as it is shown, and what was touched; nothing of neighbours, earlier lists or earlier sessions.
    static let plainOfTiles =
        [
            "position", "price", "price_rank", "price_to_mean", "price_to_least", "touches", "steps_since_touch", "seconds_since_touch",
            "recency", "of_last_action", "clicked_before",
        ] + (0..<HotelClickouts.itemActions).map { "touches.\($0)" }
    /// See ``plainOfTiles``.
    static let plainContext = [
        "tiles", "steps", "filters", "sorted", "sorted_by_price", "mobile", "touches", "clickouts", "seconds_since_last",
    ]

    init(_ data: HotelClickouts) { self.data = data }

    /// All click-outs given, with `extra` floats of context for each.
    func examples(_ clickouts: [HotelClickouts.Clickout], embedding: [Float], size: Int) throws -> RankingExamples {
        var (contextNames, tileNames): ([String], [String]) = ([], [])
        var (context, features): ([Float], [Float]) = ([], [])
        var (offsets, position, clicked): ([Int], [Int32], [Bool]) = ([0], [], [])
        for (number, clickout) in clickouts.enumerated() {
            let state = SessionState(data, clickout)
            var row = Row()
            write(state, clickout, into: &row)
            for k in 0..<size { row.set("embedding.\(k)", Double(embedding[number * size + k])) }
            contextNames = row.names
            context += row.values
            let unseen = untouchedAbove(state, clickout)
            for place in clickout.tiles.indices {
                var tile = Row()
                write(place, state, clickout, unseen, into: &tile)
                tileNames = tile.names
                features += tile.values
                position.append(Int32(place + 1))
                clicked.append(place == clickout.clicked)
            }
            offsets.append(offsets[number] + clickout.tiles.count)
        }
        return try RankingExamples(
            contextNames: contextNames, context: context, offsets: offsets, tileFeatureNames: tileNames, tileFeatures: features,
            position: position, clicked: clicked,
            customer: clickouts.map { Int32(data.corpus.visitor(ofSession: $0.session)) }, time: clickouts.map { data.time($0) })
    }

    /// Tiles above each that nobody touched yet.
    private func untouchedAbove(_ state: SessionState, _ clickout: HotelClickouts.Clickout) -> [Int] {
        var count = 0
        return clickout.tiles.map { tile in
            defer { if state.touches[tile] == nil { count += 1 } }
            return count
        }
    }

    private func write(_ state: SessionState, _ clickout: HotelClickouts.Clickout, into row: inout Row) {
        let count = Double(clickout.tiles.count)
        let last = state.past.last
        row.set("tiles", count)
        row.set("steps", log1p(Double(clickout.place)))
        row.set("seconds_since_last", last.map { log1p(max(0, state.now - $0.time)) } ?? .nan)
        row.set("seconds_since_start", log1p(max(0, state.now - (state.past.first?.time ?? state.now))))
        for action in 0..<HotelClickouts.otherAction { row.set("last_action.\(action)", last?.action == action ? 1 : 0) }
        let second = state.past.dropLast().last
        for action in 0..<HotelClickouts.otherAction { row.set("second_last_action.\(action)", second?.action == action ? 1 : 0) }
        let lastIsItem = last.map { $0.action < HotelClickouts.itemActions } ?? false
        row.set("last_action_in_list", lastIsItem && state.places[last!.item] != nil ? 1 : 0)
        row.set("last_action_elsewhere", lastIsItem && state.places[last!.item] == nil ? 1 : 0)
        row.set("touched_tiles", Double(state.recent.count))
        row.set("touches", Double(state.touchedEvents))
        row.set("clicked_tiles", Double(state.clicked.count))
        row.set("clickouts", Double(state.clickouts))
        let filters = state.filters.split(separator: "|")
        row.set("filters", Double(filters.count))
        row.set("sorted_by_price", filters.contains { $0.contains("Sort by Price") || $0.contains("Sort By Price") } ? 1 : 0)
        row.set("sorted", filters.contains { $0.lowercased().contains("sort") } ? 1 : 0)
        row.set("mobile", state.device == "mobile" ? 1 : 0)
        row.set("same_list", state.previous.map { $0.tiles == clickout.tiles ? 1 : 0 } ?? .nan)
        row.set(
            "shared_with_previous_list",
            state.previous.map { Double(Set($0.tiles).intersection(clickout.tiles).count) / count } ?? .nan)
        row.set("steps_since_clickout", state.previousPlace.map { log1p(Double(clickout.place - $0)) } ?? .nan)
        row.set("seconds_since_clickout", state.previousTime.map { log1p(max(0, state.now - $0)) } ?? .nan)
        row.set("mean_price", log(clickout.prices.reduce(0, +) / count + 1))
        row.set("direction", state.lastPlace.flatMap { last in state.secondPlace.map { Double(last - $0) } } ?? .nan)
        row.set("poi_searched", state.past.contains { $0.action == 9 } ? 1 : 0)
        row.set("earlier_sessions", Double(state.earlierSessions))
        row.set("touched_in_earlier_sessions", state.earlierLast != nil ? 1 : 0)
        row.set("run_of_last", log1p(Double(state.run)))
        row.set("steps_since_touch", state.recent.first.map { Double(clickout.place - state.touches[$0]!.lastPlace) } ?? .nan)
    }

    private func write(
        _ place: Int, _ state: SessionState, _ clickout: HotelClickouts.Clickout, _ unseen: [Int], into row: inout Row
    ) {
        let (tile, prices, count) = (clickout.tiles[place], clickout.prices, clickout.tiles.count)
        let price = prices[place]
        func ratio(_ other: Double?) -> Double { other.map { log((price + 1) / ($0 + 1)) } ?? .nan }
        func flag(_ is: Bool) -> Double { `is` ? 1 : 0 }
        row.set("position", Double(place + 1))
        row.set("log_position", log(Double(place + 1)))
        row.set("relative_position", Double(place) / Double(count))
        row.set("from_below", Double(count - 1 - place))
        for k in 0..<4 { row.set("position_is.\(k + 1)", flag(place == k)) }
        row.set("price", log(price + 1))
        row.set("price_rank", Double(state.priceRanks[place]))
        row.set("relative_price_rank", Double(state.priceRanks[place]) / Double(count))
        row.set("price_to_mean", ratio(prices.reduce(0, +) / Double(count)))
        row.set("price_to_least", ratio(prices.min()))
        row.set("price_to_median", ratio(state.medianPrice))
        row.set("cheaper_above", Double((0..<place).count { prices[$0] < price }))
        row.set("price_to_above", ratio(place > 0 ? prices[place - 1] : nil))
        row.set("price_to_below", ratio(place + 1 < count ? prices[place + 1] : nil))
        let touch = state.touches[tile]
        for action in 0..<HotelClickouts.itemActions {
            row.set("touches.\(action)", log1p(Double(touch?.counts[action] ?? 0)))
            row.set("last_touch.\(action)", flag(touch?.lastAction == action))
        }
        let sum = Double(touch?.counts.reduce(0, +) ?? 0)
        row.set("touches", log1p(sum))
        row.set("share_of_touches", sum / Double(max(1, state.touchedEvents)))
        row.set("steps_since_touch", touch.map { log1p(Double(clickout.place - $0.lastPlace)) } ?? .nan)
        row.set("seconds_since_touch", touch.map { log1p(max(0, state.now - $0.lastTime)) } ?? .nan)
        row.set("steps_since_first_touch", touch.map { log1p(Double(clickout.place - $0.firstPlace)) } ?? .nan)
        row.set("seconds_at", touch.map { log1p($0.seconds) } ?? .nan)
        row.set("fading_touches", touch?.fading ?? 0)
        let recency = state.recent.firstIndex(of: tile)
        row.set("recency", recency.map(Double.init) ?? .nan)
        for k in 0..<4 { row.set("recency_is.\(k)", flag(recency == k)) }
        row.set("of_last_action", flag(state.past.last.map { $0.action < HotelClickouts.itemActions && $0.item == tile } ?? false))
        for (name, other) in [
            ("last_touched", state.lastPlace), ("second_last_touched", state.secondPlace), ("last_clicked", state.clicked.last),
            ("lowest_touched", state.places(of: state.recent).max()), ("highest_touched", state.places(of: state.recent).min()),
        ] { row.set("places_below_\(name)", other.map { Double(place - $0) } ?? .nan) }
        for step in [-2, -1, 1, 2, 3] {
            row.set("below_last_touched_is.\(step)", flag(state.lastPlace.map { place - $0 == step } ?? false))
            row.set("below_last_clicked_is.\(step)", flag(state.clicked.last.map { place - $0 == step } ?? false))
        }
        row.set("untouched_below_last_touched", state.lastPlace.map { Double(unseen[place] - unseen[$0]) } ?? .nan)
        row.set("untouched_above", Double(unseen[place]))
        row.set("next_untouched", flag(state.lastPlace.map { place > $0 && touch == nil && unseen[place] - unseen[$0] == 0 } ?? false))
        row.set("clicked_before", flag(state.clicked.contains(place)))
        row.set("clicked_last", flag(state.clicked.last == place))
        let before = state.previous?.tiles.firstIndex(of: tile)
        row.set("previous_position", before.map(Double.init) ?? .nan)
        row.set("places_below_previous", before.map { Double(place - $0) } ?? .nan)
        row.set("price_to_previous", ratio(before.map { state.previous!.prices[$0] }))
        row.set("price_to_last_touched", ratio(state.lastPlace.map { prices[$0] }))
        row.set("price_to_last_clicked", ratio(state.clicked.last.map { prices[$0] }))
        let touchedPrices = state.places(of: state.recent).map { prices[$0] }
        row.set("price_to_touched", ratio(touchedPrices.isEmpty ? nil : touchedPrices.reduce(0, +) / Double(touchedPrices.count)))
        row.set("above_is_touched", flag(place > 0 && state.touches[clickout.tiles[place - 1]] != nil))
        row.set("below_is_touched", flag(place + 1 < count && state.touches[clickout.tiles[place + 1]] != nil))
        row.set("touched_above", Double(state.places(of: state.recent).count { $0 < place }))
        row.set("shown_before", Double(state.shown[tile] ?? 0))
        row.set("passed_over", Double(state.passed[tile] ?? 0))
        let earlier = state.earlier[tile]
        row.set("touches_in_earlier_sessions", log1p(Double(earlier?.count ?? 0)))
        row.set("clicks_in_earlier_sessions", log1p(Double(earlier?.clicks ?? 0)))
        row.set("last_of_earlier_sessions", flag(state.earlierLast == tile))
        row.set("seconds_since_earlier_touch", earlier.map { log1p(max(0, state.now - $0.last)) } ?? .nan)
        // Smaller is better: the hotel touched last, then the shown order. Left out of what rankers read.
        row.set("last_touched_first", state.lastPlace == place ? 0 : Double(place + 1))
    }
}
