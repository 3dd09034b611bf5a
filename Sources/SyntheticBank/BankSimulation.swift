public import DurableFiles
internal import FoundationEssentials

/// Takes: a configuration and a seed. Gives: export files of a simulated retail bank's website, and the hidden truth beside them.
///
/// Nothing here is a bank's data, and nothing imports the rest of Tessera: what is written goes through the front door like any export.
///
/// **What is assumed.** Every number is in ``BankConfiguration``, ``NeedCatalogue`` or the site; in words:
/// - The site has some 240 pages in 23 sections. Thirteen sections sell something and are built alike (overview, products, comparison, rates,
///   calculator, eligibility, application, documents, questions, guides, terms); the others serve, inform or let in.
/// - A visitor is a browser with one hidden need out of 35, drawn by its share. From session to session it stays, moves within
///   its family, or is drawn afresh; the shares of needs are the same at every session.
/// - Three sessions in four pursue the need; the others are idle browsing with a slight lean to it. In the first kind some events are
///   detours; a detour follows the menu or the links of the section one is in.
/// - A pursuit walks through the steps of the need's plan. Needs of one section visit largely the same pages; they differ in
///   (1) the *order* of the steps (rates before calculator, or after products),
///   (2) the *movement* among products (back and forth between two; down the list; again and again the same one),
///   (3) where people *hesitate or hurry* (calculators, eligibility checks, documents), in dwell and in scroll depth,
///   (4) what they *type* into search (a third of it peculiar to the need, the rest common; some misspelled),
///   (5) the *campaign* that brought them (which knows the section, not the need), and a little in hour and weekday.
///   So the pages seen say much about the section and less about the need; the last page says little.
/// - What is missing is missing for a reason: ad blockers drop campaign and scroll depth, a privacy browser drops titles, only customers who
///   logged in show a customer id (two browsers may share one), only searches have a query, only the first event has a campaign.
/// - Bots fetch many pages in the site's order within seconds; three in four say so in the browser field.
///
/// - Annotators that do not exist label sessions with the faults of a language model (``AnnotationAssumptions``), and applications follow
///   sessions by a table of needs and products (``ConversionTable``).
/// - Customers open the bank's app, see tiles on its home page, click one or none, and apply for products (``AppAssumptions``).
/// - On request, people apart from these apply for loans, after months in the app, and some fall overdue (``CreditAssumptions``).
///
/// **Files**: `clicks.csv`, `clicks.jsonl` (the same events), `mapping.yaml`, `mapping-linked.yaml`, `configuration.json`, `README.txt`; `labels/annotators.jsonl`
/// with simulated labels; `app/` with `customers.csv`, `links.csv`, `tiles.csv`, `impressions.csv`, `decisions.csv` and `applications.csv`; and, apart,
/// `truth/sessions.csv`, `needs.csv`, `conversions.csv`, `impressions.csv` and `decisions.csv`. The truth carries the probability of the need by the simulator's own chain given all that the
/// session shows, so that a measured gain can be stated as a share of the best possible one. With ``BankConfiguration/credit``, `credit/` and
/// `truth/credit.csv`, too.
public struct BankSimulation: Sendable {
    /// What is assumed.
    public let configuration: BankConfiguration
    /// Same configuration and seed, same bytes.
    public let seed: UInt64

    /// What was written.
    public struct Summary: Sendable, Equatable, Codable {
        /// Visitors, bots included.
        public var visitors = 0
        /// Sessions, those of bots included.
        public var sessions = 0
        /// Rows of each click file.
        public var events = 0
        /// Sessions of bots.
        public var botSessions = 0
        /// Share of human sessions whose most probable need by the reference is the true one; nil without a reference.
        public var referenceAccuracy: Double?
        /// Mean of -log of the reference's probability of the true need over human sessions (natural logarithm).
        public var referenceLogLoss: Double?
        /// Share of the sessions labelled by the simulated annotator a whose most confident intent is the true need; nil where it labelled
        /// none. To be beaten: ``referenceAccuracy`` is what can be reached.
        public var teacherAccuracy: Double?
        /// Applicants for loans and what they did; nil without them.
        public var credit: Credit?
    }

    /// What was written of applicants.
    public struct Credit: Sendable, Equatable, Codable {
        /// Applicants with an app history.
        public var applicants = 0
        /// Applicants of former days, of whom only profiles are kept.
        public var oldApplicants = 0
        /// Rows of `credit/behaviours.csv`.
        public var behaviours = 0
        /// Applicants that fell overdue, old ones not among them.
        public var overdue = 0
    }

