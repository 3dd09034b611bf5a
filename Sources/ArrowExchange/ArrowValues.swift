/// Memory of a column that is on its way out; whoever holds it keeps it. Filled once, then only read.
public final class ArrowBuffer: @unchecked Sendable {
    /// Where it begins, aligned as Arrow advises.
    public let memory: UnsafeMutableRawBufferPointer

    /// Zeros.
    public init(byteCount: Int) {
        memory = .allocate(byteCount: max(byteCount, 8), alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// A copy of values.
    public convenience init<Value: BitwiseCopyable>(_ values: [Value]) {
        self.init(byteCount: values.count * MemoryLayout<Value>.stride)
        values.withUnsafeBytes { memory.copyMemory(from: $0) }
    }

    /// Bits, the lowest of a byte first.
    public convenience init(bits: [Bool]) {
        self.init(byteCount: (bits.count + 7) / 8)
        for (index, bit) in bits.enumerated() where bit { memory[index >> 3] |= 1 << UInt8(index & 7) }
    }

    deinit { memory.deallocate() }
}

/// The values of a column that is on its way out. Made of buffers that are handed over without a copy, or of arrays, which are copied once.
public struct ArrowValues: Sendable {
    let count: Int
    let nullCount: Int
    /// Rows of the buffers that are left out before the first.
    let offset: Int
    /// The validity bitmap first, nil where all are there; then those of the type.
    let buffers: [ArrowBuffer?]
    let children: [ArrowValues]
    let words: [ArrowValues]
    /// Whether they are of a type's layout; for checks.
    let fits: @Sendable (ArrowField) -> Bool

    /// The validity of values that may be missing.
    private static func validity<Value>(_ values: [Value?]) -> (ArrowBuffer?, Int) {
        let missing = values.count { $0 == nil }
        return (missing == 0 ? nil : ArrowBuffer(bits: values.map { $0 != nil }), missing)
    }

    /// Fixed-width values in a buffer, without a copy: `count` of them, the buffer `validity` with a bit for each that is there.
    public static func fixed(
        _ type: ArrowType, _ buffer: ArrowBuffer, count: Int, validity: ArrowBuffer? = nil, nullCount: Int = 0, offset: Int = 0
    ) -> ArrowValues {
        ArrowValues(
            count: count, nullCount: nullCount, offset: offset, buffers: [validity, buffer], children: [], words: [],
            fits: { $0.type == type && $0.dictionaryIndex == nil })
    }

    private static func fixed<Value: BitwiseCopyable>(_ type: ArrowType, _ values: [Value?], _ zero: Value) -> ArrowValues {
        let (bits, missing) = validity(values)
        return fixed(type, ArrowBuffer(values.map { $0 ?? zero }), count: values.count, validity: bits, nullCount: missing)
    }

    /// 64-bit whole numbers.
    public static func int64(_ values: [Int64?]) -> ArrowValues { fixed(.integer(bytes: 8, signed: true), values, 0) }
    /// Doubles.
    public static func float64(_ values: [Double?]) -> ArrowValues { fixed(.float(bytes: 8), values, 0) }
    /// Single floats.
    public static func float32(_ values: [Float?]) -> ArrowValues { fixed(.float(bytes: 4), values, 0) }
    /// Microseconds since 1970, UTC.
    public static func timestamps(_ values: [Int64?]) -> ArrowValues { fixed(.timestamp(.microseconds, zone: "UTC"), values, 0) }

    /// Texts.
    public static func utf8(_ values: [String?]) -> ArrowValues {
        var ends: [Int32] = [0]
        var bytes: [UInt8] = []
        ends.reserveCapacity(values.count + 1)
        for value in values {
            if let value { bytes.append(contentsOf: value.utf8) }
            precondition(bytes.count <= Int32.max, "ArrowValues.utf8: a batch of \(bytes.count) bytes, at most \(Int32.max)")
            ends.append(Int32(bytes.count))
        }
        let (bits, missing) = validity(values)
        return ArrowValues(
            count: values.count, nullCount: missing, offset: 0, buffers: [bits, ArrowBuffer(ends), ArrowBuffer(bytes)], children: [],
            words: [], fits: { $0.type == .utf8 && $0.dictionaryIndex == nil })
    }

    /// Texts put together elsewhere: text `i` is `bytes[ends[i] ..< ends[i + 1]]`. Nobody looks whether they are UTF-8.
    package static func utf8(bytes: [UInt8], ends: [Int32]) -> ArrowValues {
        ArrowValues(
            count: ends.count - 1, nullCount: 0, offset: 0, buffers: [nil, ArrowBuffer(ends), ArrowBuffer(bytes)], children: [], words: [],
            fits: { $0.type == .utf8 && $0.dictionaryIndex == nil })
    }

    /// Numbers of words of a dictionary.
    public static func dictionary(_ codes: [Int32?], words: [String]) -> ArrowValues {
        let (bits, missing) = validity(codes)
        return ArrowValues(
            count: codes.count, nullCount: missing, offset: 0, buffers: [bits, ArrowBuffer(codes.map { $0 ?? 0 })], children: [],
            words: [utf8(words)], fits: { $0.type == .utf8 && $0.dictionaryIndex == .integer(bytes: 4, signed: true) })
    }

    /// Vectors of equal size, without a copy: `rows` times `size` floats in a buffer.
    public static func floats(_ buffer: ArrowBuffer, rows: Int, size: Int, offset: Int = 0) -> ArrowValues {
        precondition(
            buffer.memory.count >= (rows + offset) * size * 4, "ArrowValues.floats: \(buffer.memory.count) bytes for [\(rows), \(size)]")
        return ArrowValues(
            count: rows, nullCount: 0, offset: offset, buffers: [nil],
            children: [fixed(.float(bytes: 4), buffer, count: (rows + offset) * size)], words: [], fits: { $0.type == .fixedSizeList(size) }
        )
    }

    /// Lists: row `i` holds elements `ends[i] ..< ends[i + 1]`.
    public static func list(_ ends: [Int32], of elements: ArrowValues, validity: [Bool]? = nil) -> ArrowValues {
        precondition(!ends.isEmpty, "ArrowValues.list: no ends")
        return ArrowValues(
            count: ends.count - 1, nullCount: validity?.count { !$0 } ?? 0, offset: 0,
            buffers: [validity.map { ArrowBuffer(bits: $0) }, ArrowBuffer(ends)], children: [elements], words: [],
            fits: { $0.type == .list })
    }

    /// Structs of columns of equal length.
    public static func structure(_ children: [ArrowValues], count: Int, validity: [Bool]? = nil) -> ArrowValues {
        ArrowValues(
            count: count, nullCount: validity?.count { !$0 } ?? 0, offset: 0, buffers: [validity.map { ArrowBuffer(bits: $0) }],
            children: children, words: [], fits: { $0.type == .structure })
    }

    /// Some of the rows, without a copy.
    public func slice(_ rows: Range<Int>) -> ArrowValues {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= count, "ArrowValues.slice: \(rows) of \(count) rows")
        return ArrowValues(
            count: rows.count, nullCount: nullCount == 0 ? 0 : -1, offset: offset + rows.lowerBound, buffers: buffers, children: children,
            words: words, fits: fits)
    }

    /// Whether these are the values of a field, all the way down.
    func fit(_ field: ArrowField) -> Bool {
        guard fits(field), field.dictionaryIndex != nil || children.count == field.children.count else { return false }
        return zip(children, field.children).allSatisfy { $0.fit($1) }
    }
}
