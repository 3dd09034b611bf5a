internal import Audit
internal import EventStream
internal import Recommendation

/// What is asked of a ranking: a customer's tiles at a moment.
package struct RankRequest: Sendable {
    /// Customer, moment and sessions; the id is that of the impression.
    package var decision: AppDecision
    /// The tiles that may be shown, in the order in which those alike are given; nil for all of the catalogue.
    package var tiles: [Tile]?
    /// Tiles that are written at most; nil for all.
    package var top: Int?

    /// A tile, and what is known of it as it would be shown.
    package struct Tile: Sendable, Equatable {
        /// Its name.
        package var name: String
        /// Numbers by name, as they were written; an empty one is missing.
        package var numbers: [String: String]

        /// A tile.
        package init(_ name: String, numbers: [String: String] = [:]) { (self.name, self.numbers) = (name, numbers) }
    }

    /// Most tiles of a request.
    package static let mostTiles = 1000

    /// A request.
    package init(_ decision: AppDecision, tiles: [Tile]? = nil, top: Int? = nil) {
        (self.decision, self.tiles, self.top) = (decision, tiles, top)
    }

    /// Members as they come.
    private struct Draft {
        var id: String?
        var time: Int64?
        var customer: AttributeTexts?
        var sessions: [SessionRecord]?
        var tiles: [Tile]?
        var top: Int?
        var consent: LedgerEntry.Consent?
    }

    /// Reads a request.
    /// - Parameters:
    ///   - numbers: names that a tile may have numbers of: what the ranker was taught with.
    ///   - now: microseconds since 1970, for a request without a time and without sessions.
    package init(
        _ reader: inout JSONReader, _ input: SessionInput, numbers: [String], now: Int64
    ) throws(RequestFault) {
        var draft = Draft()
        try reader.beginObject()
        while let name = try reader.nextName() { try Self.take(name, &reader, input, numbers, &draft) }
        guard let id = draft.id else {
            throw RequestFault(.unprocessable, at: "impression_id", "there is none", remedy: "give the impression an id of your own")
        }
        let decision = try AppDecision(
            id: id, time: draft.time, customer: draft.customer, sessions: draft.sessions ?? [], consent: draft.consent, now: now)
        self.init(decision, tiles: draft.tiles, top: draft.top)
    }

    private static func take(
        _ name: String, _ reader: inout JSONReader, _ input: SessionInput, _ numbers: [String], _ draft: inout Draft
    ) throws(RequestFault) {
        switch name {
        case "impression_id":
            guard draft.id == nil else { throw reader.repeated() }
            let id = try reader.text(limit: AppDecision.longestID)
            guard !id.isEmpty else { throw reader.fault(.unprocessable, "it is empty", remedy: "give the impression an id of your own") }
            draft.id = id
        case "time", "time_us", "time_ms":
            guard draft.time == nil else { throw reader.repeated() }
            draft.time = try SessionInput.time(name, &reader)
        case "customer":
            guard draft.customer == nil else { throw reader.repeated() }
            draft.customer = try AttributeTexts(&reader, textBytes: input.limits.fieldBytes)
        case "sessions":
            guard draft.sessions == nil else { throw reader.repeated() }
            draft.sessions = try sessions(&reader, input)
        case "tiles":
            guard draft.tiles == nil else { throw reader.repeated() }
            draft.tiles = try tiles(&reader, numbers, input.limits.fieldBytes)
        case "top":
            guard draft.top == nil else { throw reader.repeated() }
            draft.top = Int(try reader.integer(1...Int64(mostTiles)))
        case "consent":
            guard draft.consent == nil else { throw reader.repeated() }
            draft.consent = try ConsentMember.read(&reader)
        default:
            throw reader.unknown("impression_id, time, time_us, time_ms, customer, sessions, tiles, top, consent")
        }
    }

    private static func sessions(_ reader: inout JSONReader, _ input: SessionInput) throws(RequestFault) -> [SessionRecord] {
        var sessions: [SessionRecord] = []
        try reader.beginArray()
        while try reader.nextElement() {
            guard sessions.count < AppReading.mostSessions else {
                throw reader.fault(
                    .unprocessable, "more than \(AppReading.mostSessions) sessions",
                    remedy: "send the latest \(AppReading.mostSessions)")
            }
            sessions.append(try input.record(&reader))
        }
        return sessions
    }

    private static func tiles(_ reader: inout JSONReader, _ numbers: [String], _ textBytes: Int) throws(RequestFault) -> [Tile] {
        var tiles: [Tile] = []
        var seen = Set<String>()
        try reader.beginArray()
        while try reader.nextElement() {
            guard tiles.count < mostTiles else {
                throw reader.fault(.unprocessable, "more than \(mostTiles) tiles", remedy: "send those that may be shown now")
            }
            let tile = try reader.kind() == .object ? try self.tile(&reader, numbers, textBytes) : Tile(try reader.text(limit: textBytes))
            guard !tile.name.isEmpty else { throw reader.fault(.unprocessable, "the tile has no name", remedy: "name it") }
            guard seen.insert(tile.name).inserted else {
                throw reader.fault(.unprocessable, "the tile stands there twice", remedy: "send each tile once")
            }
            tiles.append(tile)
        }
        guard !tiles.isEmpty else {
            throw reader.fault(.unprocessable, "there is no tile", remedy: "send some, or leave \"tiles\" out for all of the catalogue")
        }
        return tiles
    }

    private static func tile(_ reader: inout JSONReader, _ numbers: [String], _ textBytes: Int) throws(RequestFault) -> Tile {
        var tile = Tile("")
        var hasName = false
        try reader.beginObject()
        while let name = try reader.nextName() {
            if name == "tile", !hasName {
                (tile.name, hasName) = (try reader.text(limit: textBytes), true)
                continue
            }
            guard numbers.contains(name) else {
                guard name != "tile" else { throw reader.repeated() }
                throw reader.unknown((["tile"] + numbers).joined(separator: ", "))
            }
            guard tile.numbers[name] == nil else { throw reader.repeated() }
            guard try reader.kind() != .null else {
                try reader.null()
                tile.numbers[name] = ""
                continue
            }
            let digits = try reader.digits()
            guard DelimitedTable.number(digits) != nil else {
                throw reader.fault(.unprocessable, "the number is larger than any the ranker can have seen", remedy: "send at most 1e18")
            }
            tile.numbers[name] = digits
        }
        return tile
    }
}
