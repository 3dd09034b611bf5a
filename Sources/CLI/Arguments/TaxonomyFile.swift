internal import DurableFiles
internal import FoundationEssentials
internal import Glibc
internal import IntentTaxonomy
internal import SettingsFiles

/// A taxonomy read from its file, with the text it came from.
struct TaxonomyFile {
    let path: String
    let text: String
    let taxonomy: Taxonomy

    /// Reads the file as it stands; ``Taxonomy/issues()`` and ``place(of:)`` tell what is wrong with it.
    init(_ path: String) throws {
        self.path = path
        let bytes = try FileSystem.live.contents(of: path, limit: 64 << 20)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsFileError.malformed(file: path, line: 1, reason: "the file is not UTF-8 text")
        }
        self.text = text
        taxonomy = try SettingsFile.read(Taxonomy.self, yaml: text, file: path)
    }

    /// Reads a file and refuses one with errors.
    static func valid(_ path: String) throws -> Taxonomy {
        let file = try TaxonomyFile(path)
        try file.refuseErrors()
        return file.taxonomy
    }

    /// Refuses a file with errors, the first with its line.
    func refuseErrors() throws {
        let errors = taxonomy.issues().filter { $0.severity == .error }
        guard let first = errors.first else { return }
        let rest = errors.count > 1 ? "; and \(errors.count - 1) more: tessera taxonomy check \(path)" : ""
        throw CommandFault(code: EX_DATAERR, place: "\(path):\(line(of: first))", reason: about(first), remedy: first.remedy + rest)
    }

    func line(of issue: TaxonomyIssue) -> Int { lines(of: [issue])[0] }

    func lines(of issues: [TaxonomyIssue]) -> [Int] { SettingsFile.lines(of: issues.map(\.path), yaml: text) }

    private func about(_ issue: TaxonomyIssue) -> String { (issue.intent.map { "\($0): " } ?? "") + issue.reason }
}
