public import DurableFiles

/// Every number of the simulated bank that is an assumption one may want to change, except the page graph and the needs
/// themselves. Written as `configuration.json` beside each export.
///
/// Shares are fractions between 0 and 1.
public struct BankConfiguration: Codable, Sendable, Equatable {
    /// Which click files are written; both hold the same events.
    public enum Format: String, Codable, Sendable, CaseIterable {
        /// `clicks.csv`
        case csv
        /// `clicks.jsonl`
        case jsonLines
    }

    /// People (browsers, strictly) that visit the site, bots included.
    public var visitors: Int = 10_000
    /// The click files to write.
    public var formats: [Format] = Format.allCases
    /// First day of the period, as days since 1 January 1970. The default is Monday 1 September 2025.
    public var firstDay: Int = 20_332
    /// Days in which a visitor may come for the first time.
    public var arrivalDays: Int = 60

    /// Mean number of further sessions of a visitor after the first (geometric, at most 19).
    public var meanFurtherSessions: Double = 1.6
    /// Probability that the hidden need stays as it is from one session to the next.
    public var needPersistence: Double = 0.6
    /// Probability that it moves to another need of the same family; otherwise it is drawn afresh.
    public var needFamilyMove: Double = 0.2
    /// Share of sessions that pursue the need; the rest are idle browsing.
    public var goalDirectedShare: Double = 0.75
    /// In a goal-directed session, probability that an event is a detour that has nothing to do with the need.
    public var detourShare: Double = 0.12
    /// In an idle session, probability that an event is after all one that the need would produce.
    public var idleTilt: Double = 0.15
    /// How far dwell times of needs lie apart: 1 as written in the need catalogue, 0 for no difference at all.
    public var dwellContrast: Double = 1
    /// Share of typed queries that are peculiar to the need; the rest are common to its section or to everybody.
    public var needQueryShare: Double = 0.35
    /// Share of typed queries with a misspelling.
    public var misspellingShare: Double = 0.15
    /// Share of sessions that arrive by a named campaign.
    public var campaignShare: Double = 0.3
    /// Of those, the share whose campaign belongs to the section of the need.
    public var campaignTargeting: Double = 0.7

    /// Share of visitors who are customers of the bank and may log in.
    public var customerShare: Double = 0.45
    /// Share of customers who come with a second browser.
    public var secondBrowserShare: Double = 0.15
    /// Share of visitors that are bots.
    public var botShare: Double = 0.015
    /// Share of bots that pretend to be an ordinary browser.
    public var disguisedBotShare: Double = 0.25
    /// Share of desktop visitors whose ad blocker drops campaign fields and scroll depth.
    public var adBlockerShareDesktop: Double = 0.22
    /// The same among phones and tablets.
    public var adBlockerShareMobile: Double = 0.07
    /// Share of visitors whose browser hides page titles.
    public var privacyBrowserShare: Double = 0.06
    /// Whether the best possible guess of each session's need is computed and written to the truth.
    public var computesReference: Bool = true

    /// How simulated annotators label sessions.
    public var annotation = AnnotationAssumptions()
    /// How sessions turn into applications.
    public var conversion = ConversionAssumptions()
    /// How customers use the app.
    public var app = AppAssumptions()
    /// Who applies for loans and what becomes of them; nil for a bank without credit files, which is then the same to the byte as before there
    /// were any.
    public var credit: CreditAssumptions?

    /// The defaults, for the given number of visitors.
    public init(visitors: Int = 10_000) {
        self.visitors = visitors
    }

    private static func brief(_ limit: Double) -> String { limit == limit.rounded() ? "\(Int(limit))" : "\(limit)" }

    /// Refuses numbers no bank can have.
    /// - Throws: ``SimulationError/badConfiguration(field:expected:)`` naming the first wrong field.
    public func validate() throws(SimulationError) {
        func require(_ holds: Bool, _ field: String, _ expected: String) throws(SimulationError) {
            if !holds { throw .badConfiguration(field: field, expected: expected) }
        }
        try require((1...1_000_000_000).contains(visitors), "visitors", "a number from 1 to 1,000,000,000")
        try require(!formats.isEmpty && Set(formats).count == formats.count, "formats", "csv, jsonLines or both, each once")
        try require((0...200_000).contains(firstDay), "firstDay", "days since 1970 from 0 to 200,000")
        try require((1...36_500).contains(arrivalDays), "arrivalDays", "a number from 1 to 36,500")
        try require(meanFurtherSessions >= 0 && meanFurtherSessions <= 100, "meanFurtherSessions", "a number from 0 to 100")
        try require(dwellContrast >= 0 && dwellContrast <= 2, "dwellContrast", "a number from 0 to 2")
        try require((0.1...10).contains(annotation.temperature), "annotation.temperature", "a number from 0.1 to 10")
        let shares: [(field: String, value: Double)] =
            [
                ("needPersistence", needPersistence), ("needFamilyMove", needFamilyMove), ("goalDirectedShare", goalDirectedShare),
                ("detourShare", detourShare), ("idleTilt", idleTilt), ("needQueryShare", needQueryShare),
                ("misspellingShare", misspellingShare), ("campaignShare", campaignShare), ("campaignTargeting", campaignTargeting),
                ("customerShare", customerShare), ("secondBrowserShare", secondBrowserShare), ("botShare", botShare),
                ("disguisedBotShare", disguisedBotShare), ("adBlockerShareDesktop", adBlockerShareDesktop),
                ("adBlockerShareMobile", adBlockerShareMobile), ("privacyBrowserShare", privacyBrowserShare),
            ] + annotation.shares + conversion.shares + app.shares + (credit?.shares ?? [])
        for (field, value, range) in app.limits + (credit?.limits ?? []) {
            try require(range.contains(value), field, "a number from \(Self.brief(range.lowerBound)) to \(Self.brief(range.upperBound))")
        }
        for (field, share) in shares { try require(share >= 0 && share <= 1, field, "a fraction from 0 to 1") }
        try require(needPersistence + needFamilyMove <= 1, "needFamilyMove", "at most 1 together with needPersistence")
        // Records of applicants begin some years before the first day.
        try require(credit == nil || firstDay >= 2500, "firstDay", "days since 1970 from 2,500 where there are applicants")
        try require(campaignShare <= 0.4, "campaignShare", "at most 0.4; direct, organic and referred visits take the other 0.6")
    }
}

/// What can go wrong while a bank is simulated.
public enum SimulationError: Error, Sendable, Equatable, CustomStringConvertible, CarriesFileError {
    /// A configuration field has a value no bank can have.
    case badConfiguration(field: String, expected: String)
    /// The output folder is already there and holds something.
    case folderNotEmpty(path: String)
    /// The system refused to create or write a file.
    case file(FileError)
    /// The caller asked to stop; nothing was left behind.
    case stopped

    /// Wraps a file error.
    public init(_ error: FileError) { self = error.isOccupied ? .folderNotEmpty(path: error.path) : .file(error) }

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .badConfiguration(let field, let expected): "simulation configuration, field \(field): expected \(expected)"
        case .folderNotEmpty(let path): "\(path): already there and not empty; name a new folder or remove this one"
        case .file(let error): error.description
        case .stopped: "simulation stopped before its end; nothing was written"
        }
    }
}
