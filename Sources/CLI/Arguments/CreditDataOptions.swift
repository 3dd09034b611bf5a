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
    func tell(_ scored: [String: Int] = [:]) {
        for refusal in refusals { StandardError.write("refused: \(refusal)\n") }
        if counts.refused > refusals.count {
            StandardError.write("refused: \(Reading.count(counts.refused - refusals.count)) further rows\n")
        }
        var parts: [(Int, String)] = [
            (counts.withoutOutcome, "applicants without a known outcome"),
            (counts.outcomesWithoutApplicant, "outcomes that belong to no applicant"),
            (counts.oldLeftOut, "applicants of former days without an outcome or who are customers of today"),
        ]
        parts += counts.tables.withoutApplicant.sorted { $0.key < $1.key }.map { ($1, "records of \($0) that belong to no applicant") }
        parts += counts.tables.backwards.sorted { $0.key < $1.key }.map { ($1, "records of \($0) given after a later one") }
        parts += scored.sorted { $0.key < $1.key }.filter { $0.key != "read" && $0.key != "sessions" }.map { ($1, "records \($0)") }
        let told = parts.filter { $0.0 > 0 }.map { "\(Reading.count($0.0)) \($0.1)" }
        if !told.isEmpty { StandardError.write("not read: \(told.joined(separator: "; "))\n") }
    }
}
