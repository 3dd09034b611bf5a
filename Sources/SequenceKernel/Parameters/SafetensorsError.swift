public import DurableFiles

/// A file does not hold tensors, or not those that were asked for.
public enum SafetensorsError: Error, Equatable, CustomStringConvertible, CarriesFileError {
    /// Shorter than the eight bytes that every file begins with, or than its header says.
    case truncated(expectedBytes: Int, foundBytes: Int)
    /// The length of the header is beyond the limit of 100 MB.
    case headerTooLong(bytes: UInt64)
    /// The header is not the JSON that the format prescribes.
    case malformedHeader(offset: Int, expected: String)
    /// A tensor appears twice.
    case duplicate(tensor: String)
    /// A number type this reader does not know.
    case unknownType(tensor: String, type: String)
    /// The shape's size overflows or is not that of its bytes.
    case sizeMismatch(tensor: String, shape: [Int], bytes: Int)
    /// Tensors overlap, or leave a hole.
    case notContiguous(tensor: String, offset: Int, expected: Int)
    /// Asked for, not there.
    case missing(tensor: String)
    /// There, but of other numbers or another shape than asked for.
    case unexpected(tensor: String, found: String, wanted: String)
    /// The system would not give the file.
    case file(FileError)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .truncated(let expected, let found):
            "the file ends after \(found) bytes where \(expected) are announced; it was cut off or is not a safetensors file: copy it again"
        case .headerTooLong(let bytes):
            "the header claims \(bytes) bytes, more than the 100,000,000 a safetensors file may have: not a safetensors file"
        case .malformedHeader(let offset, let expected):
            "header byte \(offset): expected \(expected); the file was changed by hand or is not a safetensors file"
        case .duplicate(let tensor): "tensor \(Self.shown(tensor)) stands in the header twice; write the file again"
        case .unknownType(let tensor, let type):
            "tensor \(Self.shown(tensor)) has the number type \(Self.shown(type)); known are "
                + TensorType.allCases.map(\.rawValue).joined(separator: ", ")
        case .sizeMismatch(let tensor, let shape, let bytes):
            "tensor \(Self.shown(tensor)): shape \(shape) does not fit its \(bytes) bytes; the header was changed or the file is damaged"
        case .notContiguous(let tensor, let offset, let expected):
            "tensor \(Self.shown(tensor)) begins at byte \(offset) of the data, not at \(expected) where the one before it ends"
        case .missing(let tensor): "tensor \(Self.shown(tensor)) is not in the file; is it from another model?"
        case .unexpected(let tensor, let found, let wanted):
            "tensor \(Self.shown(tensor)) is \(found) where \(wanted) is wanted; is it from another model?"
        case .file(let error): error.description
        }
    }

    /// A foreign name, short enough and harmless on a terminal.
    static func shown(_ name: String) -> String {
        let visible = String(name.unicodeScalars.prefix(120).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
        return "'\(visible)'" + (name.unicodeScalars.count > 120 ? "…" : "")
    }
}
