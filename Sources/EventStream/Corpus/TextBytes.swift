#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

/// A text as its bytes: two texts are one value only where every byte is the same, as in a dictionary of a corpus. Swift's own comparison
/// takes letters that are composed differently for one.
package struct TextBytes: Hashable {
    private let text: String

    /// The bytes of a text.
    package init(_ text: String) { self.text = text }

    package static func == (one: TextBytes, other: TextBytes) -> Bool {
        let count = one.text.utf8.count
        guard count == other.text.utf8.count else { return false }
        var (one, other) = (one.text, other.text)
        return one.withUTF8 { one in
            other.withUTF8 { other in count == 0 || memcmp(one.baseAddress!, other.baseAddress!, count) == 0 }
        }
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
