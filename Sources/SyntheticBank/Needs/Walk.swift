/// What a session has shown so far, as far as the next page depends on it: the previous page, and per group of pages the last
/// variant seen and the last one different from it. Simulator and reference keep the same record.
struct Walk {
    private(set) var previous: Int?
    private var last: [Int8]
    private var other: [Int8]

    init(groups: Int) {
        last = [Int8](repeating: -1, count: groups)
        other = last
    }

    mutating func restart() {
        previous = nil
        for group in last.indices {
            last[group] = -1
            other[group] = -1
        }
    }

    mutating func visit(_ page: Int, _ site: Site) {
        let (group, variant) = (site.pages[page].group, Int8(site.pages[page].variant))
        if last[group] != variant {
            other[group] = last[group]
            last[group] = variant
        }
        previous = page
    }

    /// The variant a movement prefers next, and how strongly; without one, variants are drawn by how well known they are.
    private func preferred(_ movement: Movement, _ group: Int, variants: Int) -> (variant: Int, strength: Float)? {
        let (last, other) = (Int(self.last[group]), Int(self.other[group]))
        switch movement {
        case .known: return nil
        case .pingPong: return last < 0 ? nil : other < 0 ? ((last + 1) % variants, 0.5) : (other, 0.75)
        case .scan: return ((last + 1) % variants, 0.75)
        case .focus: return last < 0 ? nil : (last, 0.8)
        }
    }

    func variantProbability(_ movement: Movement, _ group: Int, _ variant: Int, _ site: Site) -> Float {
        let known = site.variantShares[group][variant]
        guard let (target, strength) = preferred(movement, group, variants: site.groups[group].variants) else { return known }
        return (target == variant ? strength : 0) + (1 - strength) * known
    }

    func drawVariant(_ movement: Movement, _ group: Int, _ site: Site, using source: inout SeededSource) -> Int {
        if let (target, strength) = preferred(movement, group, variants: site.groups[group].variants), source.chance(Double(strength)) {
            return target
        }
        return source.draw(site.variantSums[group])
    }
}
