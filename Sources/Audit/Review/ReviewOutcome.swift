public import Evaluation

/// What a review says, for as much as has been read of it: agreement, precision and recall of each intent, and what to do.
public struct ReviewOutcome: Sendable, Equatable, Codable {
    /// What becomes of an intent whose precision has a floor.
    public enum Standing: String, Sendable, Equatable, Codable {
        /// The whole interval lies at the floor or above.
        case proven
        /// The interval holds the floor, or lies below it and fewer than ``ReviewOutcome/fewestVerdicts`` say so: more verdicts would tell.
        case open
        /// The whole interval lies below the floor, by enough verdicts or by all there can be.
        case below
        /// Nobody judged a session that it was given.
        case unknown
    }

    /// An intent beside the floor.
    public struct Judgement: Sendable, Equatable, Codable {
        /// What the verdicts say.
        public var estimate: ReviewEstimate
        /// Where its precision stands; nil without a floor.
        public var standing: Standing?
        /// Verdicts on sessions with the intent that would be needed in all to tell it from the floor, if the precision is as estimated.
        public var needed: Int?
    }

    /// The design's id.
    public var design: String
    /// Sessions of the population.
    public var population: Int
    /// Sessions drawn.
    public var drawn: Int
    /// Sessions with a verdict that can be used.
    public var judged: Int
    /// Sessions of which those who judged them could not tell.
    public var unsure: Int
    /// Items on which reviewers are tied and nobody adjudicated.
    public var tied: [String]
    /// Rows with an empty verdict, by reviewer.
    public var unanswered: [String: Int]
    /// How often each kind of trouble was met in the sheets.
    public var troubles: [String: Int]
    /// What could not be used, by sheet and line.
    public var findings: [SheetReading.Finding]
    /// Agreement of the reviewers, all intents together first; empty without items that two judged.
    public var agreement: [ReviewAgreement]
    /// Share of all sessions whose label is wholly right.
    public var whollyRight: MetricInterval?
    /// The intents, in the taxonomy's order.
    public var intents: [Judgement]
    /// The precision that was asked for.
    public var floor: Double?
    /// Intents that are to be suspended, in the taxonomy's order.
    public var toSuspend: [String]
    /// What to do, one thing a line.
    public var toDo: [String]

    /// Kappa below which a definition is not clear enough for people to agree on (Landis and Koch, 1977: moderate ends here).
    public static let clear = 0.6

    /// Verdicts that must speak of an intent before it can lie below the floor (``ReviewEstimate/effective``), also where these
    /// are all there are: a suspension is for sessions to come. One wrong verdict gives an interval from 0 to 0.793, two of which one is wrong one to 0.906, and intents that are just
    /// at a floor above these give such verdicts one time in five: so short, Wilson's interval is not what it says (Brown, Cai and
    /// DasGupta, 2001, Statistical Science 16, 101–133).
    public static let fewestVerdicts = 5.0

    /// Puts together what sheets say.
    ///
    /// An intent is suspended where its whole interval lies below the floor. A small sample alone takes no intent from anybody: nearly
    /// every interval of ten verdicts reaches below a high floor, which suspends nothing, and fewer than ``fewestVerdicts`` never do. What
    /// is open is told with the verdicts that would decide it. The careful suspend those, too.
    /// - Parameters:
    ///   - floor: the precision that each intent must have; nil for none.
    ///   - suspendsOpen: whether an intent is suspended, too, whose interval holds the floor, or that nobody judged.
    ///   - rounds: draws for the intervals of agreement.
    public init(_ reading: SheetReading, of design: ReviewDesign, floor: Double? = nil, suspendsOpen: Bool = false, rounds: Int = 1000) {
        let consensus = ReviewConsensus(reading, of: design)
        self.design = design.id
        population = design.strata.reduce(0) { $0 + $1.population }
        drawn = design.items.count
        (judged, unsure) = (consensus.judged, consensus.unsure)
        tied = consensus.tied.map(design.name(of:))
        unanswered = reading.unanswered
        troubles = Dictionary(uniqueKeysWithValues: reading.counts.map { ($0.key.rawValue, $0.value) })
        findings = reading.findings
        agreement = ReviewAgreement.measured(reading, of: design, rounds: rounds)
        whollyRight = design.shareWhollyRight { consensus.isRight($0, of: design) }
        self.floor = floor
        intents = design.estimates { consensus.shows[$0][$1] }.map { estimate in
            let standing = floor.map { Self.standing(estimate, $0) }
            return Judgement(
                estimate: estimate, standing: standing, needed: standing == .open ? Self.needed(estimate, floor: floor!) : nil)
        }
        toSuspend = intents.filter { row in
            guard row.estimate.given > 0, let standing = row.standing else { return false }
            return standing == .below || (suspendsOpen && standing != .proven)
        }.map(\.estimate.intent)
        toDo = []
        toDo = tasks(of: design)
    }

