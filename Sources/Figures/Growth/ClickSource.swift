/// Clicks in the order of time, of visitors that come, go and come back: two thousand are there at once.
struct ClickSource {
    /// One click.
    struct Click {
        var visitor = 0
        /// Milliseconds since 1970; no two clicks share one.
        var time = 0
        /// When the visit began, and how many the visitor has made with it.
        var visitBegan = 0
        var visit = 0
        /// Its place in the visit, from 1.
        var place = 0
        var page = 0
        /// Bits to draw the rest from.
        var draw: UInt64 = 0
    }

    /// Visitors, and visits cut by 30 minutes of inactivity: what an import must find.
    private(set) var visitors = 0
    private(set) var sessions = 0

    private static let gap = 30 * 60 * 1000
    private var random: SplitMix
    private var present = (0..<2000).map { $0 }
    private var last = [Click](repeating: Click(time: .min / 2), count: 2000)
    private var now = 1_767_225_600_000
    private let isOneVisitor: Bool

    /// - Parameter isOneVisitor: all clicks are of one visitor, who pauses for 40 minutes once in a thousand.
    init(seed: UInt64, isOneVisitor: Bool = false) {
        random = SplitMix(state: seed)
        self.isOneVisitor = isOneVisitor
    }

    mutating func next() -> Click {
        now += 1 + Int(random.next() % 80)
        let draw = random.next()
        var visitor = 0
        if isOneVisitor {
            if draw % 1000 == 0 { now += Self.gap * 4 / 3 }
        } else {
            let slot = Int(draw % 2000)
            // One click in sixteen is a visitor's last for now; a third of those who follow have been here before.
            if draw >> 60 == 0 {
                let old = (draw >> 40) % 3 == 0
                present[slot] = old ? Int((draw >> 8) % UInt64(last.count)) : last.count
                if !old { last.append(Click(time: .min / 2)) }
            }
            visitor = present[slot]
        }
        var click = last[visitor]
        if click.time < 0 { visitors += 1 }
        if now - click.time > Self.gap {
            sessions += 1
            (click.visitBegan, click.visit, click.place) = (now, click.visit + 1, 0)
        }
        (click.visitor, click.time, click.place) = (visitor, now, click.place + 1)
        (click.page, click.draw) = (Int((draw >> 20) % 5000), draw)
        last[visitor] = click
        return click
    }
}
