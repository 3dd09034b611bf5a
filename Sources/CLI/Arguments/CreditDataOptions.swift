internal import ArgumentParser
internal import CreditRisk

/// Where the files of a configuration are.
struct CreditFiles: ParsableArguments {
    @Option(
        help: ArgumentHelp("Folder in which the configuration's relative paths begin.", valueName: "dir"), completion: .directory)
    var data: String?
    @Option(
        name: .customLong("file"),
        help: ArgumentHelp(
            "A file in place of the configuration's, by its name there: applicants, outcomes, a table. May be given several times.",
            valueName: "name=path"))
    var given: [NamedPath] = []

    var paths: [String] { given.map(\.path) }

    /// Paths by name; a later one counts.
    var files: [String: String] { Dictionary(given.map { ($0.name, $0.path) }, uniquingKeysWith: { $1 }) }

    func validate() throws {
        if let twice = Dictionary(grouping: given, by: \.name).filter({ $0.value.count > 1 }).keys.sorted().first {
            throw ValidationError("--file \(twice)=… is given twice")
        }
    }
}

/// `name=path`.
struct NamedPath: ExpressibleByArgument {
    let name: String
    let path: String

    init?(argument: String) {
        guard let place = argument.firstIndex(of: "="), place > argument.startIndex else { return nil }
        (name, path) = (String(argument[..<place]), String(argument[argument.index(after: place)...]))
        if path.isEmpty { return nil }
    }
}

extension CreditData {
    /// Says what was refused and left out on the way, on standard error.
    /// - Parameter outcomes: whether applicants without a known outcome are left out.
    func tell(outcomes: Bool) {
        for refusal in refusals { StandardError.write("refused: \(refusal)\n") }
        if counts.refused > refusals.count {
            StandardError.write("refused: \(Reading.count(counts.refused - refusals.count)) further rows\n")
        }
        var parts: [(String, Int)] = [
            ("applicants without a known outcome", outcomes ? counts.withoutOutcome : 0),
            ("outcomes that belong to no applicant", counts.outcomesWithoutApplicant),
            ("applicants of former days without an outcome, or who are customers of today", counts.oldLeftOut),
        ]
        parts += counts.tables.withoutApplicant.sorted { $0.key < $1.key }.map { ("records of \($0) that belong to no applicant", $1) }
        Self.tell("not read", parts)
        Self.tell("put in order", counts.tables.backwards.sorted { $0.key < $1.key }.map { ("records of \($0)", $1) })
    }

    /// Says what a model does not read of the applicants' records.
    func tell(_ card: CreditScorecard) throws { Self.tell("not read", try card.unread(self).sorted { $0.key < $1.key }.map { $0 }) }

    private static func tell(_ what: String, _ parts: [(String, Int)]) {
        let told = parts.filter { $0.1 > 0 }.map { "\(Reading.count($0.1)) \($0.0)" }
        if !told.isEmpty { StandardError.write("\(what): \(told.joined(separator: "; "))\n") }
    }
}
