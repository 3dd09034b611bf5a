internal import DurableFiles

extension ReviewDesign {
    /// Draws a sample.
    ///
    /// Every stratum has at least two sessions of the sample, or all it has; the sessions that are given each intent first have at least
    /// ``Settings/perIntent``, those without an intent their share, which together may come to more than
    /// ``Settings/size``. What is left is spread by strata's sizes, with ``Preference/uncertain`` times their mean uncertainty, which is
    /// Neyman's allocation (Neyman, 1934) for labels that are right as often as their probability says. No stratum counts as surer than
    /// 0.3, so that no weight is out of all proportion. Which sessions of a stratum are drawn is said by the SHA-256 of seed and id:
    /// neither the order of the lines nor the machine matters, and anybody can draw again.
    /// - Parameter intents: those of the taxonomy that can be given, in its order.
    public init(_ population: ReviewPopulation, intents: [Intent], _ settings: Settings) throws(ReviewError) {
        try Self.check(settings)
        guard !population.items.isEmpty else { throw .nothing(path: population.source.name) }
        let known = Set(intents.map(\.id))
        for item in population.items where !known.isSuperset(of: item.given.map(\.intent) + item.possible) {
            throw .otherTaxonomy(path: population.source.name, reason: "a label names an intent that the taxonomy does not have")
        }
        let groups = try Self.strata(population.items, size: settings.size)
        let counts = Self.allocation(groups, population.items, settings)
        var strata: [Stratum] = [], chosen: [(rank: [UInt8], item: Item)] = []
        for (place, group) in groups.enumerated() {
            let members = group.members
            var stratum = Stratum(
                label: group.label, band: group.band, slice: group.slice, population: members.count, drawn: counts[place], given: [:],
                possible: [:])
            for member in members {
                for given in population.items[member].given { stratum.given[given.intent, default: 0] += 1 }
                for id in population.items[member].possible { stratum.possible[id, default: 0] += 1 }
            }
            strata.append(stratum)
            let ranked = members.map { (Self.rank(settings.seed, "draw", population.items[$0].session), $0) }
                .sorted { $0.0.lexicographicallyPrecedes($1.0) }
            for (_, member) in ranked.prefix(counts[place]) {
                let item = population.items[member]
                chosen.append(
                    (
                        Self.rank(settings.seed, "order", item.session),
                        Item(
                            session: item.session, stratum: place, given: item.given.map(\.intent), possible: item.possible, reviewers: [],
                            weight: Double(members.count) / Double(counts[place]), entry: item.entry)
                    ))
            }
        }
        var items = chosen.sorted { $0.rank.lexicographicallyPrecedes($1.rank) }.map(\.item)
        // One after another in turn: with three reviewers, two an item, each pair shares a third.
        for place in items.indices {
            let n = settings.reviewers.count
            items[place].reviewers = (0..<settings.overlap).map { (place + $0 * (1 + place / n % max(1, n - 1))) % n }.uniqued(below: n)
        }
        (self.settings, source, self.intents, self.strata, self.items) = (settings, population.source, intents, strata, items)
        id = digest
    }

    private static func check(_ settings: Settings) throws(ReviewError) {
        guard settings.size >= 2 else { throw .settings("--size must be 2 or more") }
        guard settings.perIntent >= 0 else { throw .settings("--per-intent must not be negative") }
        guard !settings.reviewers.isEmpty, Set(settings.reviewers.map { $0.lowercased() }).count == settings.reviewers.count else {
            throw .settings("--reviewers must name each reviewer once, such as anna,ben")
        }
        for name in settings.reviewers where !isFit(name) {
            throw .settings(
                "--reviewers: a name has 1 to 40 letters, digits, - or _, for it names a file; adjudicator and intents are taken")
        }
        guard (1...settings.reviewers.count).contains(settings.overlap) else {
            throw .settings("--overlap must lie between 1 and the number of reviewers")
        }
    }

    private static func isFit(_ name: String) -> Bool {
        (1...40).contains(name.utf8.count) && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            && ![SheetReading.adjudicator, "intents"].contains(name.lowercased())
    }

