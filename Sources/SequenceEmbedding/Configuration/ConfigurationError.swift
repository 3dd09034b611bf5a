/// What is wrong with a configuration that came from a file or a person.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// Keys that no setting has.
    case unknownKeys(place: String, keys: [String], known: [String])
    /// A number outside its range.
    case outOfRange(setting: String, value: String, allowed: String)
    /// The heads do not divide the width.
    case headsDoNotDivideWidth(heads: Int, width: Int)
    /// Two settings that cannot stand together.
    case conflict(first: String, second: String, remedy: String)
    /// A field that the corpus does not have, or has in another kind.
    case noSuchField(setting: String, field: String, available: [String])

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .unknownKeys(let place, let keys, let known):
            "configuration\(place.isEmpty ? "" : " under \(place)"): unknown key\(keys.count == 1 ? "" : "s") "
                + "\(keys.joined(separator: ", ")); known are \(known.joined(separator: ", "))"
        case .outOfRange(let setting, let value, let allowed): "configuration: \(setting) is \(value); allowed is \(allowed)"
        case .headsDoNotDivideWidth(let heads, let width):
            "configuration: \(heads) heads do not divide width \(width); choose a width that is a multiple of the heads"
        case .conflict(let first, let second, let remedy): "configuration: \(first) and \(second) cannot stand together; \(remedy)"
        case .noSuchField(let setting, let field, let available):
            "configuration: \(setting) names field \(field), which the corpus does not have; it has \(available.joined(separator: ", "))"
        }
    }
}
