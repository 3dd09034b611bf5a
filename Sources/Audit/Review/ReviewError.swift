public import DurableFiles

/// Why a review cannot be drawn or read: where, why, and what to do. Holds no session and nobody's words.
public enum ReviewError: Error, Sendable, CarriesFileError, CustomStringConvertible {
    /// The system refused.
    case file(FileError)
    /// The ledger refused.
    case ledger(LedgerError)
    /// A line of labels cannot be read.
    case badLine(path: String, line: Int, reason: String)
    /// Lines of different classifiers or taxonomies: their shares would mean nothing.
    case mixed(path: String, line: Int, what: String)
    /// There is nothing to review.
    case nothing(path: String)
    /// The labels name intents that the taxonomy given does not have.
    case otherTaxonomy(path: String, reason: String)
    /// More strata than the sample can serve.
    case tooSmall(size: Int, least: Int)
    /// The settings contradict themselves.
    case settings(String)
    /// The review was drawn from another ledger: its items stand at other places here.
    case otherLedger(path: String)
    /// The file is no design, or was changed.
    case notADesign(path: String, reason: String)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .ledger(let error): error.description
        case .badLine(let path, let line, let reason):
            "\(path):\(line): \(reason); name a file that `tessera label` wrote as JSON Lines"
        case .mixed(let path, let line, let what):
            "\(path):\(line): the line is of another \(what) than those before; review the labels of one classifier at a time"
        case .nothing(let path): "\(path): it holds no labels of sessions; name labels that `tessera label` wrote"
        case .otherTaxonomy(let path, let reason): "\(path): \(reason); give the taxonomy that the labels name"
        case .tooSmall(let size, let least):
            "--size \(size): too few for the strata, each of which needs two; draw at least \(least), or leave --by out"
        case .settings(let text): text
        case .otherLedger(let path):
            "\(path): the review was drawn from another ledger; name the one that it was drawn from"
        case .notADesign(let path, let reason):
            "\(path): \(reason); name the design.json that `tessera audit review draw` wrote, as it wrote it"
        }
    }
}