    /// Bytes by which sessions are ranked.
    private static func rank(_ seed: UInt64, _ step: String, _ session: String) -> [UInt8] {
        let digest = SHA256Digest()
        digest.update(Array("\(seed) \(step) \(session)".utf8))
        return digest.finish()
    }

    // MARK: Strata

    private struct Group {
        var label: String
        var band: Band?
        var slice: String
        var members: [Int]
    }

    /// The finest strata that the size can serve: by label, band and slice; if need be, a label's bands are put together where they are small.
    private static func strata(_ items: [LabelledItem], size: Int) throws(ReviewError) -> [Group] {
        func grouped(_ band: (LabelledItem) -> Band?) -> [Group] {
            var places: [String: Int] = [:]
            var groups: [Group] = []
            for (place, item) in items.enumerated() {
                let label = item.given.first?.intent ?? "", own = band(item)
                // A slice may hold any character, so that it comes last.
                let key = "\(label)\n\(own?.rawValue ?? "")\n\(item.slice)"
                if let known = places[key] {
                    groups[known].members.append(place)
                } else {
                    places[key] = groups.count
                    groups.append(Group(label: label, band: own, slice: item.slice, members: [place]))
                }
            }
            let bands = Band.allCases
            return groups.sorted {
                let (a, b) = ($0.band.flatMap(bands.firstIndex) ?? -1, $1.band.flatMap(bands.firstIndex) ?? -1)
                return ($0.label, $0.slice, a) < ($1.label, $1.slice, b)
            }
        }
        func least(_ groups: [Group]) -> Int { groups.reduce(0) { $0 + min(2, $1.members.count) } }
        let finest = grouped(\.band)
        if least(finest) * 2 <= size { return finest }
        let coarse = grouped { _ in nil }
        guard least(coarse) <= size else { throw .tooSmall(size: size, least: least(coarse)) }
        return least(finest) <= size && finest.count < 2 * coarse.count ? finest : coarse
    }

    /// Sessions to draw of each stratum.
    private static func allocation(_ groups: [Group], _ items: [LabelledItem], _ settings: Settings) -> [Int] {
        var counts = groups.map { min($0.members.count, 2) }
        let shares = groups.map { group in
            settings.first == .random
                ? Double(group.members.count) : group.members.reduce(0) { $0 + max(0.3, items[$1].uncertainty) }
        }
        // Sainte-Laguë: the next goes where the share is the furthest from what it has; the first of equals.
        func spread(_ places: [Int], to target: Int) {
            var open = places.filter { counts[$0] < groups[$0].members.count }
            var left = target - places.reduce(0) { $0 + counts[$1] }
            while left > 0, !open.isEmpty {
                var best = open[0]
                for place in open where shares[place] * (Double(counts[best]) + 0.5) > shares[best] * (Double(counts[place]) + 0.5) {
                    best = place
                }
                counts[best] += 1
                left -= 1
                if counts[best] == groups[best].members.count { open.removeAll { $0 == best } }
            }
        }
        var places: [String: [Int]] = [:]
        for (place, group) in groups.enumerated() { places[group.label, default: []].append(place) }
        let all = shares.reduce(0, +)
        for label in places.keys.sorted() {
            // Sessions without an intent keep their share however much the intents take: only they show what was missed.
            let share = label.isEmpty ? places[label]!.reduce(0) { $0 + shares[$1] } / all : 0
            spread(places[label]!, to: max(settings.perIntent, Int(Double(settings.size) * share)))
        }
        spread(Array(groups.indices), to: settings.size)
        return counts
    }
}

extension [Int] {
    /// Each number once, in this order; numbers that came twice give way to the next free one below `count`.
    fileprivate func uniqued(below count: Int) -> [Int] {
        var taken: [Int] = []
        for number in self {
            var free = number
            while taken.contains(free) { free = (free + 1) % count }
            taken.append(free)
        }
        return taken.sorted()
    }
}
