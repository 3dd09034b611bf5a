/// Why trees cannot be trained, read or asked.
public enum BoostedTreesError: Error, Equatable, CustomStringConvertible {
    /// A setting lies outside what is possible.
    case badSetting(name: String, found: String, expected: String)
    /// An array is not as long as the others require.
    case wrongSize(what: String, found: Int, expected: Int)
    /// An element is not possible; the place is told, the value is not.
    case badElement(what: String, index: Int, expected: String)
    /// More than is trained or predicted at once.
    case tooLarge(what: String, found: Int, limit: Int)
    /// Bytes that are no model of this target, or a damaged one.
    case badModel(reason: String)
    /// What the library itself refused.
    case library(operation: String, message: String)

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .badSetting(let name, let found, let expected): "boosted trees: \(name) is \(found); set it to \(expected)"
        case .wrongSize(let what, let found, let expected): "boosted trees: \(what): found \(found), expected \(expected)"
        case .badElement(let what, let index, let expected):
            "boosted trees: element \(index) of \(what) is not \(expected); correct or drop it"
        case .tooLarge(let what, let found, let limit): "boosted trees: \(what): \(found), at most \(limit) are possible; use less at once"
        case .badModel(let reason): "boosted trees: the model cannot be read: \(reason); save it again"
        case .library(let operation, let message): "boosted trees: XGBoost could not \(operation): \(message)"
        }
    }
}
