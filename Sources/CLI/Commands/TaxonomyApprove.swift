internal import ArgumentParser
internal import DurableFiles
internal import FoundationEssentials
internal import Glibc
internal import IntentTaxonomy
internal import SettingsFiles

struct TaxonomyApprove: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Record in a taxonomy's file who approved its present content.",
        discussion: """
            Writes the block `approval` at the end of the file: who, when, and the digest of what was approved. The rest of the file \
            stays as it is, comments too. A later change of the content ends the approval.

            Example: tessera taxonomy approve taxonomy/retail-bank.yaml --by "Digital committee" --note "Meeting of 3 March"
            """)

    @Argument(help: ArgumentHelp("Taxonomy file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"])) var file: String
    @Option(help: ArgumentHelp("Who approves.", valueName: "name")) var by: String
    @Option(help: ArgumentHelp("What a later reader should know.", valueName: "text")) var note: String?
    @Option(help: ArgumentHelp("When, as ISO 8601; now unless given.", valueName: "time")) var at: String?

    var outputs: [String] { [file] }
    var outputFiles: [String] { outputs }

    func validate() throws {
        guard by.contains(where: { !$0.isWhitespace }) else { throw ValidationError("--by must name somebody") }
        if let at, (try? Date(at, strategy: .iso8601)) == nil {
            throw ValidationError("--at must be ISO 8601, such as 2026-03-01T12:00:00Z")
        }
    }

    func run() throws {
        let source = try TaxonomyFile(file)
        try source.refuseErrors()
        let approval = Approval(by: by, at: at ?? Date().formatted(.iso8601), digest: source.taxonomy.digest, note: note)
        let text = try ApprovalBlock.replacing(in: source.text, by: approval)
        // A file laid out in an unusual way may read differently with the block; then it is left as it was.
        guard let approved = try? SettingsFile.read(Taxonomy.self, yaml: text, file: file), approved.approval == approval,
            approved.isApproved
        else {
            throw CommandFault(
                code: EX_DATAERR, place: file, reason: "the approval cannot be written into a file laid out like this",
                remedy: "write the taxonomy as `key: value` lines from the first column, with `approval:` last")
        }
        try AtomicFile.write(Array(text.utf8), to: file)
        try StandardOutput.print("\(file): \(TaxonomyCheck.approval(approved)); digest \(approved.digest)")
    }
}