    /// - Throws: ``SimulationError/badConfiguration(field:expected:)``.
    public init(configuration: BankConfiguration, seed: UInt64) throws(SimulationError) {
        try configuration.validate()
        self.configuration = configuration
        self.seed = seed
    }

    /// Writes the export into a new folder, whole or not at all.
    ///
    /// Visitors are written one after the other as they are drawn, so memory does not grow with their number. Rows are
    /// grouped by visitor, not sorted by time.
    /// - Parameters:
    ///   - folder: must not exist, or be empty; its parent must exist.
    ///   - goOn: asked every 256 visitors, and then applicants, with the number of both written so far; answering false stops and leaves nothing
    ///     behind.
    /// - Throws: ``SimulationError``
    public func write(
        to folder: String, in fileSystem: FileSystem = .live, goOn: (_ written: Int) -> Bool = { _ in true }
    ) throws(SimulationError) -> Summary {
        try DirectoryPublication.publish(at: folder, replacing: false, in: fileSystem) { draft throws(SimulationError) in
            do throws(FileError) {
                let parts = ["truth", "labels", "app"] + (configuration.credit == nil ? [] : ["credit"])
                for part in parts { try fileSystem.makeDirectory("\(draft)/\(part)") }
            } catch { throw .file(error) }
            return try writeFiles(in: draft, fileSystem, goOn)
        }
    }

    private func writeFiles(in folder: String, _ fileSystem: FileSystem, _ goOn: (Int) -> Bool) throws(SimulationError) -> Summary {
        let source = VisitorSource(configuration, seed: seed)
        let texts = ClickTexts(source.site, source.campaigns)
        // An optional holds a writer that cannot be copied; an array could not.
        var csv: ClickWriter? = nil
        var json: ClickWriter? = nil
        if configuration.formats.contains(.csv) { csv = try ClickWriter(.csv, in: folder, fileSystem, texts) }
        if configuration.formats.contains(.jsonLines) { json = try ClickWriter(.jsonLines, in: folder, fileSystem, texts) }
        var reference = configuration.computesReference ? ReferencePosterior(source) : nil
        var truth = try TruthWriter(in: folder, fileSystem, source)
        var conversions = try ConversionWriter(in: folder, fileSystem, source)
        var annotations = try AnnotationWriter(in: folder, fileSystem, source)
        var app = try AppWriter(in: folder, fileSystem, source)
        var walk = Walk(groups: source.site.groups.count)
        var summary = Summary()
        for number in 0..<configuration.visitors {
            if number.isMultiple(of: 256) && !goOn(number) { throw .stopped }
            let visitor = source.visitor(number, walk: &walk)
            try csv?.write(visitor)
            try json?.write(visitor)
            let posteriors = visitor.isBot ? [] : visitor.sessions.map { reference?($0, visitor) }
            try truth.write(visitor, posteriors)
            try conversions.write(visitor)
            try annotations.write(visitor, posteriors)
            try app.write(visitor, posteriors)
            summary.visitors += 1
            summary.sessions += visitor.sessions.count
            if visitor.isBot { summary.botSessions += visitor.sessions.count }
            for session in visitor.sessions { summary.events += session.events.count }
        }
        try csv?.finish()
        try json?.finish()
        try conversions.finish()
        try app.finish()
        summary.teacherAccuracy = try annotations.finish()
        let quality = try truth.finish()
        summary.referenceAccuracy = quality?.accuracy
        summary.referenceLogLoss = quality?.logLoss
        try OutputFile.write(MappingText.yaml, to: "\(folder)/mapping.yaml", in: fileSystem)
        try OutputFile.write(MappingText.linkedYAML, to: "\(folder)/mapping-linked.yaml", in: fileSystem)
        try OutputFile.write(configurationText(), to: "\(folder)/configuration.json", in: fileSystem)
        if let assumptions = configuration.credit {
            let applicants = ApplicantSource(assumptions, firstDay: configuration.firstDay)
            var credit = try CreditWriter(in: folder, fileSystem, applicants, seed: seed)
            summary.credit = try credit.writeAll { goOn(configuration.visitors + $0) }
        }
        let notice = MappingText.notice + (configuration.credit == nil ? "" : MappingText.creditNotice)
        try OutputFile.write(notice, to: "\(folder)/README.txt", in: fileSystem)
        return summary
    }

    private struct Recipe: Codable {
        var synthetic = true
        var note = "Simulated by Tessera's synthetic bank. No person and no bank is behind it."
        var seed: UInt64
        var configuration: BankConfiguration
    }

    private func configurationText() -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(Recipe(seed: seed, configuration: configuration)) else {
            preconditionFailure("BankSimulation: a validated configuration has no JSON form")
        }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
