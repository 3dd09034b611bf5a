/// The element types a corpus uses, with their NumPy names.
public protocol NumPyElement: BitwiseCopyable, Sendable {
    /// The `descr` of the header, little-endian.
    static var descriptor: String { get }
}

extension UInt8: NumPyElement {
    /// `|u1`.
    public static var descriptor: String { "|u1" }
}
extension Int32: NumPyElement {
    /// `<i4`.
    public static var descriptor: String { "<i4" }
}
extension Int64: NumPyElement {
    /// `<i8`.
    public static var descriptor: String { "<i8" }
}
extension Float: NumPyElement {
    /// `<f4`.
    public static var descriptor: String { "<f4" }
}
extension Double: NumPyElement {
    /// `<f8`.
    public static var descriptor: String { "<f8" }
}

/// The header of a NumPy `.npy` file, version 1.0 (NEP 1).
struct NumPyHeader: Equatable {
    /// Bytes of a header written here: fixed, so that the length can be filled in when it is known.
    static let writtenSize = 128

    var descriptor: String
    var shape: [Int]
    /// Bytes before the first element.
    var size: Int

    /// The 128 bytes of a header of a one-dimensional array.
    static func bytes(descriptor: String, count: Int) -> [UInt8] {
        let dictionary = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(count),), }"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(writtenSize - 10), 0] + Array(dictionary.utf8)
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: writtenSize - 1 - bytes.count)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Reads a header; the reason where it is none.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> Result<NumPyHeader, Fault> {
        guard bytes.count >= 10, bytes[0] == 0x93, bytes[1..<6].elementsEqual("NUMPY".utf8) else {
            return .failure(.init("no NumPy header"))
        }
        guard bytes[6] == 1 else { return .failure(.init("NumPy format \(bytes[6])")) }
        let length = Int(bytes[8]) | Int(bytes[9]) << 8
        guard 10 + length <= bytes.count else { return .failure(.init("\(bytes.count) bytes, less than its header")) }
        let text = String(decoding: bytes[10..<(10 + length)], as: UTF8.self)
        guard let descriptor = quoted(after: "'descr':", in: text), let order = word(after: "'fortran_order':", in: text),
            let dimensions = parenthesised(after: "'shape':", in: text)
        else { return .failure(.init("a NumPy header that cannot be read")) }
        guard order == "False" else { return .failure(.init("an array in Fortran order")) }
        var shape: [Int] = []
        for part in dimensions.split(separator: ",") {
            let digits = part.filter { $0 != " " }
            if digits.isEmpty { continue }
            guard let size = Int(digits), size >= 0 else { return .failure(.init("a NumPy shape that cannot be read")) }
            shape.append(size)
        }
        return .success(NumPyHeader(descriptor: descriptor, shape: shape, size: 10 + length))
    }

    struct Fault: Error {
        var found: String
        init(_ found: String) { self.found = found }
    }

    private static func rest(after key: String, in text: String) -> Substring? {
        let key = Array(key.utf8)
        let bytes = Array(text.utf8)
        guard bytes.count >= key.count else { return nil }
        for start in 0...(bytes.count - key.count) where bytes[start..<(start + key.count)].elementsEqual(key) {
            return Substring(String(decoding: bytes[(start + key.count)...], as: UTF8.self)).drop { $0 == " " }
        }
        return nil
    }

    private static func quoted(after key: String, in text: String) -> String? {
        guard let rest = rest(after: key, in: text), rest.first == "'" else { return nil }
        guard let end = rest.dropFirst().firstIndex(of: "'") else { return nil }
        return String(rest[rest.index(after: rest.startIndex)..<end])
    }

    private static func word(after key: String, in text: String) -> String? {
        rest(after: key, in: text).map { String($0.prefix { $0.isLetter }) }
    }

    private static func parenthesised(after key: String, in text: String) -> Substring? {
        guard let rest = rest(after: key, in: text), rest.first == "(", let end = rest.firstIndex(of: ")") else { return nil }
        return rest[rest.index(after: rest.startIndex)..<end]
    }
}
