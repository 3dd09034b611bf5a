import Foundation

/// Exports small enough that training on them takes a second.
enum TinyExports {
    /// Clicks of `visitors` people with times a minute apart, two sessions each, in which the next page follows from the last.
    static func clicks(visitors: Int = 40, delimiter: String = ",") -> String {
        var state: UInt64 = 7
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pages = ["home", "cards", "loans", "rates", "calculator", "apply", "contact"]
        var text = ["visitor_id", "time", "page", "title", "amount"].joined(separator: delimiter) + "\n"
        for visitor in 0..<visitors {
            for session in 0..<2 {
                var page = next(pages.count)
                for event in 0..<(3 + next(6)) {
                    let time = 1_750_000_000 + visitor * 3_000 + session * 86_400 + event * 60
                    let amount = next(4) == 0 ? "" : "\(next(1000))"
                    text +=
                        ["person\(visitor)", "\(time)", pages[page], "About \(pages[page])", amount].joined(separator: delimiter) + "\n"
                    page = next(10) < 8 ? (page + 1) % pages.count : next(pages.count)
                }
            }
        }
        return text
    }

    static let mapping = """
        format: csv
        delimiter: ","
        header: true
        visitor: visitor_id
        time: { column: time, unit: s }
        fields:
          - { name: page, column: page, kind: categorical }
          - { name: title, column: title, kind: text }
          - { name: amount, column: amount, kind: numeric }

        """

    /// Item sequences in which `i + 1` mostly follows `i`.
    static func items(sessions: Int = 200) -> String {
        var text = ""
        for session in 0..<sessions {
            let items = (0..<(3 + session % 4)).map { place in String(1 + (session * 7 + place) % 25) }
            text += items.joined(separator: " ") + "\n"
        }
        return text
    }

    static func pairs(count: Int = 40) -> String {
        var text = ""
        for pair in 0..<count {
            let items = (0..<3).map { place in 1 + (pair * 3 + place) % 25 }
            text += "\(items[0]) \(items[1])\t\(items[2])\n"
        }
        return text
    }

    static let config = """
        preset: tiny
        training: { epochs: 2, batchSessions: 16, checkpointSteps: 2 }

        """
}
