/// Numbers from their first byte on.
extension JSONReader {
    /// The digits of a number, checked by its grammar.
    mutating func scanNumber() throws(RequestFault) -> Range<Int> {
        let start = place
        func isDigit(_ place: Int) -> Bool { place < end && bytes[place] >= 0x30 && bytes[place] <= 0x39 }
        func pastDigits(_ start: Int) throws(RequestFault) -> Int {
            var place = start
            while isDigit(place) { place += 1 }
            guard place > start else { throw malformed("a number lacks digits") }
            return place
        }
        var own = place
        if bytes[own] == UInt8(ascii: "-") { own += 1 }
        let whole = own
        own = try pastDigits(own)
        guard bytes[whole] != 0x30 || own == whole + 1 else { throw malformed("a number begins with 0") }
        if own < end, bytes[own] == UInt8(ascii: ".") { own = try pastDigits(own + 1) }
        if own < end, bytes[own] == UInt8(ascii: "e") || bytes[own] == UInt8(ascii: "E") {
            own += 1
            if own < end, bytes[own] == UInt8(ascii: "+") || bytes[own] == UInt8(ascii: "-") { own += 1 }
            own = try pastDigits(own)
        }
        guard own - start <= 400 else { throw malformed("a number of more than 400 digits") }
        place = own
        return start..<own
    }

    /// A whole number of at most 18 digits.
    func shortInteger(_ range: Range<Int>) -> Int64? {
        guard range.count <= 18 else { return nil }
        var value: Int64 = 0
        for byte in bytes[range] {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }

    /// A decimal of at most 15 digits without an exponent: its digits and its power of ten are floats without rounding, so that one division
    /// gives the float that is nearest to it (Clinger, How to Read Floating Point Numbers Accurately, 1990).
    func shortDecimal(_ range: Range<Int>) -> Double? {
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        let digits = isNegative ? range.dropFirst() : range
        guard digits.count <= 16 else { return nil }
        var (value, count, decimals): (Int64, Int, Int?) = (0, 0, nil)
        for byte in bytes[digits] {
            if byte == UInt8(ascii: ".") {
                decimals = count
            } else {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
                count += 1
            }
        }
        guard count <= 15 else { return nil }
        let number = Double(value) / Self.powersOfTen[count - (decimals ?? count)]
        return isNegative ? -number : number
    }

    private static let powersOfTen: [Double] = (0...15).map { (0..<$0).reduce(1) { power, _ in power * 10 } }
}
