public import DurableFiles

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Takes: the raw tables of a configuration.   Gives: applicants with their records, and what was found and refused on the way.
public struct CreditData: Sendable {
    /// What was found: nothing is left out without being counted.
    public struct Counts: Sendable, Equatable, Codable {
        /// Applicants read.
        public var applicants = 0
        /// Of these without a known outcome.
        public var withoutOutcome = 0
        /// Outcomes that belong to no applicant.
        public var outcomesWithoutApplicant = 0
        /// Applicants of former days.
        public var oldApplicants = 0
        /// Of these left out: without a known outcome, or customers of today.
        public var oldLeftOut = 0
        /// Rows refused, of all files.
        public var refused = 0
        /// What was found when applicants and records were brought together.
        public var tables = FrameworkExamples.Counts()
    }

    /// What was found.
    public let counts: Counts
    /// The first refused rows, by file and line; no row's content.
    public let refusals: [FrameworkReader.Refusal]
    /// The applicants with their records.
    public let examples: FrameworkExamples
    /// Of former days, with known outcomes; nil where there are none.
    let old: FrameworkExamples?
    /// What codes of behaviours are merged by, where a file says it.
    let operations: [BehaviourVocabulary.Rule]?

    /// Reads the files.
    /// - Parameters:
    ///   - folder: where relative paths begin; empty for the working directory.
    ///   - files: paths that stand in place of the configuration's.
    ///   - training: whether everything is read that a training needs: outcomes, tables of the service, former days.
    ///   - needsOutcomes: whether outcomes must be there.
    /// - Throws: ``ScorecardError``, ``FrameworkError`` where a file is missing or cannot be read.
    public init(
        _ configuration: CreditConfiguration, folder: String, files: [String: String] = [:], training: Bool, needsOutcomes: Bool,
        in fileSystem: FileSystem = .live
    ) throws {
        try configuration.validate()
        func path(_ name: String) -> String? {
            // What is named on the way is taken as it is; what the configuration names begins in the folder.
            if let given = files[name] { return given }
            return configuration.path(of: name, in: folder)
        }
        for name in files.keys.sorted() {
            guard CreditConfiguration.ownFiles.contains(name) || configuration.tables.contains(where: { $0.name == name }) else {
                throw CreditConfiguration.bad("--file \(name)", "the model has no file of this name", "correct the name")
            }
            if !training { try Self.refuse(table: name, before: configuration) }
        }
        guard let own = path("applicants") else { throw ScorecardError.noFile(name: "applicants") }
        let reading = configuration.reading(service: training)
        var tables: [String: String] = [:]
        for table in reading.tables {
            guard let own = path(table.name) else { throw ScorecardError.noFile(name: table.name) }
            tables[table.name] = own
        }
        for own in (tables.values + [own]).sorted() where own != "-" {
            guard try fileSystem.status(of: own) != nil else {
                throw ScorecardError.file(FileError(.open, own, code: ENOENT, advice: "correct the path, or name the folder with --data"))
            }
        }
        var reader = try FrameworkReader(reading)
        let examples = try reader.read(
            applicants: own, outcomes: needsOutcomes || files["outcomes"] != nil ? path("outcomes") : nil, tables: tables,
            needsOutcomes: needsOutcomes, in: fileSystem)
        guard examples.count > 0 else { throw ScorecardError.applicants("there are none in \(own); give some") }
        var counts = Counts()
        var old: FrameworkExamples?
        var refusals = reader.refusals
        (counts.refused, counts.outcomesWithoutApplicant) = (reader.refused, reader.outcomesWithoutApplicant)
        if training, configuration.preset == .huihen, let own = path("oldApplicants") {
            var reader = try FrameworkReader(reading)
            let found = try reader.read(applicants: own, outcomes: path("oldOutcomes"), in: fileSystem)
            let today = Set(examples.customers)
            let kept = (0..<found.count).filter { !found.outcomes[$0].isNaN && !today.contains(found.customers[$0]) }
            (counts.oldApplicants, counts.oldLeftOut) = (found.count, found.count - kept.count)
            counts.refused += reader.refused
            refusals += reader.refusals
            old = found.subset(kept)
        }
        (counts.applicants, counts.tables) = (examples.count, examples.counts)
        counts.withoutOutcome = examples.outcomes.count { $0.isNaN }
        (self.examples, self.old, self.counts, self.refusals) = (examples, old, counts, refusals)
        if !training { try Self.refuse(columns: reader.headers.keys.sorted().flatMap { reader.headers[$0] ?? [] }, before: configuration) }
        operations =
            try training && configuration.preset == .huihen
            ? path("operations").map { try Self.rules($0, fileSystem) } : nil
    }

    /// Of applicants to score, who were read from memory.
    init(_ examples: FrameworkExamples) {
        var counts = Counts()
        (counts.applicants, counts.tables) = (examples.count, examples.counts)
        counts.withoutOutcome = examples.outcomes.count { $0.isNaN }
        (self.examples, self.counts, refusals, old, operations) = (examples, counts, [], nil, nil)
    }

    /// `code,operation,category` → rules of merging.
    private static func rules(_ path: String, _ fileSystem: FileSystem) throws -> [BehaviourVocabulary.Rule] {
        let table = try DelimitedText(FrameworkReader.text(path, fileSystem), path: path, needed: "code")
        let columns = try table.require(["code", "operation", "category"])
        var (rules, faults): ([BehaviourVocabulary.Rule], [Int]) = ([], [])
        table.rows { row throws(DelimitedText.Fault) in
            guard let category = BehaviourCategory(rawValue: row.text(columns[2])) else { throw .init("it is no category") }
            rules.append(
                BehaviourVocabulary.Rule(code: row.text(columns[0]), behaviour: row.text(columns[1]), category: category))
        } refuse: { line, _ in
            faults.append(line)
        }
        guard let first = faults.first else { return rules }
        throw FrameworkError.table(
            name: "\(path):\(first)", row: nil, reason: "the row gives no rule",
            remedy: "write code, operation and one of \(BehaviourCategory.allCases.map(\.rawValue).joined(separator: ", "))")
    }
}
