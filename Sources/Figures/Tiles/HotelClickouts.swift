internal import EventStream
internal import FoundationEssentials
internal import SequenceEmbedding

/// Hotel-search sessions with the tiles that each click-out showed.
final class HotelClickouts {
    /// What people do, in the order of their numbers; anything else is ``otherAction``.
    static let actions = [
        "clickout item", "interaction item image", "interaction item info", "interaction item rating", "interaction item deals",
        "search for item", "filter selection", "change of sort order", "search for destination", "search for poi",
    ]
    /// Actions up to here are about a hotel.
    static let itemActions = 6
    static let otherAction = 10

    /// One event as ranking needs it.
    struct Event {
        /// Its number in the corpus.
        let event: Int
        let action: Int
        /// The hotel it is about; −1 for none.
        let item: Int32
        /// Seconds since 1970.
        let time: Double
    }

    /// One click-out.
    struct Clickout {
        let session: Int
        /// Its place among the events of the session.
        let place: Int
        /// Hotels shown, in order.
        let tiles: [Int32]
        let prices: [Double]
        /// Place of the clicked one.
        let clicked: Int
    }

    let corpus: Corpus
    let table: CorpusTable
    /// Events of each session.
    let sessions: [[Event]]
    let clickouts: [Clickout]
    /// Click-outs that name a hotel that was not shown, or lists that cannot be read.
    let refused: Int
    /// Rows of the file that were refused.
    let rowsRefused: Int
    /// Tiles and prices of click-outs by event.
    private let lists: [Int: (tiles: [Int32], prices: [Double])]
    private var names: [String: Int32] = [:]
    /// Sessions of each visitor by their beginning.
    let ofVisitor: [[Int]]

    static let set = "trivago2019"

    init(_ context: FigureContext, data: String, in folder: String) throws {
        let events = try context.input(data, Self.set, "events", endings: ["csv.gz", "csv"])
        (corpus, rowsRefused) = try context.corpus([events], mapping: "tiles.mapping.yaml", at: folder)
        table = CorpusTable(corpus)
        var names: [String: Int32] = [:]
        func number(_ name: String) -> Int32 {
            if let known = names[name] { return known }
            let next = Int32(names.count)
            names[name] = next
            return next
        }
        let table = table
        func text(_ field: String, _ code: Int32) -> String {
            code <= 0 ? "" : table.withEntry(field, Int(code) - 1) { String(decoding: $0, as: UTF8.self) }
        }
        guard let actionCodes = table.codes("action"), let itemCodes = table.codes("item"), let shownCodes = table.codes("tiles"),
            let priceCodes = table.codes("prices")
        else { throw FigureError(code: 78, description: "tiles.mapping.yaml: it must map action, item, tiles and prices") }
        let actionNumbers =
            [Self.otherAction]
            + (1...max(1, table.dictionaryCount("action"))).map { code in
                Self.actions.firstIndex(of: text("action", Int32(code))) ?? Self.otherAction
            }
        let items = [Int32(-1)] + (0..<table.dictionaryCount("item")).map { number(text("item", Int32($0) + 1)) }
        var (sessions, clickouts, refused): ([[Event]], [Clickout], Int) = ([], [], 0)
        var lists: [Int: (tiles: [Int32], prices: [Double])] = [:]
        for session in 0..<corpus.sessionCount {
            var own: [Event] = []
            for event in corpus.events(ofSession: session) {
                let action = actionNumbers[Int(actionCodes[event])]
                let item = action < Self.itemActions ? items[Int(itemCodes[event])] : -1
                if action == 0 {
                    let tiles = text("tiles", shownCodes[event]).split(separator: "|").map { number(String($0)) }
                    let prices = text("prices", priceCodes[event]).split(separator: "|").compactMap { Double($0) }
                    if tiles.count == prices.count { lists[event] = (tiles, prices) }
                    if let clicked = tiles.firstIndex(of: item), tiles.count == prices.count, Set(tiles).count == tiles.count {
                        clickouts.append(
                            Clickout(session: session, place: own.count, tiles: tiles, prices: prices, clicked: clicked))
                    } else {
                        refused += 1
                    }
                }
                own.append(Event(event: event, action: action, item: item, time: Double(table.times[event]) / 1e6))
            }
            sessions.append(own)
        }
        (self.sessions, self.clickouts, self.refused, self.lists, self.names) = (sessions, clickouts, refused, lists, names)
        var ofVisitor = [[Int]](repeating: [], count: corpus.visitorCount)
        for session in sessions.indices where !sessions[session].isEmpty { ofVisitor[corpus.visitor(ofSession: session)].append(session) }
        self.ofVisitor = ofVisitor.map { $0.sorted { (sessions[$0][0].time, $0) < (sessions[$1][0].time, $1) } }
    }

    /// Tiles and prices of an earlier click-out.
    func list(_ event: Int) -> (tiles: [Int32], prices: [Double])? { lists[event] }

    /// Microseconds since 1970 of a click-out.
    func time(_ clickout: Clickout) -> Int64 { table.times[sessions[clickout.session][clickout.place].event] }

    /// Entry of a text field at an event; empty where missing.
    func text(_ field: String, _ event: Int) -> String {
        guard let code = table.codes(field)?[event], code > 0 else { return "" }
        return table.withEntry(field, Int(code) - 1) { String(decoding: $0, as: UTF8.self) }
    }
}

/// What a session was just before each click-out, as sessions of their own: nothing of the click-out or after it can be read.
final class SessionsBefore: EventTable, @unchecked Sendable {
    private let table: CorpusTable
    private let ranges: [Range<Int>]
    private let visitors: [Int]

    init(_ data: HotelClickouts, _ clickouts: [HotelClickouts.Clickout]) {
        table = data.table
        ranges = clickouts.map { clickout in
            let events = data.table.events(ofSession: clickout.session)
            return events.lowerBound..<events.lowerBound + clickout.place
        }
        visitors = clickouts.map { data.corpus.visitor(ofSession: $0.session) }
    }

    var sessionCount: Int { ranges.count }
    var eventCount: Int { table.eventCount }
    var fields: [TableField] { table.fields }
    var hasTime: Bool { table.hasTime }
    func events(ofSession session: Int) -> Range<Int> { ranges[session] }
    func visitor(ofSession session: Int) -> Int { visitors[session] }
    func sessionKey(_ session: Int) -> String { "\(session)" }
    func codes(_ field: String) -> UnsafePointer<Int32>? { table.codes(field) }
    func numbers(_ field: String) -> UnsafePointer<Double>? { table.numbers(field) }
    func dictionaryCount(_ field: String) -> Int { table.dictionaryCount(field) }
    func withEntry<Result>(_ field: String, _ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        table.withEntry(field, index, body)
    }
    var times: UnsafePointer<Int64> { table.times }
    var gaps: UnsafePointer<Float> { table.gaps }
    var dwells: UnsafePointer<Float> { table.dwells }
    var hours: UnsafePointer<UInt8> { table.hours }
    var weekdays: UnsafePointer<UInt8> { table.weekdays }
}
