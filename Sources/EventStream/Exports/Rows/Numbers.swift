/// Bytes of one value, wherever they lie; a negative count says that there is none.
package struct TextSlice {
    package var bytes: UnsafePointer<UInt8>
    package var count: Int

    package init(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// Without blanks at either end.
    @inline(__always)
    var trimmed: TextSlice {
        var slice = self
        while slice.count > 0, slice.bytes[0] == 0x20 { slice = TextSlice(slice.bytes + 1, slice.count - 1) }
        while slice.count > 0, slice.bytes[slice.count - 1] == 0x20 { slice.count -= 1 }
        return slice
    }
}

/// Reads a whole number with an optional sign; nil when there is anything else or it does not fit.
func wholeNumber(_ text: TextSlice) -> Int64? {
    let text = text.trimmed
    guard text.count > 0 else { return nil }
    let isNegative = text.bytes[0] == UInt8(ascii: "-")
    var i = isNegative || text.bytes[0] == UInt8(ascii: "+") ? 1 : 0
    guard i < text.count else { return nil }
    var value: Int64 = 0
    while i < text.count {
        let digit = text.bytes[i] &- 48
        guard digit < 10 else { return nil }
        let (tens, overTens) = value.multipliedReportingOverflow(by: 10)
        let (next, over) = tens.addingReportingOverflow(isNegative ? -Int64(digit) : Int64(digit))
        guard !overTens, !over else { return nil }
        value = next
        i += 1
    }
    return value
}

/// Reads a finite decimal number (`-1.5e3`, `.5`, `2.`), correctly rounded; nil for anything else, so that neither `nan` nor
/// `1,5` nor `0x10` passes for a number.
package func decimalNumber(_ text: TextSlice) -> Double? {
    let text = text.trimmed
    let bytes = text.bytes
    let count = text.count
    var i = 0
    let isNegative = count > 0 && bytes[0] == UInt8(ascii: "-")
    if count > 0, isNegative || bytes[0] == UInt8(ascii: "+") { i = 1 }
    var mantissa: UInt64 = 0
    var digits = 0
    var isExact = true
    var scale = 0
    func take(_ digit: UInt8) {
        digits += 1
        if mantissa < 1_000_000_000_000_000_000 { mantissa = mantissa * 10 + UInt64(digit) } else { isExact = false }
    }
    while i < count, bytes[i] &- 48 < 10 {
        take(bytes[i] &- 48)
        i += 1
    }
    if i < count, bytes[i] == UInt8(ascii: ".") {
        i += 1
        while i < count, bytes[i] &- 48 < 10 {
            take(bytes[i] &- 48)
            scale -= 1
            i += 1
        }
    }
    guard digits > 0 else { return nil }
    if i < count, bytes[i] | 0x20 == UInt8(ascii: "e") {
        i += 1
        let isDown = i < count && bytes[i] == UInt8(ascii: "-")
        if i < count, isDown || bytes[i] == UInt8(ascii: "+") { i += 1 }
        let firstDigit = i
        var power = 0
        // Held where no double reaches, however many digits follow: such a number is 0, or infinite and refused.
        while i < count, bytes[i] &- 48 < 10 {
            power = min(power * 10 + Int(bytes[i] &- 48), 1 << 40)
            i += 1
        }
        guard i > firstDigit else { return nil }
        scale += isDown ? -power : power
    }
    guard i == count else { return nil }
    // Exact when neither the digits nor the power of ten lose anything in a double: one operation, one rounding.
    if isExact, mantissa <= 1 << 53, abs(scale) <= 22 {
        let value = scale < 0 ? Double(mantissa) / powersOfTen[-scale] : Double(mantissa) * powersOfTen[scale]
        return isNegative ? -value : value
    }
    let value = Double(String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self))
    return value.flatMap { $0.isFinite ? $0 : nil }
}

private let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]
