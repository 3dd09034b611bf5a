internal import Glibc

/// Finds members of JSON that is known to be well-formed, without reading all of it: what is compared are its bytes.
enum JSONSlice {
    /// The bytes of a member of an object; nil where it has none of the name.
    static func member(_ name: String, of object: some Collection<UInt8>) -> ArraySlice<UInt8>? {
        let bytes = Array(object)
        let wanted = Array("\"\(name)\"".utf8)
        var place = 1
        while place < bytes.count, bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: ",") || isBlank(bytes[place]) {
            guard bytes[place] == UInt8(ascii: "\"") else {
                place += 1
                continue
            }
            let key = place..<end(ofTextAt: place, bytes)
            var value = key.upperBound
            while value < bytes.count, bytes[value] == UInt8(ascii: ":") || isBlank(bytes[value]) { value += 1 }
            let end = end(ofValueAt: value, bytes)
            if bytes[key].elementsEqual(wanted) { return bytes[value..<end] }
            place = end
        }
        return nil
    }

    /// The elements of a list.
    static func elements(of list: some Collection<UInt8>) -> [ArraySlice<UInt8>] {
        let bytes = Array(list)
        var elements: [ArraySlice<UInt8>] = []
        var place = 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "]") {
            guard bytes[place] != UInt8(ascii: ","), !isBlank(bytes[place]) else {
                place += 1
                continue
            }
            let end = end(ofValueAt: place, bytes)
            elements.append(bytes[place..<end])
            place = end
        }
        return elements
    }

    /// The floats of a list of numbers; nil where it is none.
    static func floats(_ list: some Collection<UInt8>) -> [Float]? {
        let text = String(decoding: list, as: UTF8.self)
        guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
        let parts = text.dropFirst().dropLast().split(separator: ",").map { Float($0.drop { $0 == " " }) }
        return parts.contains(nil) ? nil : parts.map { $0! }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func end(ofTextAt start: Int, _ bytes: [UInt8]) -> Int {
        var place = start + 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") { place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(place + 1, bytes.count)
    }

    private static func end(ofValueAt start: Int, _ bytes: [UInt8]) -> Int {
        var (place, depth) = (start, 0)
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                place = end(ofTextAt: place, bytes)
                if depth == 0 { return place }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return place }
                depth -= 1
                if depth == 0 { return place + 1 }
            case UInt8(ascii: ","): if depth == 0 { return place }
            default: break
            }
            place += 1
        }
        return place
    }
}
