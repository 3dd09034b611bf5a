internal import Glibc

/// A CSV export of any number of clicks of a ``ClickSource``.
struct ClickFile {
    /// Visits that an import must find.
    let sessions: Int
    let bytes: Int

    private static let events = ["view", "click", "scroll", "search", "add_to_cart", "checkout", "purchase", "login"].map { Array($0.utf8) }

    /// Writes `rows` clicks to a new file.
    init(rows: Int, to path: String, seed: UInt64 = 3) throws {
        var source = ClickSource(seed: seed)
        var text = try TextFile(path)
        text.add("visitor,timestamp,event,page,title,device,value\n")
        for _ in 0..<rows {
            let click = source.next()
            text.add("v")
            text.add(click.visitor, digits: 8)
            text.add(",")
            text.add(time: click.time)
            text.add(",")
            text.add(Self.events[Int((click.draw >> 33) % 8)])
            text.add(",/shop/c")
            text.add(click.page % 40, digits: 2)
            text.add("/item-")
            text.add(click.page, digits: 4)
            text.add(",Winter jacket | Shop ")
            text.add(click.page, digits: 4)
            text.add((click.draw >> 50) % 3 == 0 ? ",mobile," : ",desktop,")
            text.add(Int((click.draw >> 45) % 100), digits: 2)
            text.add(".50\n")
            try text.endRow()
        }
        bytes = try text.close()
        sessions = source.sessions
    }
}
