/// The entries of a list in one text, one after another, without copying them.
///
/// A list is written with a separator, or handed over by the reader of JSON with ``arrayMark`` before every entry.
struct ListedTexts {
    /// A byte that no text in UTF-8 holds.
    static let arrayMark: UInt8 = 0xFF

    private var rest: TextSlice
    private let separator: UInt8
    private var isOver: Bool

    /// The entries of `text`; none where it is missing or empty.
    init(_ text: TextSlice, separator: UInt8) {
        let isArray = text.count > 0 && text.bytes[0] == Self.arrayMark
        self.separator = isArray ? Self.arrayMark : separator
        rest = isArray ? TextSlice(text.bytes + 1, text.count - 1) : text
        isOver = text.count <= 0
    }

    /// The next entry, which may be empty; nil behind the last.
    @inline(__always)
    mutating func next() -> TextSlice? {
        if isOver { return nil }
        var length = 0
        while length < rest.count, rest.bytes[length] != separator { length += 1 }
        let entry = TextSlice(rest.bytes, length)
        if length == rest.count {
            isOver = true
        } else {
            rest = TextSlice(rest.bytes + length + 1, rest.count - length - 1)
        }
        return entry
    }
}

extension TextSlice {
    /// Whether both hold the same bytes; what is missing equals nothing.
    @inline(__always)
    func holdsSame(as other: TextSlice) -> Bool {
        guard count >= 0, count == other.count else { return false }
        for i in 0..<count where bytes[i] != other.bytes[i] { return false }
        return true
    }
}
