internal import ArgumentParser
internal import Glibc
internal import IntentTaxonomy

struct TaxonomyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell everything wrong with a taxonomy, and whether it is approved as it stands.",
        discussion: """
            Errors (ids, circles, missing definitions, equal names) end with exit code 65. That nobody has approved it, or that it \
            changed since, is a warning unless --require-approval is given.

            Example: tessera taxonomy check taxonomy/retail-bank.yaml
            """)

    @Argument(help: ArgumentHelp("Taxonomy file.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"])) var file: String
    @Flag(help: "Fail unless the present content is approved.") var requireApproval = false
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        let source = try TaxonomyFile(file)
        let taxonomy = source.taxonomy
        var issues = taxonomy.issues()
        let state = taxonomy.approvalState
        if state != .approved {
            issues.append(
                TaxonomyIssue(
                    requireApproval ? .error : .warning, path: ["approval"],
                    reason: state == .changed ? "it changed after it was approved" : "nobody has approved it",
                    remedy: "have it read, then: tessera taxonomy approve \(file) --by NAME"))
        }
        let lines = source.lines(of: issues)
        let errors = issues.count { $0.severity == .error }
        if json {
            try StandardOutput.print(json: Summary(taxonomy, issues, lines))
        } else {
            for (issue, line) in zip(issues, lines) { StandardError.write("\(file):\(line): \(issue.severity.rawValue): \(issue)\n") }
            try StandardOutput.print(
                "\(taxonomy.id) \(taxonomy.version): \(taxonomy.assignable.count) intents in "
                    + "\(taxonomy.intents.count { $0.isGroup }) groups, "
                    + "\(taxonomy.assignable.count { $0.sensitivity == .sensitive }) sensitive, "
                    + "\(taxonomy.assignable.count { !$0.prohibitedFor.isEmpty }) with prohibited uses; "
                    + "\(Self.counted(errors, "error")), \(Self.counted(issues.count - errors, "warning"))\n\(Self.approval(taxonomy))\ndigest \(taxonomy.digest)"
            )
        }
        if errors > 0 { throw ExitCode(EX_DATAERR) }
    }

    private static func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

    static func approval(_ taxonomy: Taxonomy) -> String {
        guard let approval = taxonomy.approval else { return "not approved" }
        let record = "approved by \(approval.by) at \(approval.at)"
        return taxonomy.isApproved ? record : "changed since it was \(record)"
    }

    private struct Summary: Encodable {
        struct Issue: Encodable {
            let severity: TaxonomyIssue.Severity
            let line: Int
            let intent: String?
            let reason: String
            let remedy: String
        }
        let taxonomy: String
        let version: String
        let digest: String
        let intents: Int
        let groups: Int
        let approval: ApprovalState
        let issues: [Issue]

        init(_ taxonomy: Taxonomy, _ issues: [TaxonomyIssue], _ lines: [Int]) {
            (self.taxonomy, version, digest, approval) = (taxonomy.id, taxonomy.version, taxonomy.digest, taxonomy.approvalState)
            intents = taxonomy.assignable.count
            groups = taxonomy.intents.count { $0.isGroup }
            self.issues = zip(issues, lines).map {
                Issue(severity: $0.severity, line: $1, intent: $0.intent, reason: $0.reason, remedy: $0.remedy)
            }
        }
    }
}