    /// Why an intent is suspended, in a sentence for whoever reads it later.
    public func reason(_ row: Judgement) -> String {
        let found = row.estimate.precision.map { "precision \(Self.range($0)) of \(row.estimate.judged) judged" } ?? "nobody judged it"
        return "\(found), floor \(Self.number(floor ?? 0)), review \(design.prefix(8))"
    }

    private static func standing(_ estimate: ReviewEstimate, _ floor: Double) -> Standing {
        guard let precision = estimate.precision else { return .unknown }
        // Five equal weights may come to a hair less than five.
        let isEnough = estimate.effective > fewestVerdicts - 1e-6
        if precision.upper < floor { return isEnough ? .below : .open }
        return precision.lower >= floor ? .proven : .open
    }

    /// Intervals shrink with the root of the verdicts.
    private static func needed(_ estimate: ReviewEstimate, floor: Double) -> Int? {
        guard let precision = estimate.precision, abs(precision.estimate - floor) > 0.005 else { return nil }
        let reach = precision.estimate > floor ? precision.estimate - precision.lower : precision.upper - precision.estimate
        let factor = reach / abs(precision.estimate - floor)
        let more = max(1, factor * factor, fewestVerdicts / estimate.effective)
        return min(estimate.given, Int((Double(estimate.judged) * more - 1e-6).rounded(.up)))
    }

    private func tasks(of design: ReviewDesign) -> [String] {
        var tasks: [String] = []
        for name in design.settings.reviewers {
            let rows = unanswered[name] ?? 0
            if rows > 0 { tasks.append("\(name): verdicts still empty: \(rows)") }
        }
        if let rows = troubles[SheetReading.Finding.Kind.missingRow.rawValue] {
            tasks.append("rows that reviewers were given and that are in no sheet: \(rows); ask for them")
        }
        let others = findings.count { $0.kind != .missingRow }
        if others > 0 { tasks.append("rows or sheets that could not be used: \(others); mend them and read again") }
        if !tied.isEmpty { tasks.append("items on which reviewers are tied: \(tied.count); have them adjudicated (--adjudicate FILE)") }
        for row in agreement where !row.intent.isEmpty {
            if let kappa = row.cohen ?? row.fleiss ?? row.krippendorff, kappa.upper < Self.clear {
                tasks.append("\(row.intent): reviewers do not agree on what it means; make its definition clearer before judging by it")
            }
        }
        for row in intents where toSuspend.contains(row.estimate.intent) {
            let why = row.standing == .below ? "its precision is below the floor" : "it is not proven to reach the floor"
            tasks.append("\(row.estimate.intent): suspend it; \(why)")
        }
        let left = intents.filter { $0.estimate.given > 0 && !toSuspend.contains($0.estimate.intent) }
        let open = left.filter { $0.standing == .open }
        if !open.isEmpty {
            let told = open.map { row in "\(row.estimate.intent) \(row.needed.map(String.init) ?? "all")" }
            tasks.append("not decided, with the verdicts that would be needed on sessions of each: \(told.joined(separator: ", "))")
        }
        let unknown = left.filter { $0.standing == .unknown }.map(\.estimate.intent)
        if !unknown.isEmpty { tasks.append("nobody has judged a session with \(unknown.joined(separator: ", "))") }
        return tasks
    }
}
