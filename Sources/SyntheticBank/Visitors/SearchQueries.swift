/// What people type into the site's search, and how often each need types it.
struct SearchQueries {
    static let everybody = ["contact", "interest rates", "app", "login", "fees", "offers", "opening hours", "forms"]

    let texts: [String]
    /// Probability of each phrase for each need: `share[phrase * K + need]`.
    let share: [Float]
    /// Per need: phrases and running sums.
    private let phrases: [[Int]]
    private let sums: [[Float]]

    init(_ configuration: BankConfiguration, _ needs: [HiddenNeed]) {
        var texts: [String] = []
        var index: [String: Int] = [:]
        func phrase(_ text: String) -> Int {
            if let known = index[text] { return known }
            index[text] = texts.count
            texts.append(text)
            return texts.count - 1
        }
        let own = Float(configuration.needQueryShare)
        var weights = [[Int: Float]](repeating: [:], count: needs.count)
        for (k, need) in needs.enumerated() {
            let title = need.section.title.lowercased()
            let ofSection = [title, title + " rates", title + " help", title + " apply", "best " + title]
            for (texts, share) in [(need.queries, own), (ofSection, (1 - own) * 0.6), (Self.everybody, (1 - own) * 0.4)] {
                for text in texts { weights[k][phrase(text), default: 0] += share / Float(texts.count) }
            }
        }
        self.texts = texts
        let all = weights.map { $0.sorted { $0.key < $1.key } }
        phrases = all.map { $0.map(\.key) }
        sums = all.map { runningSums($0.map(\.value)) }
        var share = [Float](repeating: 0, count: texts.count * needs.count)
        for (k, entries) in all.enumerated() { for (phrase, weight) in entries { share[phrase * needs.count + k] = weight } }
        self.share = share
    }

    func draw(_ need: Int, using source: inout SeededSource) -> Int { phrases[need][source.draw(sums[need])] }

    /// The phrase as typed: with one slip of the fingers (a letter left out, doubled, or two exchanged) in some cases.
    func typed(_ phrase: Int, misspelled: Bool, using source: inout SeededSource) -> String {
        guard misspelled else { return texts[phrase] }
        var letters = Array(texts[phrase].utf8)
        let place = 1 + source.index(below: letters.count - 2)
        switch source.index(below: 3) {
        case 0: letters.remove(at: place)
        case 1: letters.insert(letters[place], at: place)
        default: letters.swapAt(place, place + 1)
        }
        return String(decoding: letters, as: UTF8.self)
    }
}
