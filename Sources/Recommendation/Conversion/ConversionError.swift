public import BoostedTrees
public import DurableFiles

/// Why a conversion cannot be learnt, predicted, read or written. Rows are told, their content is not.
public enum ConversionError: Error, CarriesFileError, CustomStringConvertible {
    /// The system refused.
    case file(FileError)
    /// The directory is not a predictor, or not what was written.
    case folder(SealedFolder.Fault)
    /// A column is not as long as the others.
    case wrongSize(what: String, found: Int, expected: Int)
    /// A row, counted from 1, that cannot be.
    case badRow(row: Int, what: String, remedy: String)
    /// A setting lies outside what is possible.
    case badSetting(name: String, found: String, expected: String)
    /// Features of other names than those learnt from.
    case otherColumns(missing: [String], unexpected: [String])
    /// Too few customers to choose anything on.
    case tooFewCustomers(found: Int, needed: Int)
    /// Decisions whose horizon reaches beyond the data.
    case censored(decisions: Int, firstRow: Int)
    /// Trees could not be grown or asked.
    case trees(BoostedTreesError)
    /// Stopped on request.
    case cancelled

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason, remedy.
    public var description: String {
        func list(_ names: [String]) -> String { names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "") }
        switch self {
        case .file(let error): return error.description
        case .folder(let fault): return fault.told(of: "conversion predictor", writtenBy: "a training")
        case .wrongSize(let what, let found, let expected): return "conversion: \(what): found \(found), expected \(expected)"
        case .badRow(let row, let what, let remedy): return "conversion: row \(row): \(what); \(remedy)"
        case .badSetting(let name, let found, let expected): return "conversion: \(name) is \(found); set it to \(expected)"
        case .otherColumns(let missing, let unexpected):
            return "conversion: the features are not those learnt from"
                + (missing.isEmpty ? "" : "; missing: \(list(missing))")
                + (unexpected.isEmpty ? "" : "; not known: \(list(unexpected))") + "; make the table as it was made for the training"
        case .tooFewCustomers(let found, let needed):
            return "conversion: \(found) customers to learn from, at least \(needed) are needed; supply more, or fewer folds"
        case .censored(let decisions, let firstRow):
            return
                "conversion: \(decisions) decisions (the first in row \(firstRow)) have a horizon that reaches beyond the end of the data, "
                + "so nobody knows their outcome; take earlier decisions, a shorter horizon, or leave them out by asking for it"
        case .trees(let error): return error.description
        case .cancelled: return "stopped; nothing was written"
        }
    }
}
