/// Why nothing can be estimated from a log. Rows are told, their content is not.
public enum OffPolicyError: Error, Equatable, CustomStringConvertible {
    /// A column is not as long as the others.
    case wrongSize(what: String, found: Int, expected: Int)
    /// A row, counted from 1, without what it needs.
    case badRow(row: Int, what: String, remedy: String)
    /// A setting lies outside what is possible.
    case badSetting(name: String, found: String, expected: String)

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .wrongSize(let what, let found, let expected):
            "off-policy estimate: \(what): found \(found), expected \(expected); give one for each row"
        case .badRow(let row, let what, let remedy): "off-policy estimate: row \(row): \(what); \(remedy)"
        case .badSetting(let name, let found, let expected): "off-policy estimate: \(name) is \(found); set it to \(expected)"
        }
    }
}
