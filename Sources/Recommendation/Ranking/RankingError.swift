public import DurableFiles

/// Why tiles cannot be ranked.
public enum RankingError: Error, CarriesFileError, CustomStringConvertible {
    /// An array is not as long as the others require.
    case wrongSize(what: String, found: Int, expected: Int)
    /// An element is not possible; the place is told, the value is not.
    case badElement(what: String, index: Int, expected: String)
    /// A setting out of its range.
    case badSetting(name: String, expected: String)
    /// Too few impressions or customers to learn from.
    case tooFew(reason: String, remedy: String)
    /// Examples have other features than those trained on.
    case otherFeatures(what: String, missing: [String])
    /// A loss that is not a number.
    case notFinite(step: Int, learningRate: Double)
    /// Trees cannot be grown, read or asked.
    case trees(String)
    /// Stopped on request.
    case cancelled
    /// The system refused.
    case file(FileError)
    /// The directory is not a ranker, or not what was written.
    case folder(SealedFolder.Fault)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .wrongSize(let what, let found, let expected): "ranking: \(what): found \(found), expected \(expected)"
        case .badElement(let what, let index, let expected):
            "ranking: element \(index) of \(what) is not \(expected); correct or drop it"
        case .badSetting(let name, let expected): "settings, `\(name)`: the value must lie \(expected)"
        case .tooFew(let reason, let remedy): "ranking: \(reason); \(remedy)"
        case .otherFeatures(let what, let missing):
            "ranking: \(what) of the examples lack \(missing.prefix(5).joined(separator: ", ")); give the features that the ranker was "
                + "trained on"
        case .notFinite(let step, let rate):
            "training step \(step): the loss is not a finite number at learning rate \(rate); lower the rate (learningRate)"
        case .trees(let reason): reason
        case .cancelled: "stopped; nothing was written"
        case .file(let error): error.description
        case .folder(let fault): fault.told(of: "tile ranker", writtenBy: "its training")
        }
    }
}
