public import DurableFiles

/// What is wrong with the files, the configuration or the folder of a scorecard. Messages name columns and files, never a customer or a
/// value.
public enum ScorecardError: Error, Sendable, Equatable, CustomStringConvertible {
    /// An entry of the configuration that cannot be meant.
    case configuration(entry: String, reason: String, remedy: String)
    /// A file that is needed was not named.
    case noFile(name: String)
    /// A student was given a table that is known only while the service runs.
    case inServiceTable(name: String)
    /// Applicants that nothing can be learnt from or judged by.
    case applicants(String)
    /// Columns that tell the outcome.
    case leaks([String])
    /// Nobody with this key is among the applicants.
    case noSuchApplicant
    /// The caller stopped it.
    case cancelled
    /// Files of a scorecard.
    case folder(SealedFolder.Fault)
    /// The system refused to write.
    case file(FileError)

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .configuration(let entry, let reason, let remedy): "configuration: \(entry): \(reason); \(remedy)"
        case .noFile(let name): "files.\(name): no file is given; name it in the configuration, or with --file \(name)=PATH"
        case .inServiceTable(let name):
            "files.\(name): the table is known only after the service is granted, and this model decides before; leave it out"
        case .applicants(let reason): "applicants: \(reason)"
        case .leaks(let findings):
            "columns that tell the outcome:\n  \(findings.joined(separator: "\n  "))\n"
                + "leave them out of the configuration, or train with --leaks warn if they are known before the decision"
        case .noSuchApplicant: "applicants: nobody has this key; look into the applicants' file"
        case .cancelled: "stopped"
        case .file(let error): error.description
        case .folder(let fault): fault.told(of: "model", writtenBy: "`tessera credit train`")
        }
    }
}
