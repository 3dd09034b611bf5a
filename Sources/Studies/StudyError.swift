public import BoostedTrees
public import DurableFiles

/// Why a study cannot be made of what it was given.
public enum StudyError: Error, Equatable, CustomStringConvertible {
    /// A file cannot be read or written.
    case file(FileError)
    /// The hidden truth is not what the simulator writes.
    case badTruth(file: String, line: Int, reason: String)
    /// The corpus lacks a field that the study compares with.
    case noSuchField(corpus: String, field: String, available: [String])
    /// Too little to learn from or to judge by.
    case tooLittle(what: String, found: Int, needed: Int)
    /// The model was not trained to do this.
    case wrongModel(model: String, reason: String)
    /// A file is not a study that this program wrote; the command writes one.
    case badStudy(file: String, reason: String, command: String)
    /// A study speaks of something else than what it is shown with; the command makes it anew.
    case otherStudy(file: String, reason: String, command: String)
    /// A file that the task needs was not named.
    case missingFile(what: String, option: String)
    /// Boosted trees could not be grown.
    case trees(BoostedTreesError)
    /// A table of applicants or cards is not what its format says.
    case badTable(file: String, line: Int, reason: String)

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .badTruth(let file, let line, let reason):
            "\(file):\(line): \(reason); use the truth folder beside the export that was imported"
        case .noSuchField(let corpus, let field, let available):
            "\(corpus): there is no categorical, text or url field \(field); name one of \(available.joined(separator: ", "))"
        case .tooLittle(let what, let found, let needed): "\(what): found \(found), needed at least \(needed); use a larger export"
        case .wrongModel(let model, let reason): "\(model): \(reason)"
        case .badStudy(let file, let reason, let command): "\(file): \(reason); write it with: \(command)"
        case .otherStudy(let file, let reason, let command): "\(file): \(reason); judge what is at hand anew: \(command)"
        case .missingFile(let what, let option): "\(what) must be given; name the file with \(option)"
        case .trees(let error): error.description
        case .badTable(let file, let line, let reason): "\(file):\(line): \(reason); give the table as it was exported"
        }
    }
}
