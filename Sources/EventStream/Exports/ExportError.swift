/// Why an export, or the mapping that describes it, cannot be read at all.
///
/// A row that cannot be read is a ``Reject`` and the reading goes on; this is for what stops it. Texts name files, lines and
/// columns, never the values of fields.
public struct ExportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What sort of trouble it is; the command line turns it into an exit code.
    public enum Kind: String, Sendable, CaseIterable {
        /// The file is not there, is a directory, or may not be opened.
        case noInput
        /// A file of rejects cannot be created.
        case noOutput
        /// Reading or writing failed half-way.
        case inputOutput
        /// The content is not what it says it is: truncated, wrong delimiter, duplicate columns.
        case badData
        /// There is no content.
        case empty
        /// The mapping contradicts itself or the file.
        case badMapping
        /// Without a mapping two readings are equally good, so none is taken.
        case ambiguous
        /// The file needs the Arrow plugin, which is not there or does not fit.
        case missingPlugin
    }

    /// The sort of trouble.
    public var kind: Kind
    /// Where: a file with line or byte offset, or an entry of the mapping.
    public var place: String
    /// What is wrong.
    public var reason: String
    /// What to do about it.
    public var remedy: String

    /// An error with all its parts.
    public init(_ kind: Kind, place: String, reason: String, remedy: String) {
        self.kind = kind
        self.place = place
        self.reason = reason
        self.remedy = remedy
    }

    /// `place: reason; remedy`.
    public var description: String { "\(place): \(reason); \(remedy)" }
}
